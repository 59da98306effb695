import { Logger, Module } from '@nestjs/common';
import { Pool } from 'pg';
import { FollowLog } from './follow-log.js';
import { CHECKPOINT_CHOICES, SignCheckpoints, type CheckpointChoices } from './sign-checkpoints.js';

/** The log of all entries, and what is signed of it. */
@Module({
  providers: [
    {
      provide: FollowLog,
      useFactory: (pool: Pool) => new FollowLog(pool, new Logger(FollowLog.name)),
      inject: [Pool],
    },
    {
      provide: SignCheckpoints,
      useFactory: (pool: Pool, choices: CheckpointChoices) => new SignCheckpoints(pool, choices),
      inject: [Pool, CHECKPOINT_CHOICES],
    },
  ],
  exports: [FollowLog, SignCheckpoints],
})
export class EvidenceModule {}
