import type { Metadata } from '../domain/account.js';
import type { AccountRow } from './account-row.js';
import type { HoldRow } from './hold-row.js';

/** What to select of `accounts`: the projection and, last, the moment before which nothing falls due. */
export const ACCOUNT_COLUMNS = `seq, created_at, last_effective_at, frozen, overdraft_limits, metadata, units, balances,
  lots, lot_terms, due_bound`;

/** What to select of `holds`. */
export const HOLD_COLUMNS = `reservation, created_at, expires_at, grace_ms, overage, late, meter, model, member, metadata,
  units, lines, held`;

/** A row of `accounts` as the driver gives it for `ACCOUNT_COLUMNS`. */
export interface AccountRecord {
  readonly seq: string;
  readonly created_at: Date;
  readonly last_effective_at: Date;
  readonly due_bound: Date | null;
  readonly frozen: boolean;
  readonly overdraft_limits: Record<string, string> | null;
  readonly metadata: Metadata | null;
  readonly units: string[];
  readonly balances: string[];
  readonly lots: string[];
  readonly lot_terms: AccountRow['lotTerms'];
}

/** A row of `holds` as the driver gives it for `HOLD_COLUMNS`. */
export interface HoldRecord extends Pick<
  HoldRow,
  'overage' | 'late' | 'meter' | 'model' | 'member' | 'metadata' | 'units'
> {
  readonly reservation: string;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly grace_ms: number;
  readonly lines: string[];
  readonly held: string[];
}

export function accountRowFromRecord(record: AccountRecord): AccountRow {
  return {
    seq: Number(record.seq),
    createdAt: record.created_at.getTime(),
    lastEffectiveAt: record.last_effective_at.getTime(),
    frozen: record.frozen,
    overdraftLimits: record.overdraft_limits,
    metadata: record.metadata,
    units: record.units,
    balances: record.balances.map(BigInt),
    lots: record.lots.map(BigInt),
    lotTerms: record.lot_terms,
  };
}

export function holdRowFromRecord(record: HoldRecord): HoldRow {
  const { overage, late, meter, model, member, metadata, units } = record;
  return {
    reservation: Number(record.reservation),
    createdAt: record.created_at.getTime(),
    expiresAt: record.expires_at.getTime(),
    graceMs: record.grace_ms,
    overage,
    late,
    meter,
    model,
    member,
    metadata,
    units,
    lines: record.lines.map(BigInt),
    held: record.held.map(BigInt),
  };
}

/**
 * A row of a projection as one text, the same for the same content: members in the order of their names, amounts as
 * strings. What PostgreSQL stored and what a fold says are compared by it.
 */
export function projectionText(row: object): string {
  return JSON.stringify(row, (_, value: unknown) => {
    if (typeof value === 'bigint') return value.toString();
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
