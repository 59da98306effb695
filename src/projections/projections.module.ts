import { Logger, Module } from '@nestjs/common';
import { Pool } from 'pg';
import { everyProjection, PROJECTION_CHOICES, type ProjectionChoices } from './every-projection.js';
import { FollowEntries } from './follow-entries.js';
import { SummariseEntries } from './summarise-entries.js';

/** What follows the entries. */
@Module({
  providers: [
    {
      provide: FollowEntries,
      useFactory: (pool: Pool, choices: ProjectionChoices) =>
        new FollowEntries(pool, everyProjection(choices), new Logger(FollowEntries.name)),
      inject: [Pool, PROJECTION_CHOICES],
    },
    { provide: SummariseEntries, useFactory: (pool: Pool) => new SummariseEntries(pool), inject: [Pool] },
  ],
  exports: [FollowEntries, SummariseEntries],
})
export class ProjectionsModule {}
