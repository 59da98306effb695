import { Stripe } from 'stripe';
import type { Decline } from '../resources/charges.js';
import { attachTo, findPaymentMethod } from '../resources/payment-methods.js';
import type { World } from '../world/world.js';
import { collect, finalize } from './collect-invoice.js';
import { itemLine, subscriptionLine, type Line } from './invoice-lines.js';
import { addInvoiceItem } from './invoice-items.js';
import { addInvoice } from './new-invoice.js';
import { boundaryAfter, cadenceOf, nextBoundary } from './periods.js';
import { setStatus } from './subscription-status.js';
import { costOf } from '../resources/prices.js';

export interface ItemChoice {
  readonly price: Stripe.Price;
  readonly quantity: number;
  readonly metadata: Record<string, string>;
}

export interface SubscriptionTerms {
  readonly customer: Stripe.Customer;
  readonly items: readonly ItemChoice[];
  /** What is bought once, with the first invoice. */
  readonly extras: readonly ItemChoice[];
  readonly method: string | null;
  /** When it begins to cost; now unless later. */
  readonly trialEnd: number | null;
  /** The first boundary, where it is not one period away. */
  readonly anchor: number | null;
  readonly cancelAtPeriodEnd: boolean;
  readonly cancelAt: number | null;
  readonly behavior: 'allow_incomplete' | 'default_incomplete' | 'error_if_incomplete';
  readonly isProrated: boolean;
  readonly isOffSession: boolean;
  readonly isTaxed: boolean;
  readonly coupon: Stripe.Coupon | undefined;
  readonly metadata: Record<string, string>;
  readonly description: string | null;
  readonly applicationFeePercent: number | null;
  readonly transferData: Stripe.Subscription.TransferData | null;
  readonly missingMethod: 'cancel' | 'create_invoice' | 'pause';
}

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

function newSubscription(
  world: World,
  terms: SubscriptionTerms,
  { now, anchor, trialEnd }: { now: number; anchor: number; trialEnd: number | null },
): Stripe.Subscription {
  const { customer } = terms;
  const method = terms.method === null ? undefined : findPaymentMethod(world, terms.method, 'default_payment_method');
  if (method !== undefined) attachTo(world, method, customer.id);
  const id = world.ids.next('sub');
  return {
    id,
    object: 'subscription',
    application: null,
    application_fee_percent: terms.applicationFeePercent,
    automatic_tax: { disabled_reason: null, enabled: terms.isTaxed, liability: null },
    billing_cycle_anchor: anchor,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: null, type: 'classic' },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: terms.cancelAt,
    cancel_at_period_end: terms.cancelAtPeriodEnd,
    canceled_at: terms.cancelAtPeriodEnd ? now : null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: 'charge_automatically',
    created: now,
    currency: terms.items[0]!.price.currency,
    customer: customer.id,
    customer_account: null,
    days_until_due: null,
    default_payment_method: method?.id ?? null,
    default_source: null,
    default_tax_rates: [],
    description: terms.description,
    discounts: [],
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: 'self' },
    },
    items: { object: 'list', data: [], has_more: false, url: `/v1/subscription_items?subscription=${id}` },
    latest_invoice: null,
    livemode: world.livemode,
    managed_payments: null,
    metadata: { ...terms.metadata },
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: { payment_method_options: null, payment_method_types: null, save_default_payment_method: 'off' },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: now,
    status: 'incomplete',
    test_clock: customer.test_clock ?? null,
    transfer_data: terms.transferData,
    trial_end: trialEnd,
    trial_settings: { end_behavior: { billing_cycle_anchor: 'now', missing_payment_method: terms.missingMethod } },
    trial_start: trialEnd === null ? null : now,
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
