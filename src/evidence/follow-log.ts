import type { Pool } from 'pg';
import { createCheckpoint } from '../projections/checkpoints.js';
import { Follower, type FollowerLog } from '../projections/follower.js';
import type { RecurringJob, Run } from '../workers/recurring-job.js';
import { EvidenceLog } from './log/evidence-log.js';

/** Writes the log of all entries up to those that are there. */
export class FollowLog implements RecurringJob {
  readonly name = 'follow-log';
  readonly everyMs = 1_000;
  private readonly log = new EvidenceLog();
  private readonly follower: Follower;

  constructor(
    private readonly pool: Pool,
    warnings: FollowerLog,
  ) {
    this.follower = new Follower(pool, warnings);
  }

  async run({ signal }: Run): Promise<void> {
    await createCheckpoint(this.pool, this.log);
    while (!signal.aborted && (await this.follower.step(this.log)) === 'folded');
  }
}
