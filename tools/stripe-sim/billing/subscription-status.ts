import { Stripe } from 'stripe';
import { snapshotOf } from '../world/snapshot.js';
import type { World } from '../world/world.js';

/** Its items have one cadence, so one end of the period is that of all. */
export function periodOf(subscription: Stripe.Subscription): { start: number; end: number } {
  const [item] = subscription.items.data;
  return { start: item?.current_period_start ?? 0, end: item?.current_period_end ?? 0 };
}

export function customerOf(world: World, subscription: Stripe.Subscription): Stripe.Customer {
  return world.must(world.customers, 'customer', String(subscription.customer));
}

/** Neither ended nor waiting for its first payment. */
export function isAlive(subscription: Stripe.Subscription): boolean {
  return ['active', 'past_due', 'trialing', 'unpaid'].includes(subscription.status);
}

export function setStatus(world: World, subscription: Stripe.Subscription, status: Stripe.Subscription.Status): void {
  world.update('customer.subscription.updated', subscription, () => (subscription.status = status));
}

/** The end, for good. */
export function end(
  world: World,
  subscription: Stripe.Subscription,
  reason: Stripe.Subscription.CancellationDetails.Reason,
): void {
  const before = snapshotOf(subscription);
  const now = world.billingTime(customerOf(world, subscription));
  subscription.status = 'canceled';
  subscription.canceled_at ??= now;
  subscription.ended_at = now;
  subscription.cancel_at_period_end = false;
  subscription.cancellation_details = {
    comment: subscription.cancellation_details?.comment ?? null,
    feedback: subscription.cancellation_details?.feedback ?? null,
    feedback_option: null,
    reason,
  };
  world.emit('customer.subscription.deleted', subscription, before);
}
