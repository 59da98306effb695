import type { Client } from 'pg';
import type { Moment } from '../../ledger/domain/account.js';
import type { AccountRow } from '../../ledger/store/account-row.js';
import type { HoldRow } from '../../ledger/store/hold-row.js';
import { subscriptionRecord, type SubscriptionRow } from '../../ledger/store/subscription-row.js';
import { same } from '../compare/same.js';
import type { NamedAs } from '../fold/fold-range.js';
import type { ClockRow, SnapshotRow } from '../rows/projection-copy.js';

const WRITE_NAME = `
WITH written AS (
  INSERT INTO account_names (account_no, mode, id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING account_no)
SELECT FROM written UNION ALL SELECT FROM account_names WHERE account_no = $1 AND mode = $2 AND id = $3`;

/** With a new revision: whatever a service has in memory of the account is stale, at whatever seq. */
const WRITE_ACCOUNT = `
INSERT INTO accounts (account_no, mode, id, seq, created_at, last_effective_at, due_bound, frozen, overdraft_limits,
  metadata, units, balances, lots, lot_terms, revision)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, nextval('account_revisions'))
ON CONFLICT (account_no) DO UPDATE SET
  mode = excluded.mode, id = excluded.id, seq = excluded.seq, created_at = excluded.created_at,
  last_effective_at = excluded.last_effective_at, due_bound = excluded.due_bound, frozen = excluded.frozen,
  overdraft_limits = excluded.overdraft_limits, metadata = excluded.metadata, units = excluded.units,
  balances = excluded.balances, lots = excluded.lots, lot_terms = excluded.lot_terms, revision = excluded.revision`;

const DELETE_HOLDS = `DELETE FROM holds WHERE account_no = $1 AND reservation = ANY ($2)`;
/** All in one: an account may have thousands, and its row is locked. */
const WRITE_HOLDS = `
INSERT INTO holds (account_no, reservation, created_at, expires_at, grace_ms, overage, late, meter, model, member,
  metadata, units, lines, held)
SELECT $1, reservation, created_at, expires_at, grace_ms, overage, late, meter, model, member,
  metadata, units, lines, held
FROM jsonb_to_recordset($2) AS hold (reservation bigint, created_at timestamptz, expires_at timestamptz,
  grace_ms integer, overage text, late text, meter text, model text, member text, metadata jsonb, units text[],
  lines bigint[], held bigint[])`;

const DELETE_SUBSCRIPTIONS = `DELETE FROM subscriptions WHERE account_no = $1 AND subscription = ANY ($2)`;
const WRITE_SUBSCRIPTIONS = `
INSERT INTO subscriptions (account_no, subscription, plan, plan_version, status, anchor, period_no, period_start, period_end,
  cancel_at_end, terms, next, had, closed_through, closed_at, windows, lots)
SELECT $1, subscription, plan, plan_version, status, anchor, period_no, period_start, period_end,
  cancel_at_end, terms, next, had, closed_through, closed_at, windows, lots
FROM jsonb_to_recordset($2) AS row (subscription text, plan text, plan_version integer, status text, anchor timestamptz,
  period_no integer, period_start timestamptz, period_end timestamptz, cancel_at_end boolean, terms jsonb, next jsonb,
  had text[], closed_through integer, closed_at timestamptz, windows jsonb, lots jsonb)`;

const DELETE_CLOCK = `DELETE FROM account_clocks WHERE account_no = $1`;
const WRITE_CLOCK = `
INSERT INTO account_clocks (account_no, clock, due_bound) VALUES ($1, $2, $3)
ON CONFLICT (account_no) DO UPDATE SET clock = excluded.clock, due_bound = excluded.due_bound`;

const DELETE_SNAPSHOTS = `DELETE FROM balance_snapshots WHERE account_no = $1 AND seq = ANY ($2)`;
const WRITE_SNAPSHOT = `
INSERT INTO balance_snapshots (account_no, seq, effective_at, units, balances) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account_no, seq) DO UPDATE SET
  effective_at = excluded.effective_at, units = excluded.units, balances = excluded.balances`;

/** False where the name is another account's, or the account has another. */
export async function writeName(owner: Client, no: number, { mode, id }: NamedAs): Promise<boolean> {
  const { rows } = await owner.query(WRITE_NAME, [no, mode, id]);
  return rows.length > 0;
}

export async function writeAccount(
  owner: Client,
  no: number,
  { mode, id }: NamedAs,
  row: AccountRow,
  dueAt: Moment | null,
): Promise<void> {
  await owner.query(WRITE_ACCOUNT, [
    no,
    mode,
    id,
    row.seq,
    time(row.createdAt),
    time(row.lastEffectiveAt),
    dueAt === null ? null : time(dueAt),
    row.frozen,
    json(row.overdraftLimits),
    json(row.metadata),
    row.units,
    row.balances.map(String),
    row.lots.map(String),
    json(row.lotTerms),
  ]);
}

/** Only those that differ: the others may be thousands. */
export async function writeHolds(
  owner: Client,
  no: number,
  found: ReadonlyMap<number, HoldRow>,
  expected: ReadonlyMap<number, HoldRow>,
): Promise<void> {
  const wrong = [...found].filter(([reservation, hold]) => !same(hold, expected.get(reservation)));
  const right = [...expected.values()].filter(hold => !same(hold, found.get(hold.reservation)));
  if (wrong.length > 0) await owner.query(DELETE_HOLDS, [no, wrong.map(([reservation]) => reservation)]);
  if (right.length > 0) await owner.query(WRITE_HOLDS, [no, JSON.stringify(right.map(holdRecord))]);
}

export async function writeSubscriptions(
  owner: Client,
  no: number,
  found: ReadonlyMap<string, SubscriptionRow>,
  expected: ReadonlyMap<string, SubscriptionRow>,
): Promise<void> {
  const wrong = [...found].filter(([id, row]) => !same(row, expected.get(id)));
  const right = [...expected.values()].filter(row => !same(row, found.get(row.subscription)));
  if (wrong.length > 0) await owner.query(DELETE_SUBSCRIPTIONS, [no, wrong.map(([id]) => id)]);
  if (right.length > 0) await owner.query(WRITE_SUBSCRIPTIONS, [no, JSON.stringify(right.map(subscriptionRecord))]);
}

/** @param row null where the account lives by the real time */
export async function writeClock(owner: Client, no: number, row: ClockRow | null): Promise<void> {
  if (row === null) await owner.query(DELETE_CLOCK, [no]);
  else await owner.query(WRITE_CLOCK, [no, row.clock, row.dueBound === null ? null : time(row.dueBound)]);
}

/** @param beyond seqs of snapshots that are to go */
export async function writeSnapshots(
  owner: Client,
  no: number,
  beyond: readonly number[],
  right: readonly SnapshotRow[],
): Promise<void> {
  if (beyond.length > 0) await owner.query(DELETE_SNAPSHOTS, [no, beyond]);
  for (const { seq, effectiveAt, units, balances } of right) {
    await owner.query(WRITE_SNAPSHOT, [no, seq, time(effectiveAt), units, balances.map(String)]);
  }
}

function holdRecord(hold: HoldRow) {
  const { reservation, overage, late, meter, model, member, metadata, units } = hold;
  return {
    reservation,
    created_at: time(hold.createdAt),
    expires_at: time(hold.expiresAt),
    grace_ms: hold.graceMs,
    overage,
    late,
    meter,
    model,
    member,
    metadata,
    units,
    lines: hold.lines.map(String),
    held: hold.held.map(String),
  };
}

function time(at: Moment): string {
  return new Date(at).toISOString();
}

function json(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
