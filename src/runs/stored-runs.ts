import type { Mode } from '../keys/api-key.js';
import type { Queryable } from '../ledger/store/queryable.js';
import { RUN_LOCK_CLASS } from './claim.js';
import type { OpsUse } from './record-use.js';
import { RUN_COLUMNS, type Run } from './run.js';

/** Over all callers: what waits so long that nobody knows any more why it was asked for. */
export const MOST_UNFINISHED_RUNS = 100;

const REQUEST = `
INSERT INTO ops_runs (actor, mode, action, arguments, reason, state)
SELECT $1, $2, $3, $4, $5, 'queued'
WHERE (SELECT count(*) FROM ops_runs WHERE state IN ('queued', 'running')) < ${MOST_UNFINISHED_RUNS}
RETURNING ${RUN_COLUMNS}`;
const FIND = `SELECT ${RUN_COLUMNS} FROM ops_runs WHERE id = $1 AND ($2::text IS NULL OR mode = $2)`;
const LIST = `
SELECT ${RUN_COLUMNS} FROM ops_runs
WHERE no < $2 AND ($1::text IS NULL OR mode = $1)
ORDER BY no DESC LIMIT $3`;
/** Where nobody works on it, at once; else whoever does sees it within a second. */
const CANCEL = `
UPDATE ops_runs SET
  cancel_requested = true,
  state = CASE WHEN free THEN 'cancelled' ELSE state END,
  finished_at = CASE WHEN free THEN clock_timestamp() END
FROM (SELECT no AS asked, pg_try_advisory_xact_lock(${RUN_LOCK_CLASS}, no) AS free
      FROM ops_runs WHERE id = $1 AND ($2::text IS NULL OR mode = $2) AND state IN ('queued', 'running') FOR UPDATE) r
WHERE no = asked
RETURNING ${RUN_COLUMNS}`;
const RESUME = `
UPDATE ops_runs SET
  state = 'queued', cancel_requested = false, finished_at = NULL, progress = progress - 'attempts',
  result = result - 'error'
WHERE id = $1 AND ($2::text IS NULL OR mode = $2) AND state IN ('failed', 'cancelled')
RETURNING ${RUN_COLUMNS}`;

/** The table ops_runs, to those of one mode, or to all of them (null, the command line's). */
export class StoredRuns {
  constructor(private readonly database: Queryable) {}

  /** Has somebody work on it. Undefined where too many wait already. */
  async request({ actor, mode, action, arguments: asked, reason }: OpsUse): Promise<Run | undefined> {
    return this.one(REQUEST, [actor, mode, action, JSON.stringify(asked), reason]);
  }

  async find(id: string, mode: Mode | null): Promise<Run | undefined> {
    return this.one(FIND, [id, mode]);
  }

  /** Newest first. */
  async list(mode: Mode | null, beforeNo: number, limit: number): Promise<Run[]> {
    const before = Math.min(beforeNo, 2 ** 31 - 1);
    return (await this.database.query<Run>({ text: LIST, values: [mode, before, limit] })).rows;
  }

  /** Undefined where there is no such run under way. */
  async cancel(id: string, mode: Mode | null): Promise<Run | undefined> {
    return this.one(CANCEL, [id, mode]);
  }

  /** Undefined where there is no such run that failed or was cancelled. */
  async resume(id: string, mode: Mode | null): Promise<Run | undefined> {
    return this.one(RESUME, [id, mode]);
  }

  private async one(text: string, values: unknown[]): Promise<Run | undefined> {
    return (await this.database.query<Run>({ text, values })).rows[0];
  }
}
