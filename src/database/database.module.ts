import { Module, type DynamicModule } from '@nestjs/common';
import { Pool, type Client } from 'pg';
import type { Logger } from 'pino';
import { createAppClient, createAppPool, type AppConnectionOptions, type AppLogin } from './connections.js';
import { PoolMetrics } from './pool-metrics.js';

/** Makes connections of one's own that work as the app role; see `createAppClient`. */
export class AppClients {
  constructor(
    private readonly login: AppLogin,
    private readonly logger: Logger,
  ) {}

  /** @param applicationName shown in pg_stat_activity, such as `credits-ledger lane 0` */
  create(applicationName: string): Client {
    return createAppClient({ login: this.login, logger: this.logger, applicationName });
  }

  /** Several, shared among those who work for one purpose. Its owner ends it. */
  createPool(
    applicationName: string,
    options: { maxConnections: number } & Pick<AppConnectionOptions, 'settings'>,
  ): Pool {
    return createAppPool({ login: this.login, logger: this.logger, applicationName, ...options });
  }
}

/**
 * Gives every module two ways to the database, both as the app role: the class `Pool` of `pg` and `AppClients`. The
 * database is opened before Nest and closed after it, so that the last module to stop still has one.
 */
@Module({})
export class DatabaseModule {
  static of(database: { appPool: Pool; appLogin: AppLogin }, logger: Logger): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        { provide: Pool, useValue: database.appPool },
        PoolMetrics,
        { provide: AppClients, useValue: new AppClients(database.appLogin, logger) },
      ],
      exports: [Pool, AppClients],
    };
  }
}
