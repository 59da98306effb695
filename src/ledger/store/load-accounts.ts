import { accountRowFromRecord, type AccountRecord } from './projection-records.js';
import type { Queryable } from './queryable.js';
import type { AccountState, Moment } from '../domain/account.js';
import { accountFromRow } from './account-row.js';
import { reservationFromRow, type HoldRow } from './hold-row.js';
import { countHolds } from '../domain/evolve-members.js';
import { memberFromRow, type MemberRow } from './member-row.js';
import { subscriptionFromRow, type SubscriptionRow } from './subscription-row.js';

/** Holds, subscriptions and members come as JSON, one array a row, so that all of an account is of one snapshot and one round trip. */
const LOAD_ACCOUNTS = `
SELECT floor(extract(epoch FROM c.now) * 1000)::bigint AS now_ms,
       a.account_no, a.mode, a.id, a.seq, a.created_at, a.last_effective_at, a.due_bound, a.frozen, a.overdraft_limits,
       a.metadata, a.units, a.balances, a.lots, a.lot_terms, a.revision, k.clock, k.due_bound AS clock_due_bound,
       (SELECT json_agg(json_build_object(
                 'reservation', h.reservation, 'createdAt', floor(extract(epoch FROM h.created_at) * 1000)::bigint,
                 'expiresAt', floor(extract(epoch FROM h.expires_at) * 1000)::bigint, 'graceMs', h.grace_ms,
                 'overage', h.overage, 'late', h.late, 'meter', h.meter, 'model', h.model, 'member', h.member,
                 'metadata', h.metadata, 'units', h.units, 'lines', h.lines::text[], 'held', h.held::text[])
               ORDER BY h.reservation)
        FROM holds h WHERE h.account_no = a.account_no) AS holds,
       (SELECT json_agg(json_build_object(
                 'subscription', s.subscription, 'plan', s.plan, 'planVersion', s.plan_version, 'status', s.status,
                 'anchor', floor(extract(epoch FROM s.anchor) * 1000)::bigint, 'periodNo', s.period_no,
                 'periodStart', floor(extract(epoch FROM s.period_start) * 1000)::bigint,
                 'periodEnd', floor(extract(epoch FROM s.period_end) * 1000)::bigint, 'cancelAtEnd', s.cancel_at_end,
                 'terms', s.terms, 'next', s.next, 'had', s.had, 'closedThrough', s.closed_through,
                 'closedAt', floor(extract(epoch FROM s.closed_at) * 1000)::bigint, 'windows', s.windows, 'lots', s.lots)
               ORDER BY s.subscription)
        FROM subscriptions s WHERE s.account_no = a.account_no) AS subscriptions,
       (SELECT json_agg(json_build_object('member', m.member, 'parent', m.parent, 'placedAt', m.placed_at,
                 'budgets', m.budgets, 'counts', m.counts)
               ORDER BY m.member)
        FROM members m WHERE m.account_no = a.account_no) AS members
FROM (SELECT clock_timestamp() AS now) c LEFT JOIN accounts a ON a.account_no = ANY ($1)
LEFT JOIN account_clocks k ON k.account_no = a.account_no`;

const LOCK_FREE_ACCOUNTS = `
WITH locked AS MATERIALIZED (
  SELECT account_no FROM accounts WHERE account_no = ANY ($1) ORDER BY account_no FOR UPDATE SKIP LOCKED)
SELECT a.account_no, a.account_no IN (SELECT account_no FROM locked) AS locked
FROM accounts a WHERE a.account_no = ANY ($1)`;

const LOCK_ACCOUNTS = `
SELECT account_no FROM accounts WHERE account_no = ANY ($1) ORDER BY account_no FOR UPDATE`;

export interface LoadedAccount {
  readonly no: number;
  readonly mode: 'live' | 'test';
  readonly id: string;
  readonly state: AccountState;
}

export interface Loaded {
  /** The database's clock, read by the same statement. */
  readonly now: Moment;
  /** Those that exist. */
  readonly accounts: readonly LoadedAccount[];
}

interface LoadedRecord extends AccountRecord {
  readonly now_ms: string;
  readonly account_no: string | null;
  readonly mode: 'live' | 'test';
  readonly id: string;
  readonly revision: string;
  /** Null for most; then so is its bound. */
  readonly clock: string | null;
  readonly clock_due_bound: Date | null;
  readonly holds: HoldJson[] | null;
  readonly subscriptions: SubscriptionRow[] | null;
  readonly members: MemberRow[] | null;
}

type HoldJson = Omit<HoldRow, 'lines' | 'held'> & { readonly lines: string[]; readonly held: string[] };

/** States of all these accounts, in one query. */
export async function loadAccounts(client: Queryable, accountNos: readonly number[]): Promise<Loaded> {
  const { rows } = await client.query<LoadedRecord>({ name: 'load', text: LOAD_ACCOUNTS, values: [accountNos] });
  const accounts = rows.filter(({ account_no }) => account_no !== null).map(loadedAccount);
  return { now: Number(rows[0]!.now_ms), accounts };
}

/**
 * Takes the rows of these accounts until the transaction ends, always in the order of their numbers, and answers which
 * of them somebody else holds. Where that is all of them it waits for them instead. Read the accounts in a statement
 * after this one: this one sees them as they were before the wait.
 */
export async function lockAccounts(client: Queryable, accountNos: readonly number[]): Promise<ReadonlySet<number>> {
  if (accountNos.length === 0) return new Set();
  const { rows } = await client.query<{ account_no: string; locked: boolean }>({
    name: 'lock-free',
    text: LOCK_FREE_ACCOUNTS,
    values: [accountNos],
  });
  const held = rows.filter(({ locked }) => !locked).map(({ account_no }) => Number(account_no));
  if (held.length === 0 || held.length < rows.length) return new Set(held);
  await client.query({ name: 'lock', text: LOCK_ACCOUNTS, values: [accountNos] });
  return new Set();
}

function loadedAccount(record: LoadedRecord): LoadedAccount {
  const state = accountFromRow(accountRowFromRecord(record));
  // Of an account with a clock the row has no bound.
  state.dueBound = (record.due_bound ?? record.clock_due_bound)?.getTime() ?? Infinity;
  state.testClock = record.clock;
  state.revision = Number(record.revision);
  for (const hold of record.holds ?? []) {
    const row: HoldRow = { ...hold, lines: hold.lines.map(BigInt), held: hold.held.map(BigInt) };
    state.holds.set(row.reservation, reservationFromRow(row));
  }
  for (const row of record.subscriptions ?? []) state.subscriptions.set(row.subscription, subscriptionFromRow(row));
  if (state.subscriptions.size > 0) state.windowBound = 0;
  for (const row of record.members ?? []) state.members.set(row.member, memberFromRow(row));
  countHolds(state);
  return { no: Number(record.account_no), mode: record.mode, id: record.id, state };
}
