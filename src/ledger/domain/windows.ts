import type { AccountState, Moment } from './account.js';
import { sharesAllowance } from './allowance.js';
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
      // The window's own start, unless something happened to the account since, or its period begins ahead.
      const at = Math.min(now, Math.max(span.start, state.lastEffectiveAt));
      const draft = new Draft(state, at, recordedAt);
      const own = current(subscription, limit.unit, span, now)?.given ?? 0n;
      const elsewhere = givenElsewhere(draft, subscription, limit.unit, now);
      fill(draft, subscription, limit, span, limit.amount - own - elsewhere);
      // It may be to be filled as soon as what others have of it is over: who read the account later would do so.
      if (own + elsewhere > 0n && draft.entries.length === 0) bound = now;
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
    const open = current(subscription, limit.unit, span, draft.at);
    let given = open === undefined ? 0n : givenAfter(draft, subscription, limit.unit, open);
    // What is left of one that is cut another way now is given anew with the rest.
    if (open !== undefined && !isSame(open, span)) given -= lower(draft, subscription, limit.unit, given);
    const over = given + givenElsewhere(draft, subscription, limit.unit, draft.at) - limit.amount;
    if (over <= 0n) fill(draft, subscription, limit, span, -over);
    else if (open !== undefined && isSame(open, span)) lower(draft, subscription, limit.unit, over);
  }
}

/**
 * The window that is open: this one, or, of a plan without a price, one that was cut another way and lasts. What was used
 * in that stays used; a plan with a price is paid for anew.
 */
function current({ terms, windows }: Subscription, unit: string, span: LimitSpan, at: Moment): OpenWindow | undefined {
  const open = windows.get(unit);
  if (open === undefined || isSame(open, span)) return open;
  return !terms.paid && lasts(open, at) ? open : undefined;
}

/** Whether the window that is open there is this one still. */
function isSame(open: OpenWindow | undefined, span: Pick<LimitSpan, 'start' | 'end'> | null | undefined): boolean {
  return open !== undefined && open.start === span?.start && open.end === span.end;
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

/**
 * What others were given for windows of the unit that last beyond this moment, where they share the allowance of the
 * subscription's plan: an account is given it once.
 */
function givenElsewhere(draft: Draft, subscription: Subscription, unit: string, at: Moment): bigint {
  let given = 0n;
  for (const other of sharing(draft.state, subscription, at)) {
    const open = other.windows.get(unit);
    if (open === undefined || !lasts(open, at)) continue;
    given += givenAfter(draft, other, unit, open);
  }
  return given;
}

/** What was given for a window once the draft stands: what it takes out of it was never given. */
function givenAfter(draft: Draft, { lots }: Subscription, unit: string, open: OpenWindow): bigint {
  let { given } = open;
  for (const entry of draft.entries) {
    if (entry.type !== 'expire' || entry.unit !== unit || !lasts(open, draft.at)) continue;
    for (const { lot, amount } of entry.lots) if (isSame(open, lots.get(lot)?.window)) given -= amount;
  }
  return given;
}

function lasts({ end }: OpenWindow, at: Moment): boolean {
  return end === null || end > at;
}

/** Others that have the allowance of the same plan without a price, or had it in a period that still runs. */
export function sharing(state: AccountState, { id, terms }: Subscription, at: Moment): readonly Subscription[] {
  if (terms.paid) return [];
  return [...state.subscriptions.values()].filter(other => other.id !== id && sharesAllowance(other, terms.plan, at));
}

/** What was used of a limit in the window of this moment, what is held included, and when the window ends; null: never. */
export function limitUse(
  state: AccountState,
  subscription: Subscription,
  limit: PlanLimit,
  now: Moment,
): { readonly used: bigint; readonly resetsAt: Moment | null } {
  const span = limitSpan(subscription, limit, now);
  const own = current(subscription, limit.unit, span, now);
  let used = own === undefined ? 0n : usedOf(state, subscription, limit.unit, own);
  for (const other of sharing(state, subscription, now)) {
    const open = other.windows.get(limit.unit);
    if (open !== undefined && lasts(open, now)) used += usedOf(state, other, limit.unit, open);
  }
  return { used, resetsAt: span.lotEnd };
}

/** What was given for the window and is not there to be spent any more. */
function usedOf(state: AccountState, { lots }: Subscription, unit: string, open: OpenWindow): bigint {
  let used = open.given;
  for (const lot of state.units.get(unit)?.lots ?? []) {
    if (isSame(open, lots.get(lot.no)?.window)) used -= lot.remaining;
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

/** Takes what it can of the window's lots, the youngest first, and says how much; what is held or spent cannot be taken. */
function lower(draft: Draft, { lots, windows }: Subscription, unit: string, amount: bigint): bigint {
  const open = windows.get(unit);
  const isOfWindow = (plan: PlanLot | undefined): boolean =>
    plan !== undefined && plan.window !== null && isSame(open, plan.window);
  let left = amount;
  const live = draft.state.units.get(unit)?.lots ?? [];
  for (const lot of live.filter(({ no }) => isOfWindow(lots.get(no))).sort((a, b) => b.no - a.no)) {
    const there = draft.remainingOf(lot);
    const taken = left < there ? left : there;
    draft.expire(unit, lot.no, taken);
    left -= taken;
  }
  return amount - left;
}
