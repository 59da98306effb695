import type { Pool } from 'pg';
import { PastBalances } from '../../balances/past-balances.js';
import { LOTS_PER_ENTRY, type LotTerms, type Moment } from '../../ledger/domain/account.js';
import { entryFromRecord, type EntryRecord } from '../../ledger/store/entry-record.js';
import { readHistory } from '../../ledger/store/read-history.js';
import { LedgerError } from '../../shared/ledger-error.js';
import { lotsToLookUp, stateOf, type Statement } from './statement.js';

/** What one statement tells at most; more is neither read by a person nor pasted into a reply. */
const MOST_STEPS = 1_000;

/** effective_at never decreases along seq: after the opening balance, only the end needs a moment. */
const ENTRIES_BETWEEN = `
SELECT seq, type, unit, amount, granted, available, held, spent, expired, revoked, debt, lots, reservation, closes,
       target, reason, member, metadata, details, effective_at, recorded_at
FROM entries
WHERE account_no = $1 AND seq > $2 AND seq <= $3 AND effective_at <= to_timestamp($4::float8 / 1000)
  AND ($6::text IS NULL OR unit = $6)
ORDER BY seq
LIMIT $5`;

/**
 * How an account's balances went after `from` and up to `to`, from its entries up to `lastSeq`; in one unit or in all.
 * @throws LedgerError invalid_request where more happened than one statement tells
 */
export async function readStatement(
  pool: Pool,
  { no: accountNo, lastSeq }: { readonly no: number; readonly lastSeq: number },
  from: Moment,
  to: Moment,
  unit: string | null,
): Promise<Statement> {
  const { seq, balances: all } = await new PastBalances(pool).asOf(accountNo, from);
  const balances = unit === null ? all : new Map([...all].filter(([name]) => name === unit));
  const values = [accountNo, seq, lastSeq, to, MOST_STEPS + 1, unit];
  const { rows } = await pool.query<EntryRecord>(ENTRIES_BETWEEN, values);
  if (rows.length > MOST_STEPS) {
    const message = `more than ${MOST_STEPS} entries took effect in between: ask for a shorter time`;
    throw new LedgerError('invalid_request', message, { errors: [{ location: 'query.from', message }] });
  }
  const entries = rows.map(entryFromRecord);
  return stateOf(from, to, balances, entries, await termsOf(pool, accountNo, lotsToLookUp(entries)));
}

/** The terms of lots, from the entries that made them. */
async function termsOf(pool: Pool, accountNo: number, lots: readonly number[]): Promise<Map<number, LotTerms>> {
  const makers = [...new Set(lots.map(lot => Math.floor(lot / LOTS_PER_ENTRY)))];
  const found = await readHistory(
    pool,
    makers.map(number => ({ accountNo, by: 'seq', number })),
  );
  const terms = new Map<number, LotTerms>();
  for (const { seq, made } of found.flat())
    made.forEach((each, index) => terms.set(seq * LOTS_PER_ENTRY + index, each));
  return terms;
}
