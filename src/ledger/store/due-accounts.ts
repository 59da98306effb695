import type { Mode } from '../submission.js';
import type { Queryable } from './queryable.js';

export interface DueAccount {
  readonly no: number;
  readonly mode: Mode;
}

/** Accounts to which time may have something to do, longest overdue first. Answered by the index on `due_bound`. */
const FIND_DUE = `
SELECT account_no, mode FROM accounts
WHERE due_bound <= now() - $1 * interval '1 millisecond' AND NOT account_no = ANY ($2::bigint[])
ORDER BY due_bound
LIMIT $3`;

/**
 * @param sinceMs due for at least so long
 * @param but leaves these out
 */
export async function findDueAccounts(
  database: Queryable,
  { sinceMs, but, limit }: { sinceMs: number; but: readonly number[]; limit: number },
): Promise<DueAccount[]> {
  const { rows } = await database.query<{ account_no: string; mode: Mode }>({
    text: FIND_DUE,
    values: [sinceMs, but, limit],
  });
  return rows.map(({ account_no, mode }) => ({ no: Number(account_no), mode }));
}
