import { beginningOf, hadWith } from './allowance.js';
import { nextBoundary } from './calendar.js';
import { closePeriod } from './close-period.js';
import type { Draft } from './draft.js';
import { fallBack, letFallbackWait } from './fallback.js';
import { asGivenAnew } from './overrides.js';
import type { PlanTerms } from './plan-terms.js';
import { changeSubscription } from './start-period.js';
import type { PlannedPeriod, Subscription } from './subscription.js';

/** Closes the period and begins the next, on the same terms or on others. */
export function beginNext(draft: Draft, subscription: Subscription, next: PlannedPeriod, terms: PlanTerms): void {
  const { id, period } = subscription;
  const { span, anchor, grants } = beginningOf(draft.state, terms, next, draft.at);
  if (terms.plan !== subscription.terms.plan) letFallbackWait(draft, terms);
  closePeriod(draft, subscription, span.end);
  const begun = asGivenAnew(terms);
  const change = {
    id,
    ...(begun === subscription.terms ? {} : { terms: begun }),
    // What was tried out begins to count when it is paid for.
    ...(subscription.status === 'trialing' ? { status: 'active' as const, anchor: span.start } : {}),
    ...(anchor === null ? {} : { anchor }),
    ...(subscription.cancelAtEnd ? { cancelAtEnd: false } : {}),
    ...(subscription.next === null ? {} : { next: null }),
    period: { no: period.no + 1, ...span },
    closes: period.no,
    had: hadWith(terms.plan, subscription, draft.at),
  };
  changeSubscription(draft, subscription, change, { grants, cost: next.cost });
}

/** What time does to a subscription whose moment came: it ends, becomes what was planned, or renews by itself. */
export function settleSubscription(draft: Draft, subscription: Subscription): void {
  const { terms, period, anchor, next, cancelAtEnd } = subscription;
  if (cancelAtEnd) return endSubscription(draft, subscription);
  if (next !== null && next.period !== null && next.period.start <= draft.at)
    return beginNext(draft, subscription, next.period, next.terms);
  if (terms.paid) return endSubscription(draft, subscription);
  const from = subscription.status === 'trialing' ? period.end : anchor;
  beginNext(draft, subscription, { start: period.end, end: nextBoundary(terms.period, from, period.end) }, terms);
}

/** Closes the period, ends the subscription, and falls back. */
export function endSubscription(draft: Draft, subscription: Subscription): void {
  const { id, period } = subscription;
  closePeriod(draft, subscription, null);
  const change = {
    id,
    status: 'ended' as const,
    ...(subscription.cancelAtEnd ? { cancelAtEnd: false } : {}),
    ...(subscription.next === null ? {} : { next: null }),
    closes: period.no,
  };
  changeSubscription(draft, subscription, change, { grants: 'none' });
  fallBack(draft, subscription);
}
