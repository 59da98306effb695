import { Stripe } from 'stripe';
import type { SubscriptionSale } from '../checkout/complete-session.js';
import type { World } from '../world/world.js';
import { collect, subscriptionOf } from './collect-invoice.js';
import type { ItemChoice } from './blank-subscription.js';
import { startSubscription } from './new-subscription.js';
import { attachTo } from '../resources/payment-methods.js';

const DAY_SECONDS = 24 * 3600;

/** What Checkout does when somebody buys a subscription: it waits, incomplete, until its first invoice is paid. */
export function subscriptionSale(world: World): SubscriptionSale {
  const keep = (method: Stripe.PaymentMethod, customer: string): void => {
    attachTo(world, method, customer);
    world.setUp.add(method.id);
  };
  return {
    start(session, plan, method, customer) {
      const { trialDays, trialEnd, metadata, description } = plan.subscriptionData;
      keep(method, customer.id);
      return startSubscription(world, {
        customer,
        items: choicesOf(plan.items, 'recurring'),
        extras: choicesOf(plan.items, 'one_time'),
        method: method.id,
        trialEnd: trialEnd ?? (trialDays === null ? null : world.billingTime(customer) + trialDays * DAY_SECONDS),
        anchor: null,
        cancelAtPeriodEnd: false,
        cancelAt: null,
        behavior: 'allow_incomplete',
        isProrated: true,
        isOffSession: false,
        isTaxed: session.automatic_tax.enabled,
        coupon: plan.coupon,
        metadata,
        description,
        applicationFeePercent: null,
        transferData: null,
        missingMethod: 'create_invoice',
      });
    },
    payAgain(invoice, method) {
      keep(method, String(invoice.customer));
      const subscription = subscriptionOf(world, invoice);
      if (subscription !== undefined) subscription.default_payment_method = method.id;
      return collect(world, invoice, { method: method.id, isOffSession: false });
    },
  };
}

function choicesOf(items: readonly Stripe.LineItem[], type: 'one_time' | 'recurring'): ItemChoice[] {
  return items.flatMap(({ price, quantity }) =>
    price?.type === type ? [{ price, quantity: quantity ?? 1, metadata: {} }] : [],
  );
}
