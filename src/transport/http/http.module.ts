import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { Config } from '../../config.js';
import { HealthModule } from '../../health/health.module.js';
import { RunsModule } from '../../runs/runs.module.js';
import { StripeModule } from '../../stripe/stripe.module.js';
import { CallsModule } from '../calls.module.js';
import { CONTROLLERS } from './controllers.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { OPENAPI_JSON } from './docs.controller.js';
import { callsOf } from './openapi/calls-of.js';
import { openApiDocument } from './openapi/document.js';
import { ProblemFilter } from './problem.filter.js';

/** Everything under HTTP; of a worker no more than its health and its metrics. */
@Module({})
export class HttpModule {
  static of(role: Config['role']): DynamicModule {
    return {
      module: HttpModule,
      imports: [CallsModule, HealthModule, RunsModule, StripeModule],
      controllers: role === 'worker' ? [HealthController, MetricsController] : [...CONTROLLERS],
      providers: [
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: OPENAPI_JSON, useFactory: () => JSON.stringify(openApiDocument(callsOf(CONTROLLERS))) },
      ],
    };
  }
}
