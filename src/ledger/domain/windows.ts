import type { AccountState, Moment } from './account.js';
import { spanAt } from './calendar.js';
import { Draft } from './draft.js';
import type { Entry } from './entry.js';
import { evolve } from './evolve.js';
import type { PlanLimit } from './plan-terms.js';
import { isLive, lotsEnd, type OpenWindow, type PlanLot, type Subscription } from './subscription.js';

/** Lots of limits burn in the order of their ends; no other lots are in a limit's unit as a rule. */
const WINDOW_PRIORITY = 50;

const NONE: readonly Entry[] = [];

/** The window of a limit at a moment, and until when what fills it lives. */
export interface LimitSpan {
  readonly start: Moment;
  /** Null: never. */
  readonly end: Moment | null;
  readonly lotEnd: Moment | null;
  /** The period with which it ends, if it does. */
  readonly through: number | null;
}

/**
 * Fills the windows that a moment lies in and that nobody touched yet, and evolves the account. For whoever reads or
 * writes it: a window that nobody touches leaves no entry, so limits of idle accounts cost nothing.
 */
export function openWindows(state: AccountState, now: Moment, recordedAt: Moment): readonly Entry[] {
  if (now < state.windowBound) return NONE;
  const entries: Entry[] = [];
  let bound = Infinity;
  for (const subscription of inOrder(state)) {
    if (!isLive(subscription)) continue;
    for (const limit of subscription.terms.limits) {
      const span = limitSpan(subscription, limit, now);
      if (span.lotEnd !== null && span.lotEnd < bound) bound = span.lotEnd;
      if (isSame(subscription.windows.get(limit.unit), span)) continue;
      // The window's own start, unless something happened to the account since.
      const draft = new Draft(state, Math.max(span.start, state.lastEffectiveAt), recordedAt);
      fill(draft, subscription, limit, span, limit.amount);
      for (const entry of draft.entries) {
        evolve(state, entry);
        entries.push(entry);
      }
    }
  }
  state.windowBound = bound;
  return entries;
}

/**
 * Brings the windows of a subscription to what its limits say now: opens those that are not, raises and lowers those
 * that are. What was used in a window stays used.
 * @param subscription as the draft will leave it, its lots and windows as they are
 */
export function adjustWindows(draft: Draft, subscription: Subscription): void {
  for (const limit of subscription.terms.limits) {
    const span = limitSpan(subscription, limit, draft.at);
    const open = subscription.windows.get(limit.unit);
    const given = open !== undefined && isSame(open, span) ? open.given : 0n;
    if (limit.amount >= given) fill(draft, subscription, limit, span, limit.amount - given);
    else lower(draft, subscription, limit.unit, given - limit.amount);
  }
}

/** Whether the window that is open there is this one still. */
function isSame(open: OpenWindow | undefined, span: Pick<LimitSpan, 'start' | 'end'>): boolean {
  return open !== undefined && open.start === span.start && open.end === span.end;
}

function limitSpan({ period, terms, anchor }: Subscription, { window }: PlanLimit, now: Moment): LimitSpan {
  switch (window.every) {
    case 'billing_period':
      return { start: period.start, end: period.end, lotEnd: lotsEnd(terms, period.end), through: period.no };
    case 'lifetime':
      return { start: 0, end: null, lotEnd: null, through: null };
    default: {
      const { start, end } = spanAt(window, anchor, now);
      return { start, end, lotEnd: end, through: null };
    }
  }
}

/** What was used of a limit in the window of this moment, what is held included, and when the window ends; null: never. */
export function limitUse(
  state: AccountState,
  subscription: Subscription,
  limit: PlanLimit,
  now: Moment,
): { readonly used: bigint; readonly resetsAt: Moment | null } {
  const span = limitSpan(subscription, limit, now);
  const open = subscription.windows.get(limit.unit);
  if (open === undefined || !isSame(open, span)) return { used: 0n, resetsAt: span.lotEnd };
  return { used: usedOf(state, subscription, limit.unit, open), resetsAt: span.lotEnd };
}

/** What was given for the window and is not there to be spent any more. */
export function usedOf(state: AccountState, { lots }: Subscription, unit: string, open: OpenWindow): bigint {
  let used = open.given;
  for (const lot of state.units.get(unit)?.lots ?? []) {
    const window = lots.get(lot.no)?.window ?? null;
    if (window !== null && isSame(open, window)) used -= lot.remaining;
  }
  return used;
}

/** Whether the unit is one that a limit fills, of any subscription that is on record. */
export function isLimited(state: AccountState, unit: string): boolean {
  for (const { windows } of state.subscriptions.values()) if (windows.has(unit)) return true;
  return false;
}

/** The order in which time looks at subscriptions: the same, however the account was read. */
export function inOrder(state: AccountState): readonly Subscription[] {
  return [...state.subscriptions.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function fill(draft: Draft, { id }: Subscription, { unit }: PlanLimit, span: LimitSpan, amount: bigint): void {
  if (amount <= 0n) return;
  const { start, end, lotEnd, through } = span;
  draft.grant({
    unit,
    category: 'included',
    priority: WINDOW_PRIORITY,
    granted: amount,
    expiresAt: lotEnd,
    appliesTo: null,
    cost: null,
    rollover: null,
    carriedFrom: null,
    plan: { subscription: id, through, rollover: null, window: { start, end } },
  });
}

/** Takes what it can of the window's lots, the youngest first; what is held or spent cannot be taken. */
function lower(draft: Draft, { lots, windows }: Subscription, unit: string, amount: bigint): void {
  const open = windows.get(unit);
  const isOfWindow = (plan: PlanLot | undefined): boolean =>
    plan !== undefined && plan.window !== null && isSame(open, plan.window);
  let left = amount;
  const live = draft.state.units.get(unit)?.lots ?? [];
  for (const lot of live.filter(({ no }) => isOfWindow(lots.get(no))).sort((a, b) => b.no - a.no)) {
    const taken = left < lot.remaining ? left : lot.remaining;
    draft.expire(unit, lot.no, taken);
    left -= taken;
  }
}
