import type { Lot, Moment } from './account.js';
import { closeLots, type NextEnd } from './plan-carry.js';
import type { Draft } from './draft.js';
import type { PlanLot, Subscription } from './subscription.js';

/** Closes the period: each of its lots is carried by its rule, what earlier periods carried into it and no further expires. */
export function closePeriod(draft: Draft, subscription: Subscription, nextEnd: NextEnd): void {
  const isOfPeriod = ({ through }: PlanLot): boolean => through !== null && through <= subscription.period.no;
  for (const [unit, lots] of lotsByUnit(draft, subscription, isOfPeriod)) {
    closeLots(draft, { subscription, unit, lots }, nextEnd);
  }
}

/** Takes what is left of the period's credits, carried ones apart: nothing of them is carried. */
export function dropPeriod(draft: Draft, subscription: Subscription): void {
  for (const [unit, lots] of lotsByUnit(draft, subscription, isGrantOfPeriod(subscription))) {
    for (const lot of lots) draft.expire(unit, lot.no, lot.remaining);
  }
}

/** Takes the share of each of the period's grants that stands for time still to come, as far as it is there. */
export function takeUnusedTime(draft: Draft, subscription: Subscription): void {
  const { start, end } = subscription.period;
  for (const [unit, lots] of lotsByUnit(draft, subscription, isGrantOfPeriod(subscription))) {
    for (const lot of lots) {
      const unused = shareOf(lot.granted, end - draft.at, end - start);
      draft.expire(unit, lot.no, unused < lot.remaining ? unused : lot.remaining);
    }
  }
}

/**
 * Takes what is left of the windows of these limits.
 * @param through the number of the last period that the draft has closed: its lots are gone already
 */
export function closeWindows(
  draft: Draft,
  subscription: Subscription,
  isClosed: (unit: string) => boolean,
  through: number,
): void {
  const isThere = (lot: PlanLot): boolean => lot.through === null || lot.through > through;
  const isWindow = (lot: PlanLot): boolean =>
    lot.window !== null && lot.window.end !== null && isThere(lot) && isClosed(lot.unit);
  for (const [unit, lots] of lotsByUnit(draft, subscription, isWindow)) {
    for (const lot of lots) draft.expire(unit, lot.no, lot.remaining);
  }
}

/** `amount × part ÷ whole`, rounded down; nothing where the part is over, all where it is not begun. */
export function shareOf(amount: bigint, part: Moment, whole: Moment): bigint {
  if (part <= 0) return 0n;
  return part >= whole ? amount : (amount * BigInt(part)) / BigInt(whole);
}

function isGrantOfPeriod({ period }: Subscription): (lot: PlanLot) => boolean {
  return ({ through, carried, window }) => window === null && !carried && through !== null && through <= period.no;
}

/** Live lots of the subscription, by unit in the order of the units' names, in the order of their numbers. */
function lotsByUnit(
  { state }: Draft,
  subscription: Subscription,
  which: (lot: PlanLot) => boolean,
): readonly (readonly [unit: string, lots: readonly Lot[]])[] {
  const found = new Map<string, Lot[]>();
  for (const [no, plan] of subscription.lots) {
    if (!which(plan)) continue;
    const lot = state.units.get(plan.unit)?.lots.find(candidate => candidate.no === no);
    if (lot === undefined) continue;
    const those = found.get(plan.unit);
    if (those === undefined) found.set(plan.unit, [lot]);
    else those.push(lot);
  }
  for (const lots of found.values()) lots.sort((a, b) => a.no - b.no);
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}
