import type { Pool } from 'pg';
import type { RecurringJob, Run } from '../../workers/recurring-job.js';

const MOST_AT_ONCE = 1_000;
/** Takes what they say of buyers out of events that are older than 30 days. */
const SHORTEN = 'SELECT shorten_old_stripe_events($1)::int AS count';

/** Stripe's events name people, and nobody needs that for long: what is done about an event needs its type and object only. */
export class ShortenEvents implements RecurringJob {
  readonly name = 'shorten-stripe-events';
  readonly everyMs = 3_600_000;

  constructor(private readonly pool: Pool) {}

  async run({ signal }: Run): Promise<void> {
    while (!signal.aborted) {
      const { rows } = await this.pool.query<{ count: number }>(SHORTEN, [MOST_AT_ONCE]);
      if (rows[0]!.count < MOST_AT_ONCE) return;
    }
  }
}
