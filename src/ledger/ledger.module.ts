import { Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Pool } from 'pg';
import { AppClients } from '../database/database.module.js';
import { IdCodec } from '../ids/id-codec.js';
import { loadIdSecret } from '../ids/id-secret.js';
import { UnitRegistry } from '../units/unit-registry.js';
import { UnitsModule } from '../units/units.module.js';
import { AnswerWriter } from './answer.js';
import { ForgetOldAnswers } from './forget-old-answers.js';
import { SettleDueAccounts } from './settle-due-accounts.js';
import { scalesIn, WritePath } from './write-path.js';

/** How many write lanes; the application's root provides it. */
export const LANES = Symbol('LANES');

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
      useFactory: (pool: Pool, clients: AppClients, ids: IdCodec, units: UnitRegistry, lanes: number) =>
        new WritePath({
          database: pool,
          createClient: name => clients.create(name),
          ids,
          units,
          lanes,
          log: new Logger(WritePath.name),
        }),
      inject: [Pool, AppClients, IdCodec, UnitRegistry, LANES],
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
