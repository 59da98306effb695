import type { Client } from 'pg';
import type { Moment } from '../../ledger/domain/account.js';
import type { AccountRow } from '../../ledger/store/account-row.js';
import type { HoldRow } from '../../ledger/store/hold-row.js';
import type { NamedAs } from '../fold/fold-range.js';
import type { SnapshotRow } from '../rows/projection-copy.js';

const WRITE_NAME = `
INSERT INTO account_names (account_no, mode, id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`;

const WRITE_ACCOUNT = `
INSERT INTO accounts (account_no, mode, id, seq, created_at, last_effective_at, due_bound, frozen, overdraft_limits,
  metadata, units, balances, lots, lot_terms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (account_no) DO UPDATE SET
  mode = excluded.mode, id = excluded.id, seq = excluded.seq, created_at = excluded.created_at,
  last_effective_at = excluded.last_effective_at, due_bound = excluded.due_bound, frozen = excluded.frozen,
  overdraft_limits = excluded.overdraft_limits, metadata = excluded.metadata, units = excluded.units,
  balances = excluded.balances, lots = excluded.lots, lot_terms = excluded.lot_terms`;

const DELETE_HOLDS = `DELETE FROM holds WHERE account_no = $1`;
const WRITE_HOLD = `
INSERT INTO holds (account_no, reservation, created_at, expires_at, grace_ms, overage, late, meter, model, member,
  metadata, units, lines, held)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`;

const DELETE_SNAPSHOTS = `DELETE FROM balance_snapshots WHERE account_no = $1 AND seq = ANY ($2)`;
const WRITE_SNAPSHOT = `
INSERT INTO balance_snapshots (account_no, seq, effective_at, units, balances) VALUES ($1, $2, $3, $4, $5)`;

export async function writeName(owner: Client, no: number, { mode, id }: NamedAs): Promise<void> {
  await owner.query(WRITE_NAME, [no, mode, id]);
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

export async function writeHolds(owner: Client, no: number, holds: readonly HoldRow[]): Promise<void> {
  await owner.query(DELETE_HOLDS, [no]);
  for (const hold of holds) {
    await owner.query(WRITE_HOLD, [
      no,
      hold.reservation,
      time(hold.createdAt),
      time(hold.expiresAt),
      hold.graceMs,
      hold.overage,
      hold.late,
      hold.meter,
      hold.model,
      hold.member,
      json(hold.metadata),
      hold.units,
      hold.lines.map(String),
      hold.held.map(String),
    ]);
  }
}

export async function writeSnapshots(
  owner: Client,
  no: number,
  wrong: readonly number[],
  right: readonly SnapshotRow[],
): Promise<void> {
  await owner.query(DELETE_SNAPSHOTS, [no, wrong]);
  for (const { seq, effectiveAt, units, balances } of right) {
    await owner.query(WRITE_SNAPSHOT, [no, seq, time(effectiveAt), units, balances.map(String)]);
  }
}

function time(at: Moment): string {
  return new Date(at).toISOString();
}

function json(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
