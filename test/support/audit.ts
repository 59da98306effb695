import { newAccount } from '../../src/ledger/domain/account.js';
import { evolve } from '../../src/ledger/domain/evolve.js';
import { StreamAudit } from '../../src/ledger/domain/invariants.js';
import { nextDueAt } from '../../src/ledger/domain/settle-due.js';
import { accountRow } from '../../src/ledger/store/account-row.js';
import { ENTRY_COLUMNS } from '../../src/ledger/store/entry-row.js';
import { entryFromRecord, type EntryRecord } from '../../src/ledger/store/entry-record.js';
import { holdRow } from '../../src/ledger/store/hold-row.js';
import {
  ACCOUNT_COLUMNS,
  accountRowFromRecord,
  HOLD_COLUMNS,
  holdRowFromRecord,
  projectionText,
  type AccountRecord,
  type HoldRecord,
} from '../../src/ledger/store/projection-records.js';
import { inOrder } from '../../src/ledger/domain/windows.js';
import { MEMBER_COLUMNS, memberRecord, memberRow } from '../../src/ledger/store/member-row.js';
import { subscriptionRecord, subscriptionRow } from '../../src/ledger/store/subscription-row.js';
import type { TestDatabase } from './database.js';

/** With the moments as `subscriptionRecord` writes them. */
const STORED_SUBSCRIPTIONS = `
SELECT to_jsonb(s) - 'account_no' || (
  SELECT jsonb_object_agg(key, to_char(value::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
  FROM jsonb_each_text(to_jsonb(s)) WHERE key IN ('anchor', 'period_start', 'period_end', 'closed_at')) AS row
FROM subscriptions s WHERE account_no = $1 ORDER BY subscription`;

const STORED_MEMBERS = `
SELECT to_jsonb(m) AS row FROM (SELECT ${MEMBER_COLUMNS} FROM members WHERE account_no = $1) m`;

/** Everything that is wrong with the ledger: rules that do not hold, projections that are not the fold of their entries. */
export async function auditLedger({ ownerPool }: TestDatabase): Promise<string[]> {
  const found: string[] = [];
  const { rows: accounts } = await ownerPool.query<AccountRecord & { account_no: string }>(
    `SELECT account_no, ${ACCOUNT_COLUMNS} FROM accounts ORDER BY account_no`,
  );
  for (const account of accounts) {
    const { account_no: no } = account;
    const entries = await ownerPool.query<EntryRecord>(
      `SELECT ${ENTRY_COLUMNS} FROM entries WHERE account_no = $1 ORDER BY seq`,
      [no],
    );
    const holds = await ownerPool.query<HoldRecord>(
      `SELECT ${HOLD_COLUMNS} FROM holds WHERE account_no = $1 ORDER BY reservation`,
      [no],
    );
    const state = newAccount();
    const audit = new StreamAudit();
    for (const record of entries.rows) {
      const entry = entryFromRecord(record);
      found.push(...audit.entry(state, entry));
      evolve(state, entry);
      found.push(...audit.state(state));
    }
    const [stored, folded] = [projectionText(accountRowFromRecord(account)), projectionText(accountRow(state))];
    if (stored !== folded) found.push(`account ${no}: stored ${stored}, folded ${folded}`);
    const storedHolds = holds.rows.map(row => projectionText(holdRowFromRecord(row)));
    const foldedHolds = [...state.holds.values()]
      .sort((a, b) => a.no - b.no)
      .map(hold => projectionText(holdRow(hold)));
    if (storedHolds.join() !== foldedHolds.join())
      found.push(`account ${no}: holds ${storedHolds}, folded ${foldedHolds}`);
    const subscribed = await ownerPool.query<{ row: object }>(STORED_SUBSCRIPTIONS, [no]);
    const storedSubscriptions = subscribed.rows.map(({ row }) => projectionText(row)).join();
    const foldedSubscriptions = inOrder(state)
      .map(subscription => projectionText(subscriptionRecord(subscriptionRow(subscription))))
      .join();
    if (storedSubscriptions !== foldedSubscriptions) {
      found.push(`account ${no}: subscriptions ${storedSubscriptions}, folded ${foldedSubscriptions}`);
    }
    const onRecord = await ownerPool.query<{ row: object }>(STORED_MEMBERS, [no]);
    const storedMembers = onRecord.rows.map(({ row }) => projectionText(row)).sort();
    const foldedMembers = [...state.members.values()].map(each => projectionText(memberRecord(memberRow(each)))).sort();
    if (storedMembers.join() !== foldedMembers.join()) {
      found.push(`account ${no}: members ${storedMembers}, folded ${foldedMembers}`);
    }
    const clocked = await ownerPool.query<{ clock: string; due_bound: Date | null }>(
      'SELECT clock, due_bound FROM account_clocks WHERE account_no = $1',
      [no],
    );
    const [clock] = clocked.rows;
    if ((clock?.clock ?? null) !== state.testClock) found.push(`account ${no}: clock ${clock?.clock}`);
    if (clock !== undefined && account.due_bound !== null) found.push(`account ${no}: is due by the real time`);
    if (((clock ?? account).due_bound?.getTime() ?? Infinity) > (nextDueAt(state) ?? Infinity)) {
      found.push(`account ${no}: something is due before its bound`);
    }
  }
  return found;
}
