import type { Cost, Moment } from './account.js';
import { closeWindows, shareOf } from './close-period.js';
import type { Draft } from './draft.js';
import type { PlanGrant } from './plan-terms.js';
import { isLive, lotsEnd, type Subscription, type SubscriptionChange } from './subscription.js';
import { adjustWindows } from './windows.js';

/** How much of a period's grants a change gives. */
export interface Given {
  readonly grants: 'all' | 'none' | 'for_time_left';
  /** What was paid for it, where that is known: on the first of its lots. */
  readonly cost?: Cost | undefined;
}

/** Says what changes about a subscription, and gives what follows from it: its grants and its windows. */
export function changeSubscription(
  draft: Draft,
  before: Subscription | undefined,
  change: SubscriptionChange,
  { grants, cost }: Given,
): void {
  draft.add({ type: 'subscribe', unit: null, amount: 0n, subscription: change });
  const after = changedBy(before, change);
  const limited = new Set(isLive(after) ? after.terms.limits.map(({ unit }) => unit) : []);
  if (before !== undefined) closeWindows(draft, before, unit => !limited.has(unit), change.closes ?? 0);
  if (!isLive(after)) return;
  if (grants !== 'none') givePeriod(draft, after, grantsOf(after), { grants, cost });
  adjustWindows(draft, after);
}

/** Gives these grants to the period the subscription is in. */
export function givePeriod(
  draft: Draft,
  { id, terms, period }: Subscription,
  given: readonly PlanGrant[],
  { grants, cost }: Given,
): void {
  let paid = cost ?? null;
  for (const { unit, amount, priority, rollover, appliesTo } of given) {
    const timeLeft: Moment = period.end - draft.at;
    const granted = grants === 'all' ? amount : shareOf(amount, timeLeft, period.end - period.start);
    if (granted <= 0n) continue;
    draft.grant({
      unit,
      category: 'included',
      priority,
      granted,
      expiresAt: lotsEnd(terms, period.end),
      appliesTo,
      cost: paid,
      rollover: null,
      carriedFrom: null,
      plan: { subscription: id, through: period.no, rollover, window: null },
    });
    paid = null;
  }
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
