import { isFallback } from '../../ledger/domain/subscription.js';
import { formatMoment } from '../../shared/moment.js';
import type { Happening } from '../event.js';
import type { SubscriptionLevel } from './followed-subscriptions.js';

/** What an entry made of a subscription. */
export interface SubscriptionChanged {
  readonly id: string;
  /** Undefined where it had not begun, or had ended. */
  readonly before: SubscriptionLevel | undefined;
  readonly after: SubscriptionLevel;
}

type Told = Extract<Happening['type'], `subscription.${string}`>;

/** What is told of it: one thing, the one that says most; nothing of what is only planned, or waits. */
export function ofSubscription(changed: SubscriptionChanged, entry: string): Happening[] {
  const type = typeOf(changed);
  if (type === null) return [];
  const data = { entry, ...inWords(changed.id, changed.after) };
  const { before } = changed;
  if (type !== 'subscription.changed') return [{ type, data } as Happening];
  return [{ type, data: { ...data, from: { plan: before!.plan, plan_version: before!.version } } }];
}

export function inWords(subscription: string, { plan, version, period }: SubscriptionLevel) {
  return {
    subscription,
    plan,
    plan_version: version,
    period_start_at: formatMoment(period.start),
    period_end_at: formatMoment(period.end),
  };
}

function typeOf({ id, before, after }: SubscriptionChanged): Exclude<Told, 'subscription.trial_ending'> | null {
  if (after.status === 'waiting') return null;
  if (after.status === 'ended') return 'subscription.ended';
  if (isFallback(id) && (before === undefined || before.status === 'waiting')) return 'subscription.fell_back';
  if (before === undefined) return 'subscription.started';
  if (before.plan !== after.plan || before.version !== after.version) return 'subscription.changed';
  if (before.period.no !== after.period.no) return 'subscription.renewed';
  if (before.cancelAtEnd === after.cancelAtEnd) return null;
  return after.cancelAtEnd ? 'subscription.canceled' : 'subscription.resumed';
}
