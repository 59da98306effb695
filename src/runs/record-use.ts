import type { Mode } from '../keys/api-key.js';
import type { Queryable } from '../ledger/store/queryable.js';

/** An ops call: by whom, on what, why. */
export interface OpsUse {
  /** The id of the API key that called, or user@host of whoever used the command line. */
  readonly actor: string;
  /** Whose data it is about; null for both, which only the command line may ask for. */
  readonly mode: Mode | null;
  /** The call, such as `jobs.retry`: at most 64 characters. */
  readonly action: string;
  /** What it was called with, as the caller wrote it. No secrets: whoever may see runs sees this. */
  readonly arguments: Readonly<Record<string, unknown>>;
  /** In the caller's words, 1 to 255 characters; null where none was given. */
  readonly reason: string | null;
}

const RECORD = `
INSERT INTO ops_runs (actor, mode, action, arguments, reason, state)
VALUES ($1, $2, $3, $4, $5, 'recorded')
RETURNING id`;

/**
 * Puts the use of an ops call on record, for ever. Within the transaction of what the call does where there is one, so
 * that neither is there without the other; before it otherwise.
 * @returns the id it is listed under in GET /v1/ops/runs
 */
export async function recordUse(database: Queryable, use: OpsUse): Promise<string> {
  const { actor, mode, action, reason } = use;
  const values = [actor, mode, action, JSON.stringify(use.arguments), reason === '' ? null : reason];
  const { rows } = await database.query<{ id: string }>({ name: 'record-ops-use', text: RECORD, values });
  return rows[0]!.id;
}
