import type { AccountState, Moment } from './account.js';
import type { Cancel } from './command.js';
import { Draft } from './draft.js';
import { accept, refuse, type Decision } from './refusal.js';
import { endSubscription } from './renew.js';
import { isFallback } from './subscription.js';

/** Ends a subscription, now or with its period. What ended already, or is about to, stays as it is. */
export function cancel(state: AccountState, command: Cancel, now: Moment, recordedAt: Moment): Decision {
  const subscription = state.subscriptions.get(command.subscription);
  if (subscription === undefined || isFallback(subscription.id)) {
    return refuse('subscription_not_found', 'no such subscription');
  }
  if (subscription.status === 'ended') return accept([]);
  const draft = new Draft(state, now, recordedAt);
  if (command.when === 'now') {
    endSubscription(draft, subscription);
  } else if (!subscription.cancelAtEnd) {
    // In its renewal grace the period is over: then the end is now.
    if (subscription.period.end <= now) endSubscription(draft, subscription);
    else {
      const { id, next } = subscription;
      const change = { id, cancelAtEnd: true, ...(next === null ? {} : { next: null }) };
      draft.add({ type: 'subscribe', unit: null, amount: 0n, subscription: change });
    }
  }
  return accept(draft.entries);
}
