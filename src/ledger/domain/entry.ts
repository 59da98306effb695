import type { Balance, Cost, HoldTerms, LotTerms, Metadata, Moment } from './account.js';
import type { MemberTerms, OpenedWindow } from './member.js';
import type { PricedEvent } from './priced-event.js';
import type { SubscriptionChange } from './subscription.js';

export const ENTRY_TYPES = [
  'grant',
  'reserve',
  'extend',
  'commit',
  'release',
  'expire',
  'refund',
  'revoke',
  'reinstate',
  'rollover',
  'subscribe',
  'configure',
  'freeze',
  'unfreeze',
] as const;
export type EntryType = (typeof ENTRY_TYPES)[number];

/** How far each of the seven sums moves. Balances on its own: `granted = available + held + spent + expired + revoked - debt`. */
export type Deltas = Readonly<Balance>;

/** What one entry does to one lot. The `remaining` of all lots sum to the entry's `available`, the `held` to its `held`. */
export interface LotChange {
  readonly lot: number;
  /** This lot's share of the entry's amount. What is missing to the amount is debt taken on (commit, revoke) or undone (refund, reinstate). */
  readonly amount: bigint;
  /** Signed change of what the lot has available. */
  readonly remaining: bigint;
  /** Signed change of what the lot has under hold. */
  readonly held: bigint;
}

/** Replaces settings of the account; what is not given stays. */
export interface Settings {
  readonly overdraftLimits?: ReadonlyMap<string, bigint>;
  readonly metadata?: Metadata;
  /** Of the entry's member; null takes it off the record. */
  readonly member?: MemberTerms | null;
  readonly testClock?: string;
  /** Who holds a frozen account from here on, on freeze entries; absent where only a caller does. */
  readonly frozenBy?: readonly string[];
}

/** One immutable row of an account's stream. */
export interface Entry {
  readonly seq: number;
  readonly type: EntryType;
  /** Null for entries that move no unit: subscribe, configure, freeze, unfreeze. */
  readonly unit: string | null;
  /** Positive or zero, base units: how much of the unit this entry is about. */
  readonly amount: bigint;
  readonly deltas: Deltas;
  readonly lots: readonly LotChange[];
  /** Lots this entry makes; the i-th has the number `lotNumber(seq, i)`. */
  readonly made: readonly LotTerms[];
  /** Number of the reservation it belongs to. */
  readonly reservation: number | null;
  /** What it reverses: the `seq` of the commit (refund) or revoke (reinstate), the number of the lot (revoke). */
  readonly target: number | null;
  /** The agreement, on the first reserve entry of a reservation. */
  readonly terms: HoldTerms | null;
  /** The promised end after an extend. */
  readonly expiresAt: Moment | null;
  /** True on the last entry of a command that ends a reservation. */
  readonly closes: boolean;
  readonly settings: Settings | null;
  /** What was used and how it was priced, on the first entry of a command by event. */
  readonly event: PricedEvent | null;
  /** What a `subscribe` entry changes. */
  readonly subscription: SubscriptionChange | null;
  /** Windows of members' budgets in which it is the first spend. */
  readonly opens: readonly OpenedWindow[] | null;
  /** What the provider took for the work, on the first entry of a commit. */
  readonly providerCost: Cost | null;
  readonly reason: string | null;
  readonly member: string | null;
  readonly metadata: Metadata | null;
  /** When it took effect in the account; never decreases along `seq`. */
  readonly effectiveAt: Moment;
  /** When it was booked. */
  readonly recordedAt: Moment;
}

/** What a decision says about an entry; the rest follows from the account and the moment. */
export type EntryFields = Pick<Entry, 'type' | 'unit' | 'amount'> &
  Partial<Omit<Entry, 'type' | 'unit' | 'amount' | 'deltas' | 'seq' | 'effectiveAt' | 'recordedAt'>> & {
    readonly deltas?: Partial<Deltas>;
  };

const STILL: Deltas = { granted: 0n, available: 0n, held: 0n, spent: 0n, expired: 0n, revoked: 0n, debt: 0n };
const NO_LOTS: readonly LotChange[] = [];
const NOTHING_MADE: readonly LotTerms[] = [];

/**
 * Completes an entry. `effectiveAt` is the due moment for what time does, else the moment of decision. Where many entries
 * are made, write the fields out: one object spread into another costs more than all the rest of the decision.
 */
export function makeEntry(seq: number, effectiveAt: Moment, recordedAt: Moment, fields: EntryFields): Entry {
  return {
    seq,
    type: fields.type,
    unit: fields.unit,
    amount: fields.amount,
    deltas: fields.deltas === undefined ? STILL : completeDeltas(fields.deltas),
    lots: fields.lots ?? NO_LOTS,
    made: fields.made ?? NOTHING_MADE,
    reservation: fields.reservation ?? null,
    target: fields.target ?? null,
    terms: fields.terms ?? null,
    expiresAt: fields.expiresAt ?? null,
    closes: fields.closes ?? false,
    settings: fields.settings ?? null,
    event: fields.event ?? null,
    subscription: fields.subscription ?? null,
    opens: fields.opens ?? null,
    providerCost: fields.providerCost ?? null,
    reason: fields.reason ?? null,
    member: fields.member ?? null,
    metadata: fields.metadata ?? null,
    effectiveAt,
    recordedAt,
  };
}

/** Sum by sum: spreading one object over another is many times slower, and this runs for every entry. */
function completeDeltas(deltas: Partial<Deltas>): Deltas {
  return {
    granted: deltas.granted ?? 0n,
    available: deltas.available ?? 0n,
    held: deltas.held ?? 0n,
    spent: deltas.spent ?? 0n,
    expired: deltas.expired ?? 0n,
    revoked: deltas.revoked ?? 0n,
    debt: deltas.debt ?? 0n,
  };
}
