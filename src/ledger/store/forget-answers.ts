import type { Queryable } from './queryable.js';

/** Rows emptied in one statement. */
export const FORGET_LIMIT = 1_000;

/**
 * Empties answers that are older than 30 days; keys stay for ever. What is older than 60 was emptied long ago: it is not
 * looked at again, so that the work does not grow with the ledger.
 */
const FORGET_ANSWERS = `
UPDATE outcomes SET body = NULL
WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM outcomes
  WHERE recorded_at BETWEEN now() - interval '60 days' AND now() - interval '30 days' AND body IS NOT NULL
  LIMIT $1
  FOR UPDATE SKIP LOCKED))
RETURNING true AS emptied`;

/** @returns how many answers were forgotten; fewer than `FORGET_LIMIT` when none are left */
export async function forgetAnswers(database: Queryable): Promise<number> {
  const { rows } = await database.query<{ emptied: boolean }>({ text: FORGET_ANSWERS, values: [FORGET_LIMIT] });
  return rows.length;
}
