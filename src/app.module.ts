import { Module, type DynamicModule } from '@nestjs/common';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import type { AppLogin } from './database/connections.js';
import { DatabaseModule } from './database/database.module.js';

/** What the modules of the service are built from; opened before them, closed after them. */
export interface AppParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly database: { appPool: Pool; appLogin: AppLogin };
}

@Module({})
export class AppModule {
  static of({ database, logger }: AppParts): DynamicModule {
    return { module: AppModule, imports: [DatabaseModule.of(database, logger)] };
  }
}
