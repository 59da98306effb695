import type { ClientBase } from 'pg';
import { entryFromRecord, type EntryRecord } from '../ledger/store/entry-record.js';
import type { Mode } from '../ledger/submission.js';
import type { PositionRange, Projection, ProjectionSettings } from '../projections/projection.js';
import { foldEntry, type BookedEntry } from './fold-entry.js';
import { MonthTotals } from './month-totals.js';
import { StoredPayments } from './stored-payments.js';

/** An entry may move a thousand lots: so many of these at once are some tens of megabytes. */
const MOST_ENTRIES_AT_ONCE = 2_000;

/** Accounts that are paid for within the range: others have payments already, or none. */
const READ_NEW_PAYERS = `
SELECT DISTINCT account_no FROM entries
WHERE position > $1 AND position <= $2 AND details ? 'made' AND details @? '$.made[*].cost'`;

/** What moves lots of accounts that paid, apart from holds: credits under hold are still there. And what was paid without any. */
const READ_ENTRIES = `
SELECT e.position, e.account_no, n.mode, e.seq, e.type, e.unit, e.amount, e.granted, e.available, e.held, e.spent,
       e.expired, e.revoked, e.debt, e.lots, e.reservation, e.closes, e.target, e.reason, e.member, e.metadata, e.details,
       e.effective_at, e.recorded_at,
       CASE e.type
         WHEN 'revoke' THEN e.target
         WHEN 'reinstate' THEN (SELECT r.target FROM entries r WHERE r.account_no = e.account_no AND r.seq = e.target)
       END AS in_name_of
FROM entries e JOIN account_names n ON n.account_no = e.account_no
WHERE e.position > $1 AND e.position <= $2
  AND e.type NOT IN ('reserve', 'extend', 'configure', 'freeze', 'unfreeze')
  AND (e.account_no = ANY ($3::bigint[])
    OR EXISTS (SELECT FROM finance_payments p WHERE p.account_no = e.account_no)
    OR e.type = 'subscribe' AND e.details -> 'subscription' ? 'paid')
ORDER BY e.position`;

type BookedRecord = EntryRecord & { account_no: string; mode: Mode; in_name_of: string | null };

/** What became of the money that was paid for credits: payments, the lots their credits are in, and sums by month. */
export class FinanceProjection implements Projection {
  readonly name = 'finance';
  readonly version = 1;
  readonly tables = ['finance_payments', 'finance_lots', 'finance_months'];
  readonly settings: ProjectionSettings = {};

  async fold(client: ClientBase, { after, upTo }: PositionRange): Promise<void> {
    const payers = await client.query<{ account_no: string }>(READ_NEW_PAYERS, [after, upTo]);
    const newPayers = payers.rows.map(row => row.account_no);
    for (let from = after; from < upTo; from += MOST_ENTRIES_AT_ONCE) {
      await foldSome(client, { after: from, upTo: Math.min(upTo, from + MOST_ENTRIES_AT_ONCE) }, newPayers);
    }
  }
}

async function foldSome(
  client: ClientBase,
  { after, upTo }: PositionRange,
  newPayers: readonly string[],
): Promise<void> {
  const { rows } = await client.query<BookedRecord>(READ_ENTRIES, [after, upTo, newPayers]);
  if (rows.length === 0) return;
  const booked = rows.map(bookedEntry);
  const payments = await StoredPayments.ofEntries(client, booked);
  const totals = new MonthTotals();
  for (const each of booked) {
    for (const movement of foldEntry(each, payments.of(each.accountNo))) totals.add(each.entry.effectiveAt, movement);
  }
  await payments.save(client);
  await totals.save(client);
}

function bookedEntry(row: BookedRecord): BookedEntry {
  const inNameOf = row.in_name_of === null ? null : Number(row.in_name_of);
  return { accountNo: Number(row.account_no), mode: row.mode, entry: entryFromRecord(row), inNameOf };
}
