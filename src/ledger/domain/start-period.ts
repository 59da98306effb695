import type { Moment } from './account.js';
import { closeWindows, shareOf } from './close-period.js';
import type { Draft } from './draft.js';
import type { PlanGrant } from './plan-terms.js';
import { isLive, lotsEnd, type Subscription, type SubscriptionChange } from './subscription.js';
import { adjustWindows } from './windows.js';

/** How much of a period's grants a change gives. */
export interface Given {
  readonly grants: 'all' | 'none' | 'for_time_left';
}

/** Says what changes about a subscription, and gives what follows from it: its grants and its windows. */
export function changeSubscription(
  draft: Draft,
  before: Subscription | undefined,
  change: SubscriptionChange,
  { grants }: Given,
): void {
  draft.add({ type: 'subscribe', unit: null, amount: 0n, subscription: change });
  const after = changedBy(before, change);
  const limited = new Set(isLive(after) ? after.terms.limits.map(({ unit }) => unit) : []);
  if (before !== undefined) closeWindows(draft, before, unit => !limited.has(unit), change.closes ?? 0);
  if (!isLive(after)) return;
  if (grants !== 'none') {
    for (const grant of grantsOf(after)) givePeriodGrant(draft, after, grant, grants);
  }
  adjustWindows(draft, after);
}

/** The subscription once the change is evolved, but for what it forgets. */
function changedBy(before: Subscription | undefined, { closes, ...change }: SubscriptionChange): Subscription {
  return {
    cancelAtEnd: false,
    next: null,
    had: [],
    closedAt: 0,
    windows: new Map(),
    lots: new Map(),
    ...before,
    ...change,
    closedThrough: closes ?? before?.closedThrough ?? 0,
  } as Subscription;
}

function grantsOf({ status, terms }: Subscription): readonly PlanGrant[] {
  return status === 'trialing' ? (terms.trial?.grants ?? terms.grants) : terms.grants;
}

function givePeriodGrant(draft: Draft, after: Subscription, grant: PlanGrant, grants: Given['grants']): void {
  const { id, terms, period } = after;
  const { unit, amount, priority, rollover, appliesTo } = grant;
  const timeLeft: Moment = period.end - draft.at;
  const granted = grants === 'all' ? amount : shareOf(amount, timeLeft, period.end - period.start);
  if (granted <= 0n) return;
  draft.grant({
    unit,
    category: 'included',
    priority,
    granted,
    expiresAt: lotsEnd(terms, period.end),
    appliesTo,
    cost: null,
    rollover: null,
    carriedFrom: null,
    plan: { subscription: id, through: period.no, rollover, window: null },
  });
}
