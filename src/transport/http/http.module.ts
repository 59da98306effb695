import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { HealthModule } from '../../health/health.module.js';
import { CallsModule } from '../calls.module.js';
import { CONTROLLERS } from './controllers.js';
import { OPENAPI_JSON } from './docs.controller.js';
import { callsOf } from './openapi/calls-of.js';
import { openApiDocument } from './openapi/document.js';
import { ProblemFilter } from './problem.filter.js';

/** Everything under HTTP. */
@Module({
  imports: [CallsModule, HealthModule],
  controllers: [...CONTROLLERS],
  providers: [
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: OPENAPI_JSON, useFactory: () => JSON.stringify(openApiDocument(callsOf(CONTROLLERS))) },
  ],
})
export class HttpModule {}
