import { lotNumber, unitOf, type AccountState, type Lot, type LotTerms, type Moment } from './account.js';
import { least } from './burn-order.js';
import { nextBoundary } from './calendar.js';
import type { Draft } from './draft.js';
import type { LotChange } from './entry.js';
import { lotsEnd, type PlanLot, type Subscription } from './subscription.js';

/** Carried lots of one unit that may live side by side; one more takes in the youngest of them and lives as long as the new. */
const MAX_CARRIED_LOTS = 36;

export interface FoundPlanLot {
  readonly subscription: Subscription;
  readonly plan: PlanLot;
}

/** The subscription that gave a lot, and what it knows of it. */
export function planOf(state: AccountState, no: number): FoundPlanLot | null {
  for (const subscription of state.subscriptions.values()) {
    const plan = subscription.lots.get(no);
    if (plan !== undefined) return { subscription, plan };
  }
  return null;
}

/** A lot is over at its end, one of a subscription once its last period is closed, and overage from the beginning. */
export function isOver(state: AccountState, lot: Pick<Lot, 'no' | 'expiresAt' | 'overage'>, now: Moment): boolean {
  if (lot.overage !== undefined) return true;
  if (lot.expiresAt !== null && lot.expiresAt <= now) return true;
  if (state.subscriptions.size === 0) return false;
  const found = planOf(state, lot.no);
  return found !== null && found.plan.through !== null && found.plan.through <= found.subscription.closedThrough;
}

/** The end of the period that is about to begin, where it is known already. */
export type NextEnd = Moment | null;

/**
 * The lot that carries what the plan's rule lets through of `left`, or null where nothing is carried.
 * @param alsoCarried what this very closing carries already in the unit
 */
export function carriedByPlan(
  state: AccountState,
  lot: Lot,
  { subscription, plan }: FoundPlanLot,
  left: bigint,
  at: Moment,
  nextEnd: NextEnd,
  alsoCarried: bigint,
): LotTerms | null {
  const rule = plan.rollover;
  if (rule === null || plan.through === null) return null;
  const through = rule.periods === null ? null : plan.through + rule.periods;
  if (through !== null && through <= subscription.closedThrough) return null;
  const ends: Moment[] = [];
  if (rule.carryMs !== null) ends.push(closedAt(lot, plan, subscription, at) + rule.carryMs);
  if (through !== null) ends.push(endOfPeriod(subscription, through, nextEnd));
  const expiresAt = ends.length === 0 ? null : Math.min(...ends);
  if (expiresAt !== null && expiresAt <= at) return null;
  let granted = (left * BigInt(rule.percent)) / 100n;
  if (rule.cap !== null) {
    granted = least(granted, rule.cap - lot.carried);
    granted = least(granted, rule.cap - carriedAlive(state, subscription, lot.unit, plan.through, at) - alsoCarried);
  }
  if (granted <= 0n) return null;
  const { unit, category, priority, appliesTo, cost } = lot;
  const ofPlan = { subscription: subscription.id, through, rollover: null, window: null };
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
    plan: ofPlan,
  };
}

/** The moment that closed the lot, or closes it now. */
function closedAt({ expiresAt }: Lot, { through }: PlanLot, subscription: Subscription, at: Moment): Moment {
  const moment = through! <= subscription.closedThrough ? subscription.closedAt : at;
  return expiresAt !== null && expiresAt < moment ? expiresAt : moment;
}

/** Until when credits live that end with the period of this number, as far as can be told before it begins. */
function endOfPeriod({ period, terms, anchor }: Subscription, no: number, nextEnd: NextEnd): Moment {
  let { end } = period;
  let reached = period.no;
  if (nextEnd !== null && reached < no) {
    end = nextEnd;
    reached++;
  }
  for (; reached < no; reached++) end = nextBoundary(terms.period, anchor, end);
  return lotsEnd(terms, end);
}

/** What earlier closings carried and still lives, but for what ends with the period that is being closed. */
function carriedAlive(
  state: AccountState,
  subscription: Subscription,
  unit: string,
  through: number,
  at: Moment,
): bigint {
  let sum = 0n;
  for (const lot of unitOf(state, unit).lots) {
    const plan = subscription.lots.get(lot.no);
    if (plan === undefined || !plan.carried) continue;
    const ends = (plan.through !== null && plan.through <= through) || (lot.expiresAt !== null && lot.expiresAt <= at);
    if (!ends) sum += lot.remaining + lot.held;
  }
  return sum;
}

/** Lots that one closing takes together: of one subscription, one unit, in the order of their numbers. */
export interface Closing {
  readonly subscription: Subscription;
  readonly unit: string;
  readonly lots: readonly Lot[];
}

/** What is left is carried by the rule into one lot, and into one for each that was paid for; the rest expires. */
export function closeLots(draft: Draft, closing: Closing, nextEnd: NextEnd): void {
  const left = new Map(closing.lots.map(lot => [lot.no, lot.remaining]));
  let carried = 0n;
  for (const lots of byPayment(closing.lots)) {
    for (const { lot, amount } of carry(draft, { ...closing, lots }, nextEnd, carried)) {
      left.set(lot, left.get(lot)! - amount);
      carried += amount;
    }
  }
  for (const [no, rest] of left) draft.expire(closing.unit, no, rest);
}

/** What was paid for two lots is not told apart any more once they are one. */
function byPayment(lots: readonly Lot[]): (readonly Lot[])[] {
  const free = lots.filter(({ cost }) => cost === null);
  const paid = lots.filter(({ cost }) => cost !== null).map(lot => [lot]);
  return free.length === 0 ? paid : [free, ...paid];
}

/** @returns what was carried of each of these lots */
function carry(
  draft: Draft,
  { subscription, unit, lots }: Closing,
  nextEnd: NextEnd,
  alsoCarried: bigint,
): readonly LotChange[] {
  const { state, at } = draft;
  let made: LotTerms | null = null;
  let carried = 0n;
  const changes: LotChange[] = [];
  for (const lot of lots) {
    if (lot.remaining === 0n) continue;
    const found = { subscription, plan: subscription.lots.get(lot.no)! };
    const terms = carriedByPlan(state, lot, found, lot.remaining, at, nextEnd, alsoCarried + carried);
    if (terms === null) continue;
    made ??= terms;
    carried += terms.granted;
    changes.push({ lot: lot.no, amount: terms.granted, remaining: -terms.granted, held: 0n });
  }
  if (made === null) return [];
  const own = [...changes];
  for (const lot of takenIn(draft, subscription, made)) {
    const remaining = draft.remainingOf(lot);
    carried += remaining;
    changes.push({ lot: lot.no, amount: remaining, remaining: -remaining, held: 0n });
  }
  changes.push({ lot: lotNumber(draft.nextSeq, 0), amount: 0n, remaining: carried, held: 0n });
  draft.add({ type: 'rollover', unit, amount: carried, lots: changes, made: [{ ...made, granted: carried }] });
  return own;
}

/** Earlier carried lots that become part of the new one: where neither ever ends, or where there are too many. */
function takenIn(draft: Draft, subscription: Subscription, made: LotTerms): Lot[] {
  const alike = unitOf(draft.state, made.unit).lots.filter(lot => {
    const plan = subscription.lots.get(lot.no);
    if (plan === undefined || !plan.carried || draft.remainingOf(lot) === 0n) return false;
    const ends = plan.through !== null && plan.through <= subscription.period.no;
    return !ends && isAlike(lot, made);
  });
  const isFree = made.cost === null;
  if (made.expiresAt === null && isFree) {
    return alike.filter(({ expiresAt, cost }) => expiresAt === null && cost === null);
  }
  if (alike.length < MAX_CARRIED_LOTS) return [];
  return alike.sort((a, b) => b.no - a.no).slice(0, 1);
}

function isAlike(lot: Lot, made: LotTerms): boolean {
  return lot.priority === made.priority && JSON.stringify(lot.appliesTo) === JSON.stringify(made.appliesTo);
}
