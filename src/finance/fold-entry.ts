import { lotNumber, type LotTerms, type Moment } from '../ledger/domain/account.js';
import type { Cost } from '../ledger/domain/cost.js';
import type { Entry, LotChange } from '../ledger/domain/entry.js';
import type { Mode } from '../ledger/submission.js';
import { moneyOf } from './currency.js';
import { divide, NOTHING, type Division, type Payment } from './payment.js';

/** A lot that holds credits of a payment. */
export interface PaidLot {
  readonly no: number;
  readonly payment: Payment;
  readonly expiresAt: Moment | null;
  /** That gave it; null for those that no plan gave, or whose plan does not end them. */
  readonly subscription: string | null;
  /** The number of its last period there. */
  readonly through: number | null;
}

/** Where the lots of one account's payments are found by number, and put. */
export interface PaidLots {
  get(no: number): PaidLot | undefined;
  /** Those that end with a period of a subscription. */
  of(subscription: string): Iterable<PaidLot>;
  put(lot: PaidLot): void;
}

/** An entry as finance looks at it. */
export interface BookedEntry {
  readonly accountNo: number;
  readonly mode: Mode;
  readonly entry: Entry;
  /** The lot in whose name a revoke took, or a reinstate gives back. */
  readonly inNameOf: number | null;
}

/** What one entry moved of one payment's money. */
export interface Movement extends Division {
  readonly payment: Payment;
  /** Not zero for what booked it only. */
  readonly paid: bigint;
  /** How much of `recognised` a refund of a spend took back: the latter is lower by it already. */
  readonly refunded: bigint;
}

/** Follows the credits of payments through one entry, in the order of `seq`, and tells what it moved of their money. */
export function foldEntry(booked: BookedEntry, lots: PaidLots): Movement[] {
  const { entry, inNameOf } = booked;
  const paid = entry.subscription?.paid;
  if (paid !== undefined) return [withoutCredits(booked, paid)];
  closeLots(entry, lots);
  const before = new Map<Payment, Division>();
  const touch = (lot: PaidLot): Payment => {
    if (!before.has(lot.payment)) before.set(lot.payment, divide(lot.payment));
    return lot.payment;
  };
  for (const payment of addMadeLots(booked, lots)) before.set(payment, NOTHING);
  const granted = new Set(before.keys());
  for (const change of entry.lots) {
    const lot = lots.get(change.lot);
    if (lot === undefined) continue;
    const payment = touch(lot);
    payment.live += change.remaining + change.held;
    payment.expired += expiredOf(entry, change, lot);
  }
  const named = inNameOf === null ? undefined : lots.get(inNameOf);
  if (named !== undefined) touch(named).revoked += entry.type === 'revoke' ? entry.amount : -entry.amount;
  return [...before].map(([payment, was]) => movement(entry, payment, was, granted.has(payment)));
}

function movement({ type }: Entry, payment: Payment, was: Division, isNew: boolean): Movement {
  const is = divide(payment);
  return {
    payment,
    paid: isNew ? payment.cost : 0n,
    recognised: is.recognised - was.recognised,
    refunded: type === 'refund' ? was.recognised - is.recognised : 0n,
    deferred: is.deferred - was.deferred,
    breakage: is.breakage - was.breakage,
    revoked: is.revoked - was.revoked,
  };
}

/** What is the price of nothing is earned as it is booked. */
function withoutCredits({ accountNo, mode, entry }: BookedEntry, paid: Cost): Movement {
  const { amount: cost, scale, currency } = moneyOf(paid);
  const nothing = { granted: 0n, live: 0n, expired: 0n, revoked: 0n };
  const root = lotNumber(entry.seq, 0);
  const payment: Payment = { accountNo, root, mode, category: 'included', currency, scale, cost, ...nothing };
  return { payment, ...NOTHING, paid: cost, recognised: cost, refunded: 0n };
}

/** Whatever carries or replaces a lot belongs to the payment of that lot; what else has a cost is a payment. */
function addMadeLots({ accountNo, mode, entry }: BookedEntry, lots: PaidLots): Payment[] {
  const replaced = isGivingBack(entry) ? replacedLots(entry, lots) : [];
  const payments: Payment[] = [];
  entry.made.forEach((terms, index) => {
    if (terms.cost === null) return;
    const no = lotNumber(entry.seq, index);
    const isNew = terms.carriedFrom === null && !isGivingBack(entry);
    const origin = terms.carriedFrom === null ? replaced.shift() : lots.get(terms.carriedFrom);
    const payment = isNew ? paymentOf(accountNo, mode, no, terms) : origin?.payment;
    if (payment === undefined) throw new Error(`lot ${no} of account ${accountNo} comes of no payment`);
    if (isNew) payments.push(payment);
    const { subscription = null, through = null } = terms.plan ?? {};
    lots.put({ no, payment, expiresAt: terms.expiresAt, subscription, through });
  });
  return payments;
}

/** What ends with a period that is closed has ended, whatever its own end says. */
function closeLots({ subscription: change, effectiveAt }: Entry, lots: PaidLots): void {
  if (change?.closes === undefined) return;
  for (const lot of lots.of(change.id)) {
    const isClosed = lot.through !== null && lot.through <= change.closes;
    if (isClosed && !isOver(lot, effectiveAt)) lots.put({ ...lot, expiresAt: effectiveAt });
  }
}

function paymentOf(accountNo: number, mode: Mode, root: number, { category, cost, granted }: LotTerms): Payment {
  const { amount, scale, currency } = moneyOf(cost!);
  const state = { live: 0n, expired: 0n, revoked: 0n };
  return { accountNo, root, mode, category, currency, scale, cost: amount, granted, ...state };
}

/** A refund or reinstatement makes a new lot for each part whose lot is over, in the order of the parts, with its cost. */
function replacedLots({ seq, lots: changes, effectiveAt }: Entry, lots: PaidLots): PaidLot[] {
  return changes
    .filter(({ lot, amount }) => amount > 0n && lot < lotNumber(seq, 0))
    .map(({ lot }) => lots.get(lot))
    .filter(lot => lot !== undefined && isOver(lot, effectiveAt)) as PaidLot[];
}

function isOver({ expiresAt }: PaidLot, at: Moment): boolean {
  return expiresAt !== null && expiresAt <= at;
}

function isGivingBack({ type }: Entry): boolean {
  return type === 'refund' || type === 'reinstate';
}

/**
 * How much of a lot expired: at its end, or as a hold ends behind that, less what was carried; or as it is given back in a
 * unit that a plan limits, where nothing replaces what has ended.
 */
function expiredOf(entry: Entry, { lot: no, amount, remaining, held }: LotChange, lot: PaidLot): bigint {
  if (entry.deltas.expired === 0n) return 0n;
  if (isGivingBack(entry)) return isOver(lot, entry.effectiveAt) ? amount : 0n;
  if (entry.reservation === null) return -remaining;
  if (held >= 0n) return 0n;
  const back = -held - (entry.type === 'commit' ? amount : 0n);
  // What did not arrive of a lot that is not over has paid debt. A hold that ends with a lot comes before it.
  const at = entry.type === 'expire' ? entry.effectiveAt - 1 : entry.effectiveAt;
  if (entry.deltas.debt < 0n && !isOver(lot, at)) return 0n;
  let carried = 0n;
  for (const made of entry.made) if (made.carriedFrom === no) carried += made.granted;
  return back - remaining - carried;
}
