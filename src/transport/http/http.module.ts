import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { EntriesModule } from '../../entries/entries.module.js';
import { HealthModule } from '../../health/health.module.js';
import { LedgerModule } from '../../ledger/ledger.module.js';
import { UnitsModule } from '../../units/units.module.js';
import { Batches } from '../batch.js';
import { Mutations } from '../mutations.js';
import { CONTROLLERS } from './controllers.js';
import { OPENAPI_JSON } from './docs.controller.js';
import { callsOf } from './openapi/calls-of.js';
import { openApiDocument } from './openapi/document.js';
import { ProblemFilter } from './problem.filter.js';

/** Everything under HTTP. Expects a `KeysModule` that is global. */
@Module({
  imports: [CqrsModule.forRoot(), LedgerModule, UnitsModule, EntriesModule, HealthModule],
  controllers: [...CONTROLLERS],
  providers: [
    Mutations,
    Batches,
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: OPENAPI_JSON, useFactory: () => JSON.stringify(openApiDocument(callsOf(CONTROLLERS))) },
  ],
})
export class HttpModule {}
