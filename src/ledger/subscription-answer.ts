import { formatAmount, type ScaleOf } from '../shared/amount.js';
import { formatMoment } from '../shared/moment.js';
import type { AccountState, Moment } from './domain/account.js';
import { lotsEnd, isLive, type Subscription } from './domain/subscription.js';
import { limitUse } from './domain/windows.js';

/** The `subscription` of openapi.json: one that waits for its renewal within the grace is `past_due`. */
export function subscriptionAnswer(
  state: AccountState,
  subscription: Subscription,
  now: Moment,
  scaleOf: ScaleOf,
): object {
  const { id, terms, period, status, cancelAtEnd, next } = subscription;
  const isPastDue = isLive(subscription) && terms.paid && period.end <= now;
  return {
    id,
    plan: terms.plan,
    plan_version: terms.version,
    status: isPastDue ? 'past_due' : status,
    period_start_at: formatMoment(period.start),
    period_end_at: formatMoment(period.end),
    ...(isPastDue ? { grace_ends_at: formatMoment(lotsEnd(terms, period.end)) } : {}),
    cancel_at_period_end: cancelAtEnd,
    ...(next === null ? {} : { next: nextAnswer(next) }),
    grants: terms.grants.map(({ unit, amount }) => ({ unit, amount: formatAmount(amount, scaleOf(unit)) })),
    limits: terms.limits.map(limit => {
      const { used, resetsAt } = limitUse(state, subscription, limit, now);
      const scale = scaleOf(limit.unit);
      return {
        unit: limit.unit,
        cap: formatAmount(limit.amount, scale),
        used: formatAmount(used, scale),
        soft: limit.soft,
        ...(resetsAt === null ? {} : { resets_at: formatMoment(resetsAt) }),
      };
    }),
  };
}

function nextAnswer({ terms, period }: NonNullable<Subscription['next']>): object {
  return {
    plan: terms.plan,
    plan_version: terms.version,
    ...(period === null ? {} : { starts_at: formatMoment(period.start) }),
  };
}
