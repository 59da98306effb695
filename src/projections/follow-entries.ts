import type { Pool } from 'pg';
import type { RecurringJob, Run } from '../workers/recurring-job.js';
import { FollowProjection } from './follow-projection.js';
import type { FollowerLog } from './follower.js';
import type { Projection } from './projection.js';

/** Moves every projection up to the entries that are there. One that is far behind does not keep the others waiting. */
export class FollowEntries implements RecurringJob {
  readonly name = 'follow-entries';
  readonly everyMs = 1_000;
  private readonly each: readonly FollowProjection[];

  constructor(pool: Pool, projections: readonly Projection[], log: FollowerLog) {
    this.each = projections.map(projection => new FollowProjection(this.name, projection, pool, log));
  }

  async run(run: Run): Promise<void> {
    const outcomes = await Promise.allSettled(this.each.map(follow => follow.run(run)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }
}
