import type { Pool } from 'pg';
import type { RecurringJob, Run } from '../workers/recurring-job.js';
import { createCheckpoint } from './checkpoints.js';
import { Follower, type FollowerLog } from './follower.js';
import type { Projection } from './projection.js';

/** Moves one projection, or whatever else follows entries as they do, up to the entries that are there. */
export class FollowProjection implements RecurringJob {
  readonly everyMs = 1_000;
  private readonly follower: Follower;

  /** @param name of the job */
  constructor(
    readonly name: string,
    private readonly projection: Projection,
    private readonly pool: Pool,
    log: FollowerLog,
  ) {
    this.follower = new Follower(pool, log);
  }

  async run({ signal }: Run): Promise<void> {
    await createCheckpoint(this.pool, this.projection);
    while (!signal.aborted && (await this.follower.step(this.projection)) === 'folded');
  }
}
