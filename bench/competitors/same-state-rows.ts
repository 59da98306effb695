import {
  newAccount,
  type AccountState,
  type Balance,
  type Lot,
  type Reservation,
} from '../../src/ledger/domain/account.js';
import type { Entry } from '../../src/ledger/domain/entry.js';

export interface AccountRow {
  account_no: string;
  seq: string;
  created_at: string;
  last_effective_at: string;
  next_due_at: string | null;
  frozen: boolean;
  open_holds: number;
  overdraft_limits: Record<string, string>;
  metadata: Record<string, string>;
  units: string[];
  balances: string[];
  lots: LotJson[];
}

type Jsonned<T> = { [K in keyof T]: T[K] extends bigint ? string : T[K] };
type LotJson = Omit<Jsonned<Lot>, 'rollover'> & {
  rollover: (Omit<NonNullable<Lot['rollover']>, 'cap'> & { cap: string | null }) | null;
};

const SUMS = [
  'granted',
  'available',
  'held',
  'spent',
  'expired',
  'revoked',
  'debt',
] as const satisfies (keyof Balance)[];

export function stateOf(row: AccountRow): AccountState {
  const state = newAccount();
  state.seq = Number(row.seq);
  state.createdAt = Number(row.created_at);
  state.lastEffectiveAt = Number(row.last_effective_at);
  state.dueBound = row.next_due_at === null ? Infinity : Number(row.next_due_at);
  state.frozen = row.frozen;
  state.overdraftLimits = new Map(Object.entries(row.overdraft_limits).map(([unit, limit]) => [unit, BigInt(limit)]));
  state.metadata = row.metadata;
  row.units.forEach((unit, index) => {
    const at = index * SUMS.length;
    const balance = Object.fromEntries(
      SUMS.map((sum, i) => [sum, BigInt(row.balances[at + i]!)]),
    ) as unknown as Balance;
    state.units.set(unit, { balance, lots: row.lots.filter(lot => lot.unit === unit).map(lotOf) });
  });
  return state;
}

function lotOf(json: LotJson): Lot {
  return {
    ...json,
    granted: BigInt(json.granted),
    remaining: BigInt(json.remaining),
    held: BigInt(json.held),
    carried: BigInt(json.carried),
    revoked: BigInt(json.revoked),
    rollover: json.rollover && { ...json.rollover, cap: json.rollover.cap === null ? null : BigInt(json.rollover.cap) },
  };
}

export interface ReservationJson extends Omit<Reservation, 'lines'> {
  lines: {
    unit: string;
    reserved: string;
    committed: string;
    released: string;
    refunded: string;
    held: { lot: number; amount: string }[];
  }[];
}

export function reservationOf(json: ReservationJson): Reservation {
  return {
    ...json,
    lines: json.lines.map(line => ({
      unit: line.unit,
      reserved: BigInt(line.reserved),
      committed: BigInt(line.committed),
      released: BigInt(line.released),
      refunded: BigInt(line.refunded),
      held: line.held.map(({ lot, amount }) => ({ lot, amount: BigInt(amount) })),
    })),
  };
}

/** Amounts as strings: JSON numbers would lose digits. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));
}

/** Values of UPDATE_ACCOUNT. */
export function accountValues(accountNo: number, state: AccountState, openHolds: number): unknown[] {
  const units = [...state.units.keys()];
  return [
    accountNo,
    state.seq,
    state.createdAt,
    state.lastEffectiveAt,
    state.dueBound === Infinity ? null : state.dueBound,
    state.frozen,
    openHolds,
    toJson(Object.fromEntries(state.overdraftLimits)),
    JSON.stringify(state.metadata),
    units,
    balancesOf(state),
    toJson(units.flatMap(unit => state.units.get(unit)!.lots)),
  ];
}

export function balancesOf(state: AccountState): string {
  const sums: bigint[] = [];
  for (const { balance } of state.units.values()) for (const sum of SUMS) sums.push(balance[sum]);
  return `{${sums.join()}}`;
}

/** Values of INSERT_ENTRY. */
export function entryValues(accountNo: number, entry: Entry): unknown[] {
  const { deltas } = entry;
  return [
    accountNo,
    entry.seq,
    entry.type,
    entry.unit,
    entry.amount,
    ...SUMS.map(sum => (deltas[sum] === 0n ? null : deltas[sum])),
    entry.lots.length === 0
      ? null
      : `{${entry.lots.flatMap(({ lot, amount, remaining, held }) => [lot, amount, remaining, held]).join()}}`,
    detailsOf(entry),
    entry.reservation,
    entry.target,
    entry.reason,
    entry.member,
    entry.metadata && JSON.stringify(entry.metadata),
    entry.effectiveAt,
    entry.recordedAt,
  ];
}

function detailsOf({ made, terms, expiresAt, closes, settings, event, providerCost }: Entry): string | null {
  if (made.length === 0 && !terms && expiresAt === null && !closes && !settings && !event && !providerCost) return null;
  return toJson({
    ...(made.length > 0 && { made }),
    ...(terms && { terms }),
    ...(expiresAt !== null && { expiresAt }),
    ...(closes && { closes }),
    ...(settings && { settings }),
    ...(event && { event }),
    ...(providerCost && { providerCost }),
  });
}
