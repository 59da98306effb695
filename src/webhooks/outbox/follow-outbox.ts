import type { Pool } from 'pg';
import { createCheckpoint } from '../../projections/checkpoints.js';
import { Follower, type FollowerLog } from '../../projections/follower.js';
import type { RecurringJob, Run } from '../../workers/recurring-job.js';
import type { Outbox } from './outbox.js';

/** Fills the outbox up to the entries that are there. */
export class FollowOutbox implements RecurringJob {
  readonly name = 'follow-outbox';
  readonly everyMs = 1_000;
  private readonly follower: Follower;

  constructor(
    private readonly pool: Pool,
    private readonly outbox: Outbox,
    log: FollowerLog,
  ) {
    this.follower = new Follower(pool, log);
  }

  async run({ signal }: Run): Promise<void> {
    await createCheckpoint(this.pool, this.outbox);
    while (!signal.aborted && (await this.follower.step(this.outbox)) === 'folded');
  }
}
