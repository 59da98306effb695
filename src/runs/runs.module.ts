import { Logger, Module } from '@nestjs/common';
import { Pool } from 'pg';
import { Runs } from './runs.js';
import { WorkOnRuns } from './work-on-runs.js';

/** The URL of the login that migrates, as a token: the application's root provides it. Holds a password. */
export const OWNER_URL = Symbol('OWNER_URL');

@Module({
  providers: [
    Runs,
    {
      provide: WorkOnRuns,
      useFactory: (pool: Pool, ownerUrl: string) => new WorkOnRuns(pool, ownerUrl, new Logger(WorkOnRuns.name)),
      inject: [Pool, OWNER_URL],
    },
  ],
  exports: [Runs, WorkOnRuns],
})
export class RunsModule {}
