import { Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Pool } from 'pg';
import { Registry } from 'prom-client';
import { AppClients } from '../database/database.module.js';
import { IdCodec } from '../ids/id-codec.js';
import { loadIdSecret } from '../ids/id-secret.js';
import { UnitRegistry } from '../units/unit-registry.js';
import { UnitsModule } from '../units/units.module.js';
import { AnswerWriter } from './answer.js';
import type { BatchObserver } from './batch-observer.js';
import { ForgetOldAnswers } from './forget-old-answers.js';
import { LaneMetrics } from './lane-metrics.js';
import { SettleDueAccounts } from './settle-due-accounts.js';
import { scalesIn, WritePath } from './write-path.js';

/** How many write lanes; the application's root provides it. */
export const LANES = Symbol('LANES');
/** Who traces batches, or null; the application's root provides it. */
export const BATCH_SPANS = Symbol('BATCH_SPANS');

/** The heart: the one write path, the codec of its ids, and the writer of its answers. */
@Module({
  imports: [UnitsModule],
  providers: [
    { provide: IdCodec, useFactory: async (pool: Pool) => new IdCodec(await loadIdSecret(pool)), inject: [Pool] },
    {
      provide: AnswerWriter,
      useFactory: (ids: IdCodec, units: UnitRegistry) => new AnswerWriter(ids, scalesIn(units)),
      inject: [IdCodec, UnitRegistry],
    },
    {
      provide: WritePath,
      useFactory: (
        pool: Pool,
        clients: AppClients,
        ids: IdCodec,
        units: UnitRegistry,
        lanes: number,
        registry: Registry,
        spans: BatchObserver | null,
      ) => {
        const metrics = new LaneMetrics(registry);
        const writePath = new WritePath({
          database: pool,
          createClient: name => clients.create(name),
          ids,
          units,
          lanes,
          log: new Logger(WritePath.name),
          observer: spans === null ? metrics : both(spans, metrics),
        });
        metrics.watchQueue(() => writePath.waiting);
        return writePath;
      },
      inject: [Pool, AppClients, IdCodec, UnitRegistry, LANES, Registry, BATCH_SPANS],
    },
    { provide: ForgetOldAnswers, useFactory: (pool: Pool) => new ForgetOldAnswers(pool), inject: [Pool] },
    {
      provide: SettleDueAccounts,
      useFactory: (pool: Pool, writePath: WritePath) => new SettleDueAccounts(pool, writePath),
      inject: [Pool, WritePath],
    },
  ],
  exports: [WritePath, IdCodec, AnswerWriter, ForgetOldAnswers, SettleDueAccounts],
})
export class LedgerModule implements OnApplicationShutdown {
  constructor(private readonly writePath: WritePath) {}

  /** After the last request was answered, before the database closes. */
  onApplicationShutdown(): Promise<void> {
    return this.writePath.drain();
  }
}

function both(traced: BatchObserver, counted: BatchObserver): BatchObserver {
  return {
    ...(traced.origin !== undefined && { origin: traced.origin }),
    written: batch => {
      traced.written(batch);
      counted.written(batch);
    },
  };
}
