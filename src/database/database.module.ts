import { Module, type DynamicModule } from '@nestjs/common';
import { Pool, type Client } from 'pg';
import type { Logger } from 'pino';
import {
  createAppClient,
  createAppPool,
  type AppConnectionOptions,
  type AppLogin,
  type AppPool,
} from './connections.js';
import { PoolMetrics } from './pool-metrics.js';

/** Makes connections of one's own that work as the app role; see `createAppClient`. */
export class AppClients {
  private readonly pools: AppPool[] = [];

  constructor(
    private readonly login: AppLogin,
    private readonly logger: Logger,
    private readonly sharedPool: AppPool,
  ) {}

  /** @param applicationName shown in pg_stat_activity, such as `credits-ledger lane 0` */
  create(applicationName: string): Client {
    return createAppClient({ login: this.login, logger: this.logger, applicationName });
  }

  /** Several, shared among those who work for one purpose. Its owner ends it. */
  createPool(
    applicationName: string,
    options: { maxConnections: number } & Pick<AppConnectionOptions, 'settings'>,
  ): AppPool {
    const pool = createAppPool({ login: this.login, logger: this.logger, applicationName, ...options });
    this.pools.push(pool);
    return pool;
  }

  /** Whoever waits for PostgreSQL on a shared connection gets an error instead; see `AppPool.hangUp`. */
  hangUp(): void {
    for (const pool of [this.sharedPool, ...this.pools]) pool.hangUp();
  }
}

/**
 * Gives every module two ways to the database, both as the app role: the class `Pool` of `pg` and `AppClients`. The
 * database is opened before Nest and closed after it, so that the last module to stop still has one.
 */
@Module({})
export class DatabaseModule {
  static of(database: { appPool: AppPool; appLogin: AppLogin }, logger: Logger): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        { provide: Pool, useValue: database.appPool },
        PoolMetrics,
        { provide: AppClients, useValue: new AppClients(database.appLogin, logger, database.appPool) },
      ],
      exports: [Pool, AppClients],
    };
  }
}
