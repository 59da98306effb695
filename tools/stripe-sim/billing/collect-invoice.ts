import { Stripe } from 'stripe';
import { invalid } from '../http/fault.js';
import type { Decline } from '../resources/charges.js';
import { confirmIntent } from '../resources/confirm-intent.js';
import { addIntent, NO_INTENT_DATA } from '../resources/new-intent.js';
import { findPaymentMethod } from '../resources/payment-methods.js';
import type { World } from '../world/world.js';
import { takeLateItems } from './new-invoice.js';
import { isAlive, end, setStatus } from './subscription-status.js';

/** Follows payments of invoices: whatever becomes of a payment becomes of its invoice and its subscription. */
export function watchInvoicePayments(world: World): void {
  world.intentWatchers.push(intent => {
    const payment = paymentOf(world, intent.id);
    const invoice = payment === undefined ? undefined : world.invoices.get(String(payment.invoice));
    if (invoice === undefined || (invoice.status !== 'open' && invoice.status !== 'uncollectible')) return;
    if (intent.status === 'succeeded') markPaid(world, invoice);
    if (intent.status === 'requires_payment_method') markFailed(world, invoice);
    if (intent.status === 'requires_action') {
      world.emit('invoice.payment_action_required', invoice);
      markFailed(world, invoice);
    }
  });
}

export function subscriptionOf(world: World, invoice: Stripe.Invoice): Stripe.Subscription | undefined {
  return world.subscriptions.get(String(invoice.parent?.subscription_details?.subscription));
}

/** A draft becomes an invoice that is owed; what the customer has in credit is taken off. */
export function finalize(world: World, invoice: Stripe.Invoice): void {
  const customer = world.must(world.customers, 'customer', String(invoice.customer));
  takeLateItems(world, invoice);
  const now = world.billingTime(customer);
  const owed = invoice.total + customer.balance;
  invoice.starting_balance = customer.balance;
  invoice.amount_due = Math.max(0, owed);
  invoice.amount_remaining = invoice.amount_due;
  invoice.ending_balance = Math.min(0, owed);
  customer.balance = invoice.ending_balance;
  invoice.status = 'open';
  invoice.number = `${customer.invoice_prefix ?? 'X'}-${String(customer.next_invoice_sequence ?? 1).padStart(4, '0')}`;
  customer.next_invoice_sequence = (customer.next_invoice_sequence ?? 1) + 1;
  invoice.effective_at = now;
  invoice.automatically_finalizes_at = null;
  invoice.status_transitions.finalized_at = now;
  world.emit('invoice.finalized', invoice);
  if (invoice.amount_due === 0) markPaid(world, invoice);
}

export interface PaymentTerms {
  /** The method to ask; that of the subscription or the customer unless given. */
  readonly method?: string | undefined;
  readonly isOffSession: boolean;
}

/** Asks for what is owed. @returns how it was declined */
export function collect(world: World, invoice: Stripe.Invoice, terms: PaymentTerms): Decline | undefined {
  if (invoice.status !== 'open' && invoice.status !== 'uncollectible') return undefined;
  const methodId = terms.method ?? standardMethod(world, invoice);
  if (methodId === undefined) {
    markFailed(world, invoice);
    return {
      code: 'resource_missing',
      message: 'This customer has no attached payment source or default payment method.',
    };
  }
  const method = findPaymentMethod(world, methodId, 'payment_method');
  return confirmIntent(world, intentOf(world, invoice), method, { isOffSession: terms.isOffSession });
}

export function voidInvoice(world: World, invoice: Stripe.Invoice): void {
  mustBe(invoice, ['open', 'uncollectible'], 'voided');
  const intent = intentFor(world, invoice);
  if (intent !== undefined && intent.status !== 'succeeded') {
    intent.status = 'canceled';
    world.emit('payment_intent.canceled', intent);
  }
  invoice.status = 'void';
  invoice.next_payment_attempt = null;
  invoice.status_transitions.voided_at = world.now();
  world.emit('invoice.voided', invoice);
}

export function markUncollectible(world: World, invoice: Stripe.Invoice): void {
  mustBe(invoice, ['open'], 'marked uncollectible');
  invoice.status = 'uncollectible';
  invoice.next_payment_attempt = null;
  invoice.status_transitions.marked_uncollectible_at = world.now();
  world.emit('invoice.marked_uncollectible', invoice);
}

export function mustBe(invoice: Stripe.Invoice, statuses: readonly string[], what: string): void {
  if (!statuses.includes(String(invoice.status))) {
    throw invalid(
      `Invoice ${invoice.id} is ${String(invoice.status)}: it cannot be ${what}.`,
      undefined,
      'invoice_not_editable',
    );
  }
}

/** Paid, by a payment or because nothing is owed. */
function markPaid(world: World, invoice: Stripe.Invoice): void {
  const now = world.billingTime(world.customers.get(String(invoice.customer)));
  const payment = world.invoicePayments.all().find(one => one.invoice === invoice.id);
  invoice.status = 'paid';
  invoice.attempted = true;
  invoice.attempt_count += payment === undefined ? 0 : 1;
  invoice.amount_paid = invoice.amount_due;
  invoice.amount_remaining = 0;
  invoice.next_payment_attempt = null;
  invoice.status_transitions.paid_at = now;
  if (payment !== undefined) {
    payment.status = 'paid';
    payment.amount_paid = invoice.amount_due;
    payment.status_transitions.paid_at = now;
    world.emit('invoice_payment.paid', payment);
  }
  world.emit('invoice.paid', invoice);
  world.emit('invoice.payment_succeeded', invoice);
  const subscription = subscriptionOf(world, invoice);
  if (subscription === undefined || subscription.latest_invoice !== invoice.id) return;
  if (['incomplete', 'past_due', 'unpaid'].includes(subscription.status)) setStatus(world, subscription, 'active');
}

function markFailed(world: World, invoice: Stripe.Invoice): void {
  invoice.attempted = true;
  invoice.attempt_count += 1;
  const subscription = subscriptionOf(world, invoice);
  const isRetried =
    invoice.status === 'open' && subscription !== undefined && isAlive(subscription) && invoice.auto_advance === true;
  const pause = isRetried ? world.options.retryAfterSeconds[invoice.attempt_count - 1] : undefined;
  const now = world.billingTime(world.customers.get(String(invoice.customer)));
  invoice.next_payment_attempt = pause === undefined ? null : now + pause;
  world.emit('invoice.payment_failed', invoice);
  if (subscription === undefined || !isAlive(subscription)) return;
  if (isRetried && pause === undefined) return giveUp(world, subscription);
  if (subscription.status !== 'unpaid') setStatus(world, subscription, 'past_due');
}

/** All tries failed. */
function giveUp(world: World, subscription: Stripe.Subscription): void {
  switch (world.options.afterRetries) {
    case 'cancel':
      return end(world, subscription, 'payment_failed');
    case 'mark_unpaid':
      return setStatus(world, subscription, 'unpaid');
    case 'leave_past_due':
      return setStatus(world, subscription, 'past_due');
  }
}

function standardMethod(world: World, invoice: Stripe.Invoice): string | undefined {
  const customer = world.customers.get(String(invoice.customer));
  const method =
    invoice.default_payment_method ??
    subscriptionOf(world, invoice)?.default_payment_method ??
    customer?.invoice_settings.default_payment_method;
  return typeof method === 'string' ? method : undefined;
}

/** One payment intent for all tries of an invoice. */
function intentOf(world: World, invoice: Stripe.Invoice): Stripe.PaymentIntent {
  const known = intentFor(world, invoice);
  if (known !== undefined) return known;
  const intent = addIntent(world, {
    ...NO_INTENT_DATA,
    amount: invoice.amount_remaining,
    currency: invoice.currency,
    customer: String(invoice.customer),
    description: invoice.billing_reason === 'subscription_create' ? 'Subscription creation' : 'Subscription update',
    setupFutureUsage: subscriptionOf(world, invoice) === undefined ? null : 'off_session',
  });
  const payment = world.invoicePayments.add({
    id: world.ids.next('inpay'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: invoice.amount_remaining,
    created: world.now(),
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: world.livemode,
    payment: { type: 'payment_intent', payment_intent: intent.id },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  });
  world.paymentByIntent.set(intent.id, payment.id);
  world.emit('payment_intent.created', intent);
  return intent;
}

function paymentOf(world: World, intent: string): Stripe.InvoicePayment | undefined {
  return world.invoicePayments.get(world.paymentByIntent.get(intent) ?? '');
}

function intentFor(world: World, invoice: Stripe.Invoice): Stripe.PaymentIntent | undefined {
  const payment = world.invoicePayments.all().find(one => one.invoice === invoice.id);
  return world.paymentIntents.get(String(payment?.payment.payment_intent));
}
