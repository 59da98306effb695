import type { Pool } from 'pg';
import type { RecurringJob, Run } from '../workers/recurring-job.js';
import { createCheckpoint } from './checkpoints.js';
import { Follower, type FollowerLog } from './follower.js';
import type { Projection } from './projection.js';

/** Moves every projection up to the entries that are there. One that is far behind does not keep the others waiting. */
export class FollowEntries implements RecurringJob {
  readonly name = 'follow-entries';
  readonly everyMs = 1_000;
  private readonly followers: readonly Follower[];

  constructor(
    private readonly pool: Pool,
    private readonly projections: readonly Projection[],
    log: FollowerLog,
  ) {
    this.followers = projections.map(() => new Follower(pool, log));
  }

  async run({ signal }: Run): Promise<void> {
    const outcomes = await Promise.allSettled(this.projections.map((_, index) => this.follow(index, signal)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  private async follow(index: number, signal: AbortSignal): Promise<void> {
    const [projection, follower] = [this.projections[index]!, this.followers[index]!];
    await createCheckpoint(this.pool, projection);
    while (!signal.aborted && (await follower.step(projection)) === 'folded');
  }
}
