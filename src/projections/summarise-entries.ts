import type { Queryable } from '../ledger/store/queryable.js';
import type { RecurringJob, Run } from '../workers/recurring-job.js';

/** In one statement: a few milliseconds. */
const RANGES_AT_ONCE = 256;
const SUMMARISE = `SELECT summarise_entries($1, $2)::float8 AS next`;

/** Keeps the index by which followers find their entries up to the entries that are there, a few thousand excepted. */
export class SummariseEntries implements RecurringJob {
  readonly name = 'summarise-entries';
  readonly everyMs = 1_000;
  /** Everything before this page is summarised. */
  private page = 0;

  constructor(private readonly database: Queryable) {}

  async run({ signal }: Pick<Run, 'signal'>): Promise<void> {
    while (!signal.aborted) {
      const query = { name: 'summarise-entries', text: SUMMARISE, values: [this.page, RANGES_AT_ONCE] };
      const { next } = (await this.database.query<{ next: number }>(query)).rows[0]!;
      // Where VACUUM is at it, this leaves it alone.
      if (next <= this.page) return;
      this.page = next;
    }
  }
}
