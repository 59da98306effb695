import type { AppliesTo } from './applies-to.js';
import type { Cost } from './cost.js';
import type { LotPlan } from './lot-plan.js';
import type { Member } from './member.js';
import type { Moment } from './moment.js';
import type { PricedEvent } from './priced-event.js';
import type { Subscription } from './subscription.js';

export type { AppliesTo, Cost, Moment };

/** The seven sums of one account and unit, in base units. `granted = available + held + spent + expired + revoked - debt`, always. */
export interface Balance {
  granted: bigint;
  available: bigint;
  held: bigint;
  spent: bigint;
  expired: bigint;
  revoked: bigint;
  debt: bigint;
}

export const LOT_CATEGORIES = ['paid', 'included', 'promotional', 'compensation'] as const;
export type LotCategory = (typeof LOT_CATEGORIES)[number];

/** What happens to what is left of a lot when it ends. Without a rule everything left expires. */
export interface RolloverRule {
  /** Whole percent of what is left that is carried, 1 to 100; the share is rounded down. */
  readonly percent: number;
  /** The most that is carried from this lot altogether, or null for no such bound. */
  readonly cap: bigint | null;
  /** How long the carried lot lives, counted from the end of this one, or null for ever. */
  readonly carryMs: number | null;
}

/** What never changes about a lot; written into the entry that makes it. */
export interface LotTerms {
  readonly unit: string;
  readonly category: LotCategory;
  /** 0 to 100, lower burns first. */
  readonly priority: number;
  readonly granted: bigint;
  readonly expiresAt: Moment | null;
  readonly appliesTo: AppliesTo | null;
  readonly cost: Cost | null;
  readonly rollover: RolloverRule | null;
  /** The lot whose end made this one, for a carried lot. */
  readonly carriedFrom: number | null;
  /** For a lot that a subscription gave; kept with the subscription, which is what makes use of it. */
  readonly plan: LotPlan | null;
  /** Only of what a spend lacked and is billed for later. */
  readonly overage?: OverageTerms;
}

/** Who is billed for what a spend lacked. Such a lot is over from the beginning: only its own spend has it. */
export interface OverageTerms {
  readonly subscription: string;
  /** The name of the meter's events at Stripe. */
  readonly meter: string;
}

/** What is left of one grant. */
export interface Lot extends Omit<LotTerms, 'plan'> {
  /** `lotNumber(seq, index)` of the entry that made it. */
  readonly no: number;
  readonly createdAt: Moment;
  remaining: bigint;
  held: bigint;
  /** Carried over at and after its end, against the rule's cap. */
  carried: bigint;
  /** Taken back in this lot's name, never more than was granted. */
  revoked: bigint;
}

/** A share of some amount that one lot bears. */
export interface LotPart {
  readonly lot: number;
  amount: bigint;
}

/** One commit, and how much of it was refunded since. What the lots did not pay had become debt. */
export interface Spend {
  readonly seq: number;
  readonly unit: string;
  readonly reservation: number | null;
  readonly member: string | null;
  readonly amount: bigint;
  /** In the order drawn. `amount` is what a refund can still give back to this lot. */
  readonly parts: LotPart[];
  /** What became debt and was not undone yet. */
  debt: bigint;
  refunded: bigint;
}

/** Credits taken back, and what of them was reinstated since: a spend by another name. */
export interface Revocation extends Spend {
  /** The lot in whose name they were taken. */
  readonly lot: number;
}

export const OVERAGE_POLICIES = ['reject', 'allow_available', 'allow_debt'] as const;
export type OveragePolicy = (typeof OVERAGE_POLICIES)[number];
export const LATE_POLICIES = ['reject', 'charge'] as const;
export type LatePolicy = (typeof LATE_POLICIES)[number];

/** Who and what a spend is for; decides which lots it may use. */
export interface SpendContext {
  readonly meter: string | null;
  readonly model: string | null;
  readonly member: string | null;
}

/** What was agreed when the credits were held. */
export interface HoldTerms extends SpendContext {
  readonly expiresAt: Moment;
  readonly graceMs: number;
  readonly overage: OveragePolicy;
  readonly late: LatePolicy;
}

export interface ReservationLine {
  readonly unit: string;
  reserved: bigint;
  committed: bigint;
  released: bigint;
  refunded: bigint;
  /** Still held, by lot, in the order drawn. */
  readonly held: LotPart[];
}

export interface Reservation extends SpendContext {
  /** The `seq` of its first reserve entry. */
  readonly no: number;
  status: 'open' | 'closed' | 'expired';
  readonly lines: ReservationLine[];
  /** When the caller promised to be done; the credits return `graceMs` later. */
  expiresAt: Moment;
  readonly graceMs: number;
  readonly overage: OveragePolicy;
  readonly late: LatePolicy;
  readonly metadata: Metadata | null;
  readonly createdAt: Moment;
}

export type Metadata = Readonly<Record<string, string>>;

export interface UnitState {
  readonly balance: Balance;
  /** Live lots in burn order: something remains or is held. */
  readonly lots: Lot[];
}

/**
 * One account as the fold of its entries. Bounded: exhausted lots and ended reservations leave it, and come back only
 * while a command that needs them (a refund, a late commit, a revoke) is being decided.
 */
export interface AccountState {
  seq: number;
  lastEffectiveAt: Moment;
  createdAt: Moment;
  frozen: boolean;
  overdraftLimits: ReadonlyMap<string, bigint>;
  metadata: Metadata;
  /** The clock it lives by, for ever; null for the real time. */
  testClock: string | null;
  readonly units: Map<string, UnitState>;
  /** Open reservations by number. */
  readonly holds: Map<number, Reservation>;
  /** By id. */
  readonly subscriptions: Map<string, Subscription>;
  /** Those on record, by id. */
  readonly members: Map<string, Member>;
  /** What open holds have, by member on record and unit, members below included: follows from the two, not a projection. */
  readonly heldByMember: Map<string, Map<string, bigint>>;
  /** Nothing falls due before this moment: a lower bound that spares the look at every hold; not a projection. */
  dueBound: Moment;
  /** No window is to be opened before this moment: a lower bound like the one above. */
  windowBound: Moment;
  /** Of its row, which a rebuild changes: a state is good only for the one it was read from; not a projection. */
  revision: number;
  /** What commands of this batch look back at; never part of the projections. */
  readonly recalled: Recalled;
}

/**
 * History that a command looks back at: loaded on demand (`recall.ts` says what is missing), kept current by evolve,
 * which also leaves here what ends or runs out. The write path drops it after each batch.
 */
export interface Recalled {
  /** Ended reservations by number. */
  readonly reservations: Map<number, Reservation>;
  /** Exhausted lots by number. */
  readonly lots: Map<number, Lot>;
  /** All commits of a reservation in order, by its number; a reservation that is not here was not recalled. */
  readonly spends: Map<number, Spend[]>;
  /** What a reservation was made for, by its number; null where it was made of amounts. */
  readonly announced: Map<number, PricedEvent | null>;
  /** Charges (commits without a reservation) by `seq`. */
  readonly charges: Map<number, Spend>;
  readonly revocations: Map<number, Revocation>;
  /** Who holds the account frozen; null where that was not recalled, or nobody does. */
  frozenBy: readonly string[] | null;
  /** Ids of subscriptions that entries of this batch changed: their rows are to be written. */
  readonly subscriptions: Set<string>;
  /** Ids of members that entries of this batch changed. */
  readonly members: Set<string>;
}

/** Lots one entry can make at most, which is also the room its numbers leave. */
export const LOTS_PER_ENTRY = 1024;

/** Live lots an account may have where credits are granted. */
export const MAX_LIVE_LOTS = 1000;

/**
 * Live lots an account may have where credits are given back; what time carries over may go beyond. Not
 * more than `LOTS_PER_ENTRY`: so a refund never makes more lots than one entry can, and neither does the end of a hold,
 * because lots that roll over come of grants alone.
 */
export const MAX_LIVE_LOTS_AFTER_REFUND = 1024;

/** Reservations an account may have open at once. */
export const MAX_OPEN_RESERVATIONS = 10_000;

export function lotNumber(seq: number, index: number): number {
  return seq * LOTS_PER_ENTRY + index;
}

export function newAccount(): AccountState {
  return {
    seq: 0,
    lastEffectiveAt: 0,
    createdAt: 0,
    frozen: false,
    overdraftLimits: new Map(),
    metadata: {},
    testClock: null,
    units: new Map(),
    holds: new Map(),
    subscriptions: new Map(),
    members: new Map(),
    heldByMember: new Map(),
    dueBound: Infinity,
    windowBound: Infinity,
    revision: 0,
    recalled: noHistory(),
  };
}

function noHistory(): Recalled {
  return {
    reservations: new Map(),
    lots: new Map(),
    spends: new Map(),
    announced: new Map(),
    charges: new Map(),
    revocations: new Map(),
    frozenBy: null,
    subscriptions: new Set(),
    members: new Set(),
  };
}

/** Most turns recall little, and clearing a map makes a new table: those that are empty are left alone. */
export function forgetHistory(recalled: Recalled): void {
  const { reservations, lots, spends, announced, charges, revocations, subscriptions, members } = recalled;
  for (const kind of [reservations, lots, spends, announced, charges, revocations, subscriptions, members])
    if (kind.size > 0) kind.clear();
  recalled.frozenBy = null;
}

export function zeroBalance(): Balance {
  return { granted: 0n, available: 0n, held: 0n, spent: 0n, expired: 0n, revoked: 0n, debt: 0n };
}

const NOTHING: UnitState = Object.freeze({ balance: Object.freeze(zeroBalance()), lots: [] });

/** The unit's state, or zeros where no entry moved it yet; the zeros are shared and frozen. */
export function unitOf(state: AccountState, unit: string): UnitState {
  return state.units.get(unit) ?? NOTHING;
}

export function reservationOf(state: AccountState, no: number): Reservation | undefined {
  return state.holds.get(no) ?? state.recalled.reservations.get(no);
}

export function lotOf(state: AccountState, unit: string, no: number): Lot | undefined {
  const live = unitOf(state, unit).lots;
  for (let i = 0; i < live.length; i++) if (live[i]!.no === no) return live[i];
  const exhausted = state.recalled.lots.get(no);
  return exhausted?.unit === unit ? exhausted : undefined;
}

/** Of all units together. */
export function liveLots(state: AccountState): number {
  let count = 0;
  for (const { lots } of state.units.values()) count += lots.length;
  return count;
}

/** When the held credits return by themselves. */
export function endsAt(reservation: Reservation): Moment {
  return reservation.expiresAt + reservation.graceMs;
}

export function heldOf(line: ReservationLine): bigint {
  let sum = 0n;
  for (const part of line.held) sum += part.amount;
  return sum;
}
