import { allowanceOf, hadWith } from './allowance.js';
import { nextBoundary, spanAt } from './calendar.js';
import { closePeriod } from './close-period.js';
import type { Draft } from './draft.js';
import type { PlanTerms } from './plan-terms.js';
import { changeSubscription } from './start-period.js';
import { fallbackId, isLive, type Subscription } from './subscription.js';
import { inOrder } from './windows.js';

/**
 * Starts or takes up what the account falls back to when a subscription ends, unless another lives that is on that plan
 * or would fall back to it. Its periods are anchored once, but where it joins one that was had elsewhere.
 * @param ending the subscription that ends with the draft
 */
export function fallBack(draft: Draft, ending: Subscription): void {
  const terms = ending.terms.fallback;
  if (terms === null) return;
  const { state, at } = draft;
  const others = inOrder(state).filter(other => other.id !== ending.id);
  if (others.some(other => isLive(other) && isServed(other, terms.plan))) return;
  const id = fallbackId(terms.plan);
  const before = state.subscriptions.get(id);
  const had = allowanceOf(state, terms, at);
  if (before !== undefined && had !== null && before.period.end === had.until) {
    return changeSubscription(draft, before, { id, terms, status: 'active' }, { grants: 'none' });
  }
  const counted = before === undefined ? at : before.anchor;
  const span =
    before === undefined ? { start: at, end: nextBoundary(terms.period, at, at) } : spanAt(terms.period, counted, at);
  const period = { no: (before?.period.no ?? 0) + 1, ...(had === null ? span : { start: at, end: had.until }) };
  if (before !== undefined) closePeriod(draft, before, period.end);
  const change = {
    id,
    terms,
    anchor: had?.anchor ?? counted,
    period,
    status: 'active',
    had: hadWith(terms.plan, before, at),
    ...(before === undefined ? {} : { closes: before.period.no }),
  } as const;
  changeSubscription(draft, before, change, { grants: had === null ? 'all' : 'none' });
}

/** A fallback waits while a subscription lives that would fall back to it, or is on that plan. What it gave lives to its end. */
export function letFallbackWait(draft: Draft, terms: PlanTerms): void {
  for (const plan of new Set([terms.plan, terms.fallback?.plan ?? terms.plan])) {
    const waiting = draft.state.subscriptions.get(fallbackId(plan));
    if (waiting === undefined || !isLive(waiting)) continue;
    changeSubscription(draft, waiting, { id: waiting.id, status: 'waiting' }, { grants: 'none' });
  }
}

function isServed({ terms }: Subscription, plan: string): boolean {
  return terms.plan === plan || terms.fallback?.plan === plan;
}
