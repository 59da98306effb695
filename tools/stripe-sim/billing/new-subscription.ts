import { Stripe } from 'stripe';
import type { Decline } from '../resources/charges.js';
import type { World } from '../world/world.js';
import { newSubscription, type ItemChoice, type SubscriptionTerms } from './blank-subscription.js';
import { collect, finalize } from './collect-invoice.js';
import { itemLine, subscriptionLine, type Line } from './invoice-lines.js';
import { addInvoiceItem } from './invoice-items.js';
import { addInvoice } from './new-invoice.js';
import { boundaryAfter, cadenceOf, nextBoundary } from './periods.js';
import { setStatus } from './subscription-status.js';
import { costOf } from '../resources/prices.js';

export interface Started {
  readonly subscription: Stripe.Subscription;
  readonly invoice: Stripe.Invoice;
  readonly decline: Decline | undefined;
}

/** A subscription with its first invoice, which is paid at once where it can be. */
export function startSubscription(world: World, terms: SubscriptionTerms): Started {
  const { customer, trialEnd } = terms;
  const now = world.billingTime(customer);
  const isTrial = trialEnd !== null && trialEnd > now;
  const cadence = cadenceOf(terms.items[0]!.price);
  const anchor = isTrial ? trialEnd : (terms.anchor ?? now);
  const periodEnd = anchor > now ? anchor : nextBoundary(anchor, cadence, now);
  const subscription = world.subscriptions.add(
    newSubscription(world, terms, { now, anchor, trialEnd: isTrial ? trialEnd : null }),
  );
  for (const choice of terms.items) {
    subscription.items.data.push(newItem(world, subscription.id, choice, { start: now, end: periodEnd }));
  }
  if (terms.coupon !== undefined) world.couponOf.set(subscription.id, terms.coupon);
  world.emit('customer.subscription.created', subscription);
  const isShort = !isTrial && anchor > now;
  const share = isShort ? (terms.isProrated ? (anchor - now) / (boundaryAfter(anchor, cadence, 1) - anchor) : 0) : 1;
  const invoice = addInvoice(world, {
    customer,
    subscription,
    reason: 'subscription_create',
    lines: [
      ...subscription.items.data.map(item => scaled(subscriptionLine(world, subscription, item, isTrial), share)),
      ...extraLines(world, customer, terms.extras, now),
    ],
    currency: subscription.currency,
    period: { start: now, end: now },
    coupon: terms.coupon,
    isTaxed: terms.isTaxed,
    autoAdvance: true,
    metadata: {},
  });
  finalize(world, invoice);
  const decline = settleFirst(world, terms, subscription, invoice);
  if (decline === undefined && isTrial) setStatus(world, subscription, 'trialing');
  return { subscription, invoice, decline };
}

function settleFirst(
  world: World,
  terms: SubscriptionTerms,
  subscription: Stripe.Subscription,
  invoice: Stripe.Invoice,
): Decline | undefined {
  invoice.next_payment_attempt = null;
  if (invoice.status === 'paid' || terms.behavior === 'default_incomplete') return undefined;
  const decline = collect(world, invoice, { isOffSession: terms.isOffSession });
  const intentIsUnderWay = decline === undefined && invoice.status === 'open';
  // A debit that takes days does not keep the customer waiting.
  if (
    intentIsUnderWay &&
    world.paymentIntents.all().some(one => one.status === 'processing' && isPaymentOf(world, one, invoice))
  ) {
    setStatus(world, subscription, 'active');
  }
  return decline;
}

function isPaymentOf(world: World, intent: Stripe.PaymentIntent, invoice: Stripe.Invoice): boolean {
  return world.invoicePayments.get(world.paymentByIntent.get(intent.id) ?? '')?.invoice === invoice.id;
}

export function newItem(
  world: World,
  subscription: string,
  { price, quantity, metadata }: ItemChoice,
  period: { start: number; end: number },
): Stripe.SubscriptionItem {
  return {
    id: world.ids.next('si', 14),
    object: 'subscription_item',
    billing_thresholds: null,
    created: period.start,
    current_period_end: period.end,
    current_period_start: period.start,
    current_trial: null,
    discounts: [],
    metadata,
    plan: planOf(price),
    price,
    quantity,
    subscription,
    tax_rates: [],
  };
}

/** The older shape of a recurring price, which items still carry. */
export function planOf(price: Stripe.Price): Stripe.Plan {
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? 'month',
    interval_count: price.recurring?.interval_count ?? 1,
    livemode: price.livemode,
    metadata: price.metadata,
    meter: price.recurring?.meter ?? null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: price.recurring?.usage_type ?? 'licensed',
  };
}

function extraLines(world: World, customer: Stripe.Customer, extras: readonly ItemChoice[], now: number): Line[] {
  return extras.map(({ price, quantity, metadata }) =>
    itemLine(
      world,
      addInvoiceItem(world, customer, {
        amount: costOf(price, quantity),
        currency: price.currency,
        description: world.products.get(String(price.product))?.name ?? null,
        period: { start: now, end: now },
        price,
        quantity,
        metadata,
        proration: null,
        invoice: 'first',
      }),
    ),
  );
}

function scaled(line: Line, share: number): Line {
  const amount = Math.round(line.amount * share);
  return { ...line, amount, subtotal: amount };
}
