import type { Pool } from 'pg';
import type { Balance, Moment } from '../ledger/domain/account.js';
import type { EntryType } from '../ledger/domain/entry.js';
import { SUMS } from '../ledger/store/account-row.js';
import { LedgerError } from '../shared/ledger-error.js';

/** A year of every type of entry in five units. */
const MOST_LINES = 20_000;

/** All entries of one type, in one unit, that took effect on one day. */
export interface StatementLine {
  /** In UTC, such as `2026-11-21`. */
  readonly day: string;
  readonly unit: string;
  readonly type: EntryType;
  readonly entries: number;
  /** How far they moved each sum, base units. */
  readonly deltas: Balance;
}

type LineRow = Record<(typeof SUMS)[number], string> & Omit<StatementLine, 'deltas'>;

/** effective_at never decreases along seq: after the opening balance, only the end needs a moment. */
const READ_LINES = `
SELECT ((effective_at AT TIME ZONE 'UTC')::date)::text AS day, unit, type, count(*)::int AS entries,
       coalesce(sum(granted), 0) AS granted, coalesce(sum(available), 0) AS available, coalesce(sum(held), 0) AS held,
       coalesce(sum(spent), 0) AS spent, coalesce(sum(expired), 0) AS expired, coalesce(sum(revoked), 0) AS revoked,
       coalesce(sum(debt), 0) AS debt
FROM entries
WHERE account_no = $1 AND seq > $2 AND seq <= $3 AND effective_at < to_timestamp($4::float8 / 1000) AND unit IS NOT NULL
GROUP BY 1, unit, type
ORDER BY 1, unit, min(seq)
LIMIT $5`;

/**
 * What moved an account after the entry `afterSeq`, before the moment `end`, up to the entry `lastSeq`.
 * @throws LedgerError invalid_request where that is more than a statement has lines
 */
export async function readLines(
  pool: Pool,
  accountNo: number,
  afterSeq: number,
  lastSeq: number,
  end: Moment,
): Promise<StatementLine[]> {
  const { rows } = await pool.query<LineRow>(READ_LINES, [accountNo, afterSeq, lastSeq, end, MOST_LINES + 1]);
  if (rows.length > MOST_LINES) {
    const message = `has more than ${MOST_LINES} lines up to then: ask for a shorter time`;
    throw new LedgerError('invalid_request', `from ${message}`, { errors: [{ location: 'query.from', message }] });
  }
  return rows.map(({ day, unit, type, entries, ...sums }) => {
    const deltas = Object.fromEntries(SUMS.map(sum => [sum, BigInt(sums[sum])])) as unknown as Balance;
    return { day, unit, type, entries, deltas };
  });
}
