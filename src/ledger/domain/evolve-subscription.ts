import { lotNumber, type AccountState } from './account.js';
import { isRemembered } from './allowance.js';
import type { Entry } from './entry.js';
import type { LotPlan } from './lot-plan.js';
import {
  isFallback,
  isLive,
  MAX_PAST_SUBSCRIPTIONS,
  type OpenWindow,
  type PlanLot,
  type Subscription,
  subscriptionDueAt,
  type SubscriptionChange,
} from './subscription.js';

/** What an entry does to the account's subscriptions; called once the entry has moved the lots. */
export function evolveSubscriptions(state: AccountState, entry: Entry): void {
  if (entry.subscription !== null && entry.subscription.paid === undefined)
    changeSubscription(state, entry, entry.subscription);
  entry.made.forEach((terms, index) => {
    if (terms.plan !== null) noteLot(state, entry, index, terms.plan);
  });
  if (entry.type === 'expire' && entry.reservation === null && state.subscriptions.size > 0)
    noteTakenBack(state, entry);
}

function changeSubscription(state: AccountState, { seq, effectiveAt }: Entry, change: SubscriptionChange): void {
  const before = state.subscriptions.get(change.id);
  const { closes, ...changed } = change;
  const after: Subscription = before === undefined ? opened(change, seq) : { ...before, ...changed };
  const closed = closes === undefined ? {} : { closedThrough: closes, closedAt: effectiveAt };
  const lots = remembered(state, after.lots, effectiveAt);
  put(state, { ...after, ...closed, lots, windows: stillLimited(after, effectiveAt) });
  const dueAt = subscriptionDueAt(after);
  if (dueAt < state.dueBound) state.dueBound = dueAt;
  state.windowBound = 0;
  if (!isLive(after)) forgetPast(state);
}

function opened(change: SubscriptionChange, seq: number): Subscription {
  const { id, terms, anchor, period, status, cancelAtEnd, next, had } = change;
  if (terms === undefined || anchor === undefined || period === undefined || status === undefined) {
    throw new Error(`entry ${seq} changes subscription ${id}, which never began`);
  }
  return {
    id,
    terms,
    anchor,
    period,
    status,
    cancelAtEnd: cancelAtEnd ?? false,
    next: next ?? null,
    had: had ?? [],
    closedThrough: 0,
    closedAt: 0,
    windows: new Map(),
    lots: new Map(),
  };
}

function noteLot(state: AccountState, { seq, unit, made, effectiveAt }: Entry, index: number, plan: LotPlan): void {
  const subscription = state.subscriptions.get(plan.subscription);
  // Its record may have made room for others: the lot is then like any other.
  if (subscription === undefined) return;
  const { granted, expiresAt, carriedFrom } = made[index]!;
  const { through, rollover, window } = plan;
  const lots = remembered(state, subscription.lots, effectiveAt);
  lots.set(lotNumber(seq, index), { unit: unit!, expiresAt, carried: carriedFrom !== null, through, rollover, window });
  if (window === null) return put(state, { ...subscription, lots });
  const before = subscription.windows.get(unit!);
  const isSame = before !== undefined && before.start === window.start && before.end === window.end;
  // What was used of a plan without a price stays used, however its windows are cut now.
  const lasts = before !== undefined && (before.end === null || before.end > effectiveAt) && !subscription.terms.paid;
  const given = isSame || lasts ? before.given : 0n;
  const windows = new Map(subscription.windows).set(unit!, { ...window, given: given + granted });
  put(state, { ...subscription, lots, windows });
}

/** What is taken out of a window before its end was never given. */
function noteTakenBack(state: AccountState, { unit, lots, effectiveAt }: Entry): void {
  for (const { lot, amount } of lots) {
    for (const subscription of state.subscriptions.values()) {
      const window = subscription.lots.get(lot)?.window;
      if (window === undefined || window === null) continue;
      const open = subscription.windows.get(unit!);
      const isOpen = open !== undefined && open.start === window.start && open.end === window.end;
      if (!isOpen || (open.end !== null && open.end <= effectiveAt)) continue;
      const windows = new Map(subscription.windows).set(unit!, { ...open, given: open.given - amount });
      put(state, { ...subscription, windows });
    }
  }
}

/** Lots that can matter no more are forgotten: over and gone, or carried without end and gone. */
function remembered(state: AccountState, lots: Subscription['lots'], now: number): Map<number, PlanLot> {
  const kept = new Map<number, PlanLot>();
  for (const [no, lot] of lots) {
    const over = lot.expiresAt === null ? lot.carried : lot.expiresAt <= now;
    if (!over || isThere(state, lot.unit, no)) kept.set(no, lot);
  }
  return kept;
}

/** What was had of a window is remembered until its end, whether the plan still has the limit or not. */
function stillLimited({ windows, terms }: Subscription, now: number): Subscription['windows'] {
  const kept = new Map<string, OpenWindow>();
  for (const [unit, window] of windows) {
    const lasts = window.end === null || window.end > now;
    if (lasts || terms.limits.some(limit => limit.unit === unit)) kept.set(unit, window);
  }
  return kept;
}

function isThere(state: AccountState, unit: string, no: number): boolean {
  return state.units.get(unit)?.lots.some(lot => lot.no === no) ?? false;
}

/** Those go first that say nothing of what was given already, the longest ended before the others. */
function forgetPast(state: AccountState): void {
  const past = [...state.subscriptions.values()].filter(subscription => !isLive(subscription));
  if (past.length <= MAX_PAST_SUBSCRIPTIONS) return;
  const rank = (each: Subscription): number =>
    isFallback(each.id) || isRemembered(each, state.lastEffectiveAt) ? 1 : 0;
  const [oldest] = past.sort((a, b) => rank(a) - rank(b) || a.closedAt - b.closedAt || (a.id < b.id ? -1 : 1));
  state.subscriptions.delete(oldest!.id);
  state.recalled.subscriptions.add(oldest!.id);
}

function put(state: AccountState, subscription: Subscription): void {
  state.subscriptions.set(subscription.id, subscription);
  state.recalled.subscriptions.add(subscription.id);
}
