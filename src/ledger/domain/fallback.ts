import { nextBoundary, spanAt } from './calendar.js';
import { closePeriod } from './close-period.js';
import type { Draft } from './draft.js';
import type { PlanTerms } from './plan-terms.js';
import { changeSubscription } from './start-period.js';
import {
  fallbackId,
  isFallback,
  isLive,
  type OpenWindow,
  type Subscription,
  type SubscriptionPeriod,
} from './subscription.js';
import { inOrder, usedOf } from './windows.js';

/**
 * Starts or takes up what the account falls back to when a subscription ends, unless another lives that is on that plan
 * or would fall back to it. Its periods are anchored once: coming back within one that was had gives nothing again.
 * @param ending the subscription that ends with the draft
 */
export function fallBack(draft: Draft, ending: Subscription): void {
  const terms = ending.terms.fallback;
  if (terms === null) return;
  const others = inOrder(draft.state).filter(other => other.id !== ending.id);
  if (others.some(other => isLive(other) && isServed(other, terms.plan))) return;
  const id = fallbackId(terms.plan);
  const before = draft.state.subscriptions.get(id);
  const known = before ?? had(others, terms.plan, draft);
  if (known === undefined) return begin(draft, id, terms);
  const { period, anchor } = known;
  if (before === undefined) return takeOver(draft, id, terms, known);
  if (draft.at < period.end)
    return changeSubscription(draft, before, { id, terms, status: 'active' }, { grants: 'none' });
  const next = { no: period.no + 1, ...spanAt(terms.period, anchor, draft.at) };
  closePeriod(draft, before, next.end);
  const change = { id, terms, status: 'active', period: next, closes: period.no, had: [terms.plan] } as const;
  changeSubscription(draft, before, change, { grants: 'all' });
}

/** A fallback waits while a subscription lives that would fall back to it. What it gave lives to its end. */
export function letFallbackWait(draft: Draft, terms: PlanTerms): void {
  if (terms.fallback === null) return;
  const waiting = draft.state.subscriptions.get(fallbackId(terms.fallback.plan));
  if (waiting === undefined || !isLive(waiting)) return;
  changeSubscription(draft, waiting, { id: waiting.id, status: 'waiting' }, { grants: 'none' });
}

/**
 * Before another plan takes the place of one: what it falls back to waits. Who leaves a plan for one that falls back to
 * it has had its period, so the fallback begins where they left.
 */
export function letFallbackWaitFor(draft: Draft, left: Subscription, terms: PlanTerms): void {
  const { fallback } = terms;
  if (fallback === null || fallback.plan !== left.terms.plan || isFallback(left.id))
    return letFallbackWait(draft, terms);
  const id = fallbackId(fallback.plan);
  const before = draft.state.subscriptions.get(id);
  if (before !== undefined && before.period.end >= left.period.end) return letFallbackWait(draft, terms);
  const no = before === undefined ? 1 : before.period.no + 1;
  const period: SubscriptionPeriod = { no, start: left.period.start, end: left.period.end };
  const change = { id, terms: fallback, anchor: left.anchor, period, status: 'waiting', had: [fallback.plan] } as const;
  changeSubscription(draft, before, { ...change, windows: windowsUsed(draft, left) }, { grants: 'none' });
}

/** The windows of a subscription as if what is left in them had never been given. */
function windowsUsed({ state }: Draft, left: Subscription): ReadonlyMap<string, OpenWindow> {
  const used = new Map<string, OpenWindow>();
  for (const [unit, open] of left.windows) used.set(unit, { ...open, given: usedOf(state, left, unit, open) });
  return used;
}

function isServed({ terms }: Subscription, plan: string): boolean {
  return terms.plan === plan || terms.fallback?.plan === plan;
}

function begin(draft: Draft, id: string, terms: PlanTerms): void {
  const period = { no: 1, start: draft.at, end: nextBoundary(terms.period, draft.at, draft.at) };
  const change = { id, terms, anchor: draft.at, period, status: 'active', had: [terms.plan] } as const;
  changeSubscription(draft, undefined, change, { grants: 'all' });
}

/** A subscription of the caller's that ended on that very plan, within a period that it has had. */
function had(others: readonly Subscription[], plan: string, { at }: Draft): Subscription | undefined {
  return others.find(({ status, terms, period }) => status === 'ended' && terms.plan === plan && period.end > at);
}

function takeOver(draft: Draft, id: string, terms: PlanTerms, { anchor, period, windows }: Subscription): void {
  const change = { id, terms, anchor, period: { ...period, no: 1 }, status: 'active', had: [terms.plan] } as const;
  changeSubscription(draft, undefined, { ...change, windows }, { grants: 'none' });
}
