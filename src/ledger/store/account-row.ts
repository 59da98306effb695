import {
  LOT_CATEGORIES,
  newAccount,
  zeroBalance,
  type AccountState,
  type AppliesTo,
  type Balance,
  type Cost,
  type Lot,
  type Metadata,
  type Moment,
  type OverageTerms,
} from '../domain/account.js';
import { rolloverFromJson, rolloverToJson, type RolloverJson } from './entry-details.js';

/** Numbers a unit has in `balances`, in this order. */
export const SUMS = [
  'granted',
  'available',
  'held',
  'spent',
  'expired',
  'revoked',
  'debt',
] as const satisfies readonly (keyof Balance)[];

/** Numbers a lot has in `lots`; the order is that of `lotNumbers`. */
export const NUMBERS_PER_LOT = 12;
const NONE = 0n;

/** What a lot may have beyond its numbers. */
interface LotTermsJson {
  readonly applies_to?: AppliesTo;
  readonly cost?: Cost;
  readonly rollover?: RolloverJson;
  readonly overage?: OverageTerms;
}

/**
 * The row of `accounts` as a pure function of the state, holds left out: the same state gives the same row, wherever and
 * whenever it was folded. Not in it: the name, and `due_bound`, which is no fold of entries.
 */
export interface AccountRow {
  readonly seq: number;
  readonly createdAt: Moment;
  readonly lastEffectiveAt: Moment;
  readonly frozen: boolean;
  readonly overdraftLimits: Readonly<Record<string, string>> | null;
  readonly metadata: Metadata | null;
  /** In the order of their first entries. */
  readonly units: readonly string[];
  /** Seven for each unit, see `SUMS`. */
  readonly balances: readonly bigint[];
  /** Twelve for each live lot, unit by unit in burn order. */
  readonly lots: readonly bigint[];
  readonly lotTerms: Readonly<Record<string, LotTermsJson>> | null;
}

export function accountRow(state: AccountState): AccountRow {
  const units: string[] = [];
  const balances: bigint[] = [];
  const lots: bigint[] = [];
  let lotTerms: Record<string, LotTermsJson> | null = null;
  for (const [unit, { balance, lots: live }] of state.units) {
    units.push(unit);
    balances.push(
      balance.granted,
      balance.available,
      balance.held,
      balance.spent,
      balance.expired,
      balance.revoked,
      balance.debt,
    );
    for (const lot of live) {
      pushNumbers(lots, lot, units.length);
      if (lot.appliesTo !== null || lot.cost !== null || lot.rollover !== null || lot.overage !== undefined) {
        lotTerms ??= {};
        lotTerms[lot.no] = termsToJson(lot);
      }
    }
  }
  return {
    seq: state.seq,
    createdAt: state.createdAt,
    lastEffectiveAt: state.lastEffectiveAt,
    frozen: state.frozen,
    overdraftLimits: limitsToJson(state.overdraftLimits),
    metadata: isEmpty(state.metadata) ? null : state.metadata,
    units,
    balances,
    lots,
    lotTerms,
  };
}

/** The state of a row, without its holds. */
export function accountFromRow(row: AccountRow): AccountState {
  const state = newAccount();
  state.seq = row.seq;
  state.createdAt = row.createdAt;
  state.lastEffectiveAt = row.lastEffectiveAt;
  state.frozen = row.frozen;
  state.overdraftLimits = limitsFromJson(row.overdraftLimits);
  state.metadata = row.metadata ?? {};
  row.units.forEach((unit, index) => state.units.set(unit, { balance: balanceAt(row.balances, index), lots: [] }));
  for (let at = 0; at < row.lots.length; at += NUMBERS_PER_LOT) {
    const unit = row.units[Number(row.lots[at + 11]) - 1]!;
    state.units.get(unit)!.lots.push(lotAt(row, at, unit));
  }
  return state;
}

/** The seven sums of the unit at this place. */
export function balanceAt(balances: readonly bigint[], index: number): Balance {
  const balance = zeroBalance();
  SUMS.forEach((sum, i) => (balance[sum] = balances[index * SUMS.length + i]!));
  return balance;
}

function pushNumbers(numbers: bigint[], lot: Lot, unitPlace: number): void {
  numbers.push(
    BigInt(lot.no),
    lot.granted,
    lot.remaining,
    lot.held,
    lot.carried,
    lot.revoked,
    BigInt(lot.createdAt),
    lot.expiresAt === null ? NONE : BigInt(lot.expiresAt),
    BigInt(lot.priority),
    BigInt(LOT_CATEGORIES.indexOf(lot.category)),
    lot.carriedFrom === null ? NONE : BigInt(lot.carriedFrom),
    BigInt(unitPlace),
  );
}

function lotAt({ lots, lotTerms }: AccountRow, at: number, unit: string): Lot {
  const no = Number(lots[at]);
  const terms = lotTerms?.[no];
  return {
    no,
    unit,
    granted: lots[at + 1]!,
    remaining: lots[at + 2]!,
    held: lots[at + 3]!,
    carried: lots[at + 4]!,
    revoked: lots[at + 5]!,
    createdAt: Number(lots[at + 6]),
    expiresAt: lots[at + 7] === NONE ? null : Number(lots[at + 7]),
    priority: Number(lots[at + 8]),
    category: LOT_CATEGORIES[Number(lots[at + 9])]!,
    carriedFrom: lots[at + 10] === NONE ? null : Number(lots[at + 10]),
    appliesTo: terms?.applies_to ?? null,
    cost: terms?.cost ?? null,
    rollover: rolloverFromJson(terms?.rollover),
    ...(terms?.overage !== undefined && { overage: terms.overage }),
  };
}

function termsToJson({ appliesTo, cost, rollover, overage }: Lot): LotTermsJson {
  return {
    ...(appliesTo === null ? {} : { applies_to: appliesTo }),
    ...(cost === null ? {} : { cost }),
    ...(rollover === null ? {} : { rollover: rolloverToJson(rollover) }),
    ...(overage === undefined ? {} : { overage }),
  };
}

function limitsToJson(limits: ReadonlyMap<string, bigint>): Record<string, string> | null {
  if (limits.size === 0) return null;
  return Object.fromEntries([...limits].map(([unit, limit]) => [unit, limit.toString()]));
}

function limitsFromJson(limits: Readonly<Record<string, string>> | null): ReadonlyMap<string, bigint> {
  return new Map(Object.entries(limits ?? {}).map(([unit, limit]) => [unit, BigInt(limit)]));
}

function isEmpty(metadata: Metadata): boolean {
  for (const key in metadata) if (Object.hasOwn(metadata, key)) return false;
  return true;
}
