import type {
  AppliesTo,
  Cost,
  LatePolicy,
  LotCategory,
  OveragePolicy,
  RolloverRule,
  SpendContext,
} from '../../src/ledger/domain/account.js';
import type { NaiveLotPlan } from './plan-words.js';

/**
 * The words of the naive model. Nothing here is shared with the domain but the vocabulary of commands: a balance is
 * not kept but counted, lots and reservations never leave, and every question is answered by looking at all of them.
 */
export interface NaiveLot {
  readonly no: number;
  readonly unit: string;
  readonly category: LotCategory;
  readonly priority: number;
  readonly granted: bigint;
  readonly expiresAt: number | null;
  readonly appliesTo: AppliesTo | null;
  readonly cost: Cost | null;
  readonly rollover: RolloverRule | null;
  readonly carriedFrom: number | null;
  readonly createdAt: number;
  /** Lots made by a refund or a rollover are credits that were granted before. */
  readonly raisesGranted: boolean;
  /** Of a lot that a subscription gave or carried, until it cannot matter any more. */
  plan: NaiveLotPlan | null;
  available: bigint;
  carried: bigint;
  revoked: bigint;
}

/** Some credits of one lot, lying somewhere: under a hold, in a spend, on their way back. */
export interface Pile {
  readonly lot: NaiveLot;
  amount: bigint;
}

export interface NaiveLine {
  readonly unit: string;
  reserved: bigint;
  committed: bigint;
  released: bigint;
  refunded: bigint;
  held: Pile[];
}

export interface NaiveReservation extends SpendContext {
  readonly no: number;
  readonly createdAt: number;
  readonly graceMs: number;
  readonly overage: OveragePolicy;
  readonly late: LatePolicy;
  readonly lines: NaiveLine[];
  status: 'open' | 'closed' | 'expired';
  expiresAt: number;
}

/** A commit, or a revocation: credits that went away and can be brought back. */
export interface Taking {
  readonly seq: number;
  readonly kind: 'commit' | 'revoke';
  readonly unit: string;
  readonly reservation: NaiveReservation | null;
  /** The lot a revocation was made in the name of. */
  readonly lot: NaiveLot | null;
  readonly amount: bigint;
  /** Taken after the hold had ended. */
  readonly late: boolean;
  readonly at: number;
  readonly member: string | null;
  /** Members whose budgets count it: whoever spent it, and who was above them then. */
  readonly countedBy: readonly string[];
  /** Of what was undone, how much went back to whose budgets. */
  readonly backTo: Map<string, bigint>;
  /** In the order drawn. */
  readonly piles: readonly Pile[];
  debt: bigint;
  undone: bigint;
}

export const ABOVE_EVERY_AMOUNT = 9_223_372_036_854_775_808n;
export const REFUND_GRACE_MS = 30 * 24 * 60 * 60 * 1000;

export function least(...amounts: bigint[]): bigint {
  return amounts.reduce((a, b) => (b < a ? b : a));
}

export function total(amounts: readonly bigint[]): bigint {
  return amounts.reduce((a, b) => a + b, 0n);
}

export function sizeOf(piles: readonly Pile[]): bigint {
  return total(piles.map(pile => pile.amount));
}

/** A lot that expires at a moment is over at that moment; one of a period also where that was closed before. */
export function isOver(lot: NaiveLot, at: number): boolean {
  if (lot.expiresAt !== null && lot.expiresAt <= at) return true;
  return lot.plan !== null && lot.plan.through !== null && lot.plan.through <= lot.plan.owner.closedNo;
}

/** Lower priority number, then soonest expiry (none is last), then paid after every other category, then oldest. */
export function burnsBefore(a: NaiveLot, b: NaiveLot): number {
  return (
    a.priority - b.priority ||
    (a.expiresAt ?? Number.MAX_VALUE) - (b.expiresAt ?? Number.MAX_VALUE) ||
    Number(a.category === 'paid') - Number(b.category === 'paid') ||
    a.no - b.no
  );
}

export function lotsInBurnOrder(lots: readonly NaiveLot[]): NaiveLot[] {
  return [...lots].sort(burnsBefore);
}

export function pilesInBurnOrder(piles: readonly Pile[]): Pile[] {
  return [...piles].sort((a, b) => burnsBefore(a.lot, b.lot));
}

/** A lot applies when every list given contains the spend's value. */
export function applies(lot: NaiveLot, spend: SpendContext): boolean {
  const allows = (list: readonly string[] | undefined, value: string | null): boolean =>
    list === undefined || (value !== null && list.includes(value));
  const conditions = lot.appliesTo ?? {};
  return (
    allows(conditions.meters, spend.meter) &&
    allows(conditions.models, spend.model) &&
    allows(conditions.members, spend.member)
  );
}

/** The first `amount` of these piles, in their order; fewer when there are not that many. */
export function firstOf(piles: readonly Pile[], amount: bigint): Pile[] {
  const taken: Pile[] = [];
  for (const pile of piles) {
    const share = least(pile.amount, amount - sizeOf(taken));
    if (share > 0n) taken.push({ lot: pile.lot, amount: share });
  }
  return taken;
}

/** One pile for each lot. */
export function together(piles: readonly Pile[]): Pile[] {
  const lots = [...new Set(piles.map(pile => pile.lot))];
  return lots.map(lot => ({ lot, amount: sizeOf(piles.filter(pile => pile.lot === lot)) }));
}

/** What is left of `piles` without `gone`. */
export function without(piles: readonly Pile[], gone: readonly Pile[]): Pile[] {
  return piles
    .map(({ lot, amount }) => ({ lot, amount: amount - sizeOf(gone.filter(pile => pile.lot === lot)) }))
    .filter(pile => pile.amount > 0n);
}

export function endOf(reservation: NaiveReservation): number {
  return reservation.expiresAt + reservation.graceMs;
}
