import type { Pool } from 'pg';
import type { RecurringJob, Run } from '../workers/recurring-job.js';

/** As long as answers are kept. What did not arrive by then never will. */
const KEPT_DAYS = 30;
/** Rows deleted in one statement. */
const PAGE_LIMIT = 5_000;

const LAST_TOO_OLD = `
SELECT coalesce(
  (SELECT no - 1 FROM webhook_events WHERE created_at >= clock_timestamp() - $1 * interval '1 day' ORDER BY no LIMIT 1),
  (SELECT max(no) FROM webhook_events), 0)::float8 AS no`;
const DELETE_DELIVERIES = `
DELETE FROM webhook_deliveries WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM webhook_deliveries WHERE event <= $1 ORDER BY event LIMIT ${PAGE_LIMIT}))`;
/** After those who point to them. */
const DELETE_EVENTS = `
DELETE FROM webhook_events WHERE no = ANY (ARRAY(
  SELECT no FROM webhook_events WHERE no <= $1 ORDER BY no LIMIT ${PAGE_LIMIT}))`;
const DELETE_OF_DELETED = (table: string): string => `
DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
  SELECT d.ctid FROM webhook_endpoints e JOIN ${table} d ON d.endpoint = e.no
  WHERE e.deleted_at IS NOT NULL LIMIT ${PAGE_LIMIT}))`;
/** By a test clock that is behind the real time, what was told of may be still to come. */
const NOT_TO_COME = (at: string): string => `
  NOT EXISTS (SELECT FROM account_clocks k JOIN test_clocks c ON c.id = k.clock
    WHERE k.account_no = t.account_no AND c.now_at <= t.${at})`;
const DELETE_TOLD = `
DELETE FROM told_expiries t
WHERE expires_at < clock_timestamp() - $1 * interval '1 day' AND ${NOT_TO_COME('expires_at')}`;
const DELETE_TOLD_TRIALS = `
DELETE FROM told_trials t
WHERE ends_at < clock_timestamp() - $1 * interval '1 day' AND ${NOT_TO_COME('ends_at')}`;

/** Removes events that are too old to be sent again, and what was to be sent to endpoints that are no more. */
export class ForgetEvents implements RecurringJob {
  readonly name = 'forget-events';
  readonly everyMs = 3_600_000;

  constructor(private readonly pool: Pool) {}

  async run({ signal }: Run): Promise<void> {
    const [last] = (await this.pool.query<{ no: number }>(LAST_TOO_OLD, [KEPT_DAYS])).rows;
    await this.pool.query(DELETE_TOLD, [KEPT_DAYS]);
    await this.pool.query(DELETE_TOLD_TRIALS, [KEPT_DAYS]);
    const steps: [text: string, values: unknown[]][] = [
      [DELETE_DELIVERIES, [last!.no]],
      [DELETE_EVENTS, [last!.no]],
      [DELETE_OF_DELETED('webhook_deliveries'), []],
      [DELETE_OF_DELETED('webhook_streams'), []],
    ];
    for (const [text, values] of steps) {
      while (!signal.aborted && ((await this.pool.query(text, values)).rowCount ?? 0) >= PAGE_LIMIT);
    }
  }
}
