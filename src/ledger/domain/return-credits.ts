import {
  lotNumber,
  lotOf,
  unitOf,
  type AccountState,
  type Lot,
  type LotPart,
  type LotTerms,
  type Moment,
  type ReservationLine,
} from './account.js';
import { burnsBefore, least } from './burn-order.js';
import type { LotChange } from './entry.js';
import { carriedByPlan, isOver, planOf } from './plan-carry.js';

/** Credits on their way back to available, into an existing lot or one that this entry makes. */
export interface Incoming {
  readonly lot: Pick<Lot, 'no' | 'priority' | 'expiresAt' | 'category'>;
  readonly amount: bigint;
}

/** What arrives in each lot once debt was paid, and how much debt that was. */
export interface Arrived {
  readonly remaining: ReadonlyMap<number, bigint>;
  readonly available: bigint;
  readonly debtPaid: bigint;
}

/** Whatever comes back pays debt first, in burn order: owing exists only where nothing is available. */
export function payDebtFirst(incoming: readonly Incoming[], debt: bigint): Arrived {
  const remaining = new Map<number, bigint>();
  let owed = debt;
  let available = 0n;
  const ordered = debt > 0n && incoming.length > 1 ? [...incoming].sort((a, b) => burnsBefore(a.lot, b.lot)) : incoming;
  for (const { lot, amount } of ordered) {
    const paid = least(owed, amount);
    owed -= paid;
    available += amount - paid;
    remaining.set(lot.no, (remaining.get(lot.no) ?? 0n) + amount - paid);
  }
  return { remaining, available, debtPaid: debt - owed };
}

/** One lot's share of a hold that ends: what was spent of it and what comes back. */
export interface Settled {
  readonly lot: number;
  readonly spent: bigint;
  readonly back: bigint;
}

export interface Returned {
  readonly changes: LotChange[];
  readonly made: LotTerms[];
  readonly available: bigint;
  readonly expired: bigint;
  readonly debtPaid: bigint;
}

/**
 * Takes held credits out of their hold: the spent share goes, the rest returns to its lot, or, where the lot is over,
 * is treated as its end would have treated it (carried up to what is left of the cap, the rest expires).
 * `share` says which of the two the entry's amount is about.
 */
export function settleHeld(
  state: AccountState,
  unit: string,
  settled: readonly Settled[],
  seq: number,
  isOver: (lot: Lot) => boolean,
  at: Moment,
  share: 'spent' | 'back',
): Returned {
  const made: LotTerms[] = [];
  const incoming: Incoming[] = [];
  let expired = 0n;
  for (const { lot: no, back } of settled) {
    if (back === 0n) continue;
    const lot = mustFind(state, unit, no);
    if (!isOver(lot)) {
      incoming.push({ lot, amount: back });
      continue;
    }
    const carried = carriedBack(state, lot, back, at, made);
    expired += back - (carried?.granted ?? 0n);
    if (carried === null) continue;
    incoming.push({ lot: { ...carried, no: lotNumber(seq, made.length) }, amount: carried.granted });
    made.push(carried);
  }
  const arrived = payDebtFirst(incoming, unitOf(state, unit).balance.debt);
  const changes: LotChange[] = settled.map(({ lot, spent, back }) => ({
    lot,
    amount: share === 'spent' ? spent : back,
    remaining: arrived.remaining.get(lot) ?? 0n,
    held: -(spent + back),
  }));
  made.forEach((_, index) => {
    const no = lotNumber(seq, index);
    changes.push({ lot: no, amount: 0n, remaining: arrived.remaining.get(no) ?? 0n, held: 0n });
  });
  return { changes, made, available: arrived.available, expired, debtPaid: arrived.debtPaid };
}

/** The lot that carries what its rule lets through of `left`, or null where nothing is carried. */
export function carriedLot(lot: Lot, left: bigint, at: Moment): LotTerms | null {
  const rule = lot.rollover;
  if (rule === null || lot.expiresAt === null) return null;
  const expiresAt = rule.carryMs === null ? null : lot.expiresAt + rule.carryMs;
  if (expiresAt !== null && expiresAt <= at) return null;
  const share = (left * BigInt(rule.percent)) / 100n;
  const granted = rule.cap === null ? share : least(share, rule.cap - lot.carried);
  if (granted <= 0n) return null;
  const { unit, category, priority, appliesTo, cost } = lot;
  return {
    unit,
    category,
    priority,
    granted,
    expiresAt,
    appliesTo,
    cost,
    rollover: null,
    carriedFrom: lot.no,
    plan: null,
  };
}

/** As the lot's end, or the closing of its period, would have carried it. */
function carriedBack(
  state: AccountState,
  lot: Lot,
  back: bigint,
  at: Moment,
  made: readonly LotTerms[],
): LotTerms | null {
  const found = planOf(state, lot.no);
  if (found === null) return carriedLot(lot, back, at);
  // The cap bounds it all together, what comes back beside it included.
  let also = 0n;
  for (const { plan, granted } of made) if (plan?.subscription === found.subscription.id) also += granted;
  return carriedByPlan(state, lot, found, back, at, null, also);
}

/** A command's view: a lot whose end has come is over. */
export function overAt(state: AccountState, now: Moment): (lot: Lot) => boolean {
  return lot => isOver(state, lot, now);
}

export function mustFind(state: AccountState, unit: string, no: number): Lot {
  const lot = lotOf(state, unit, no);
  if (lot === undefined) throw new Error(`lot ${no} was not recalled`);
  return lot;
}

/** What a line holds, first what burns first: a hold that grew may have drawn it in another order. */
export function heldInBurnOrder(state: AccountState, { unit, held }: ReservationLine): readonly LotPart[] {
  if (held.length < 2) return held;
  return [...held].sort((a, b) => burnsBefore(mustFind(state, unit, a.lot), mustFind(state, unit, b.lot)));
}

/** All of what a line still holds comes back. */
export function allBack(state: AccountState, line: ReservationLine): Settled[] {
  return heldInBurnOrder(state, line).map(({ lot, amount }) => ({ lot, spent: 0n, back: amount }));
}
