import { Stripe } from 'stripe';
import type { Due, World } from '../world/world.js';
import { collect, finalize, markUncollectible, subscriptionOf, voidInvoice } from './collect-invoice.js';
import { itemLine, subscriptionLine } from './invoice-lines.js';
import { addInvoice } from './new-invoice.js';
import { cadenceOf, nextBoundary } from './periods.js';
import { customerOf, end, isAlive, periodOf, setStatus } from './subscription-status.js';

const THREE_DAYS = 3 * 24 * 3600;
/** A subscription whose first payment is not made within 23 hours ends. */
const INCOMPLETE_SECONDS = 23 * 3600;

/** What time does to subscriptions and their invoices. */
export function watchBillingTime(world: World): void {
  const told = new Set<string>();
  world.dueSources.push(clock => soonest(world.subscriptions.all().flatMap(one => boundaryOf(world, one, clock))));
  world.dueSources.push(clock =>
    soonest(world.subscriptions.all().flatMap(one => trialEndOf(world, one, clock, told))),
  );
  world.dueSources.push(clock => soonest(world.invoices.all().flatMap(one => invoiceWork(world, one, clock))));
}

function soonest(dues: readonly Due[]): Due | undefined {
  return dues.reduce<Due | undefined>(
    (first, next) => (first === undefined || next.at < first.at ? next : first),
    undefined,
  );
}

function boundaryOf(world: World, subscription: Stripe.Subscription, clock: string | null): Due[] {
  if (subscription.test_clock !== clock) return [];
  if (subscription.status === 'incomplete') {
    return [{ at: subscription.created + INCOMPLETE_SECONDS, run: () => expireIncomplete(world, subscription) }];
  }
  if (!isAlive(subscription)) return [];
  const dues: Due[] = [{ at: periodOf(subscription).end, run: () => passBoundary(world, subscription) }];
  const { cancel_at: cancelAt, pause_collection: pause } = subscription;
  if (cancelAt !== null && !subscription.cancel_at_period_end) {
    dues.push({ at: cancelAt, run: () => end(world, subscription, 'cancellation_requested') });
  }
  if (pause !== null && pause.resumes_at !== null) {
    dues.push({
      at: pause.resumes_at,
      run: () =>
        world.update('customer.subscription.updated', subscription, () => (subscription.pause_collection = null)),
    });
  }
  return dues;
}

function trialEndOf(world: World, subscription: Stripe.Subscription, clock: string | null, told: Set<string>): Due[] {
  const { id, status, test_clock: ownClock, trial_end: trialEnd } = subscription;
  if (ownClock !== clock || status !== 'trialing' || trialEnd === null || told.has(`${id} ${trialEnd}`)) return [];
  return [
    {
      at: trialEnd - THREE_DAYS,
      run() {
        told.add(`${id} ${trialEnd}`);
        world.emit('customer.subscription.trial_will_end', subscription);
      },
    },
  ];
}

function invoiceWork(world: World, invoice: Stripe.Invoice, clock: string | null): Due[] {
  if (invoice.test_clock !== clock) return [];
  if (invoice.status === 'draft' && invoice.automatically_finalizes_at !== null) {
    return [{ at: invoice.automatically_finalizes_at, run: () => finalizeAndCollect(world, invoice) }];
  }
  if (invoice.status === 'open' && invoice.next_payment_attempt !== null) {
    return [{ at: invoice.next_payment_attempt, run: () => retry(world, invoice) }];
  }
  return [];
}

/** The end of a period: the subscription ends there, or the next period begins with an invoice. */
function passBoundary(world: World, subscription: Stripe.Subscription): void {
  if (subscription.cancel_at_period_end) return end(world, subscription, 'cancellation_requested');
  const customer = customerOf(world, subscription);
  if (subscription.status === 'trialing' && lacksMethod(subscription, customer)) {
    const behavior = subscription.trial_settings?.end_behavior.missing_payment_method;
    if (behavior === 'cancel') return end(world, subscription, 'cancellation_requested');
    if (behavior === 'pause') {
      setStatus(world, subscription, 'paused');
      return world.emit('customer.subscription.paused', subscription);
    }
  }
  const before = periodOf(subscription);
  world.update('customer.subscription.updated', subscription, () => {
    if (subscription.status === 'trialing') subscription.status = 'active';
    const cadence = cadenceOf(subscription.items.data[0]!.price);
    const periodEnd = nextBoundary(subscription.billing_cycle_anchor, cadence, before.end);
    for (const item of subscription.items.data) {
      item.current_period_start = before.end;
      item.current_period_end = periodEnd;
    }
  });
  const isPaused = subscription.pause_collection !== null;
  const invoice = billPeriod(
    world,
    subscription,
    'subscription_cycle',
    before,
    !isPaused && subscription.status !== 'unpaid',
  );
  if (isPaused) applyPause(world, subscription, invoice);
}

/** An invoice of the period that has just begun, with what waited for it. */
export function billPeriod(
  world: World,
  subscription: Stripe.Subscription,
  reason: Stripe.Invoice.BillingReason,
  looksBackOn: { start: number; end: number },
  autoAdvance: boolean,
): Stripe.Invoice {
  const customer = customerOf(world, subscription);
  const waiting = takeWaiting(world, subscription);
  const invoice = addInvoice(world, {
    customer,
    subscription,
    reason,
    lines: [
      ...waiting.map(item => itemLine(world, item)),
      ...subscription.items.data.map(item => subscriptionLine(world, subscription, item, false)),
    ],
    currency: subscription.currency,
    period: looksBackOn,
    coupon: couponFor(world, subscription),
    isTaxed: subscription.automatic_tax.enabled,
    autoAdvance,
    metadata: {},
  });
  for (const item of waiting) item.invoice = invoice.id;
  return invoice;
}

/** What waits for the next invoice of a subscription: its prorations, and what was added to the customer. */
export function takeWaiting(world: World, subscription: Stripe.Subscription): Stripe.InvoiceItem[] {
  return world.invoiceItems.where(
    item =>
      item.invoice === null &&
      item.customer === subscription.customer &&
      (item.parent === null || item.parent.subscription_details?.subscription === subscription.id),
  );
}

/** A coupon `once` is for the first invoice only. */
export function couponFor(world: World, subscription: Stripe.Subscription): Stripe.Coupon | undefined {
  const coupon = world.couponOf.get(subscription.id);
  return coupon?.duration === 'forever' ? coupon : undefined;
}

export function finalizeAndCollect(world: World, invoice: Stripe.Invoice): void {
  finalize(world, invoice);
  invoice.next_payment_attempt = null;
  if (invoice.status === 'open') collect(world, invoice, { isOffSession: true });
}

function retry(world: World, invoice: Stripe.Invoice): void {
  invoice.next_payment_attempt = null;
  const subscription = subscriptionOf(world, invoice);
  if (subscription !== undefined && !isAlive(subscription)) return;
  collect(world, invoice, { isOffSession: true });
}

function applyPause(world: World, subscription: Stripe.Subscription, invoice: Stripe.Invoice): void {
  const behavior = subscription.pause_collection?.behavior;
  if (behavior === 'keep_as_draft') return;
  finalize(world, invoice);
  if (invoice.status !== 'open') return;
  if (behavior === 'void') voidInvoice(world, invoice);
  if (behavior === 'mark_uncollectible') markUncollectible(world, invoice);
}

function expireIncomplete(world: World, subscription: Stripe.Subscription): void {
  const invoice = world.invoices.get(String(subscription.latest_invoice));
  subscription.ended_at = world.billingTime(customerOf(world, subscription));
  setStatus(world, subscription, 'incomplete_expired');
  if (invoice?.status === 'open') voidInvoice(world, invoice);
}

function lacksMethod(subscription: Stripe.Subscription, customer: Stripe.Customer): boolean {
  return subscription.default_payment_method === null && customer.invoice_settings.default_payment_method === null;
}
