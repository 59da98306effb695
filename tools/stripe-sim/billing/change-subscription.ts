import { Stripe } from 'stripe';
import { invalid } from '../http/fault.js';
import { costOf } from '../resources/prices.js';
import { snapshotOf } from '../world/snapshot.js';
import type { World } from '../world/world.js';
import { finalizeAndCollect, billPeriod, couponFor, takeWaiting } from './renew-subscription.js';
import { addInvoiceItem } from './invoice-items.js';
import { itemLine } from './invoice-lines.js';
import { addInvoice } from './new-invoice.js';
import type { ItemChoice } from './blank-subscription.js';
import { newItem, planOf } from './new-subscription.js';
import { cadenceOf, nextBoundary } from './periods.js';
import { customerOf, periodOf } from './subscription-status.js';
import { change as set } from '../world/change.js';

/** What becomes of one item, or a new one. */
export interface ItemChange {
  readonly id: string | undefined;
  readonly price: Stripe.Price | undefined;
  readonly quantity: number | undefined;
  readonly isDeleted: boolean;
  readonly metadata: Record<string, string>;
}

export interface SubscriptionChange {
  readonly items: readonly ItemChange[];
  readonly proration: 'always_invoice' | 'create_prorations' | 'none';
  readonly prorationDate: number | undefined;
  /** The billing starts anew at this moment. */
  readonly isAnchorNow: boolean;
  /** `now` ends the trial. */
  readonly trialEnd: number | 'now' | undefined;
  /** Everything else, which costs nothing. */
  readonly set: Partial<
    Pick<
      Stripe.Subscription,
      | 'cancel_at' | 'cancel_at_period_end' | 'canceled_at' | 'cancellation_details' | 'default_payment_method' | 'description' | 'metadata'
      | 'pause_collection'
    >
  >; // prettier-ignore
}

/** Changes a subscription; what the change costs or gives back waits for the next invoice, or is invoiced at once. */
export function changeSubscription(world: World, subscription: Stripe.Subscription, change: SubscriptionChange): void {
  const before = snapshotOf(subscription);
  const now = world.billingTime(customerOf(world, subscription));
  const oldPeriod = periodOf(subscription);
  const wasTrial = subscription.status === 'trialing';
  const oldCadence = JSON.stringify(cadenceOf(subscription.items.data[0]!.price));
  const endsTrial = change.trialEnd === 'now' && wasTrial;
  const isFree = wasTrial && !endsTrial;
  const share = wasTrial ? 0 : shareLeft(oldPeriod, change.prorationDate ?? now);
  const next = changedItems(world, subscription, change.items, oldPeriod);
  const startsAnew =
    endsTrial || change.isAnchorNow || (!isFree && JSON.stringify(cadenceOf(next[0]!.price)) !== oldCadence);
  if (change.proration !== 'none' && share > 0)
    prorate(world, subscription, next, share, startsAnew, change.prorationDate ?? now);
  subscription.items.data = next;
  set(subscription, change.set);
  if (typeof change.trialEnd === 'number') extendTrial(subscription, change.trialEnd);
  if (startsAnew) startAnew(subscription, now);
  if (endsTrial) set(subscription, { status: 'active', trial_end: now });
  if (JSON.stringify(before) !== JSON.stringify(snapshotOf(subscription))) {
    world.emit('customer.subscription.updated', subscription, before);
  }
  if (startsAnew) finalizeAndCollect(world, billPeriod(world, subscription, 'subscription_update', oldPeriod, true));
  else if (change.proration === 'always_invoice') invoiceWaiting(world, subscription);
}

/** What paused when a trial ended without a card goes on: a period begins now, and is paid. */
export function resumeSubscription(world: World, subscription: Stripe.Subscription): void {
  if (subscription.status !== 'paused') {
    throw invalid(`This subscription is ${subscription.status}: only one that is paused can be resumed.`);
  }
  const before = snapshotOf(subscription);
  const oldPeriod = periodOf(subscription);
  subscription.status = 'active';
  startAnew(subscription, world.billingTime(customerOf(world, subscription)));
  world.emit('customer.subscription.resumed', subscription, before);
  finalizeAndCollect(world, billPeriod(world, subscription, 'subscription_update', oldPeriod, true));
}

/** The part of the period that is left. */
function shareLeft({ start, end }: { start: number; end: number }, moment: number): number {
  return end <= start ? 0 : Math.min(1, Math.max(0, (end - moment) / (end - start)));
}

function changedItems(
  world: World,
  subscription: Stripe.Subscription,
  changes: readonly ItemChange[],
  period: { start: number; end: number },
): Stripe.SubscriptionItem[] {
  const next = new Map(subscription.items.data.map(item => [item.id, { ...item }]));
  for (const change of changes) {
    if (change.id === undefined) {
      if (change.price === undefined) throw invalid('A new item needs a price.', 'items');
      const choice: ItemChoice = { price: change.price, quantity: change.quantity ?? 1, metadata: change.metadata };
      const item = newItem(world, subscription.id, choice, period);
      next.set(item.id, item);
      continue;
    }
    const item = next.get(change.id);
    if (item === undefined)
      throw invalid(`No such subscription item: '${change.id}'`, 'items[0][id]', 'resource_missing');
    if (change.isDeleted) next.delete(change.id);
    if (change.price !== undefined) set(item, { price: change.price, plan: planOf(change.price) });
    if (change.quantity !== undefined) item.quantity = change.quantity;
  }
  const items = [...next.values()];
  if (items.length === 0) throw invalid('A subscription must have at least one active item.', 'items');
  if (new Set(items.map(item => JSON.stringify(cadenceOf(item.price)))).size > 1) {
    throw invalid('All items of a subscription must have the same interval here.', 'items');
  }
  return items;
}

/** Gives back the rest of what was, and asks for the rest of what is; of a period that starts anew only the first. */
function prorate(
  world: World,
  subscription: Stripe.Subscription,
  next: readonly Stripe.SubscriptionItem[],
  share: number,
  startsAnew: boolean,
  moment: number,
): void {
  const add = (item: Stripe.SubscriptionItem, amount: number, words: string): void => {
    addInvoiceItem(world, customerOf(world, subscription), {
      amount,
      currency: item.price.currency,
      description: `${words} ${world.products.get(String(item.price.product))?.name ?? 'item'}`,
      period: { start: moment, end: item.current_period_end },
      price: item.price,
      quantity: item.quantity ?? 1,
      metadata: { ...subscription.metadata },
      proration: { subscription: subscription.id, item: item.id },
      invoice: null,
    });
  };
  for (const item of subscription.items.data) {
    const after = next.find(one => one.id === item.id);
    if (!startsAnew && after !== undefined && isSame(item, after)) continue;
    add(item, -Math.round(costOf(item.price, item.quantity ?? 1) * share), 'Unused time on');
  }
  if (startsAnew) return;
  for (const item of next) {
    const was = subscription.items.data.find(one => one.id === item.id);
    if (was !== undefined && isSame(was, item)) continue;
    add(item, Math.round(costOf(item.price, item.quantity ?? 1) * share), 'Remaining time on');
  }
}

function isSame(a: Stripe.SubscriptionItem, b: Stripe.SubscriptionItem): boolean {
  return a.price.id === b.price.id && a.quantity === b.quantity;
}

function startAnew(subscription: Stripe.Subscription, now: number): void {
  const end = nextBoundary(now, cadenceOf(subscription.items.data[0]!.price), now);
  subscription.billing_cycle_anchor = now;
  for (const item of subscription.items.data) set(item, { current_period_start: now, current_period_end: end });
}

/** A trial that is set or moved: nothing is owed until then, and periods are counted from there. */
function extendTrial(subscription: Stripe.Subscription, trialEnd: number): void {
  set(subscription, { status: 'trialing', trial_end: trialEnd, billing_cycle_anchor: trialEnd });
  subscription.trial_start ??= periodOf(subscription).start;
  for (const item of subscription.items.data) item.current_period_end = trialEnd;
}

export function invoiceWaiting(world: World, subscription: Stripe.Subscription): void {
  const waiting = takeWaiting(world, subscription);
  if (waiting.length === 0) return;
  const now = world.billingTime(customerOf(world, subscription));
  const invoice = addInvoice(world, {
    customer: customerOf(world, subscription),
    subscription,
    reason: 'subscription_update',
    lines: waiting.map(item => itemLine(world, item)),
    currency: subscription.currency,
    period: { start: now, end: now },
    coupon: couponFor(world, subscription),
    isTaxed: subscription.automatic_tax.enabled,
    autoAdvance: true,
    metadata: {},
  });
  for (const item of waiting) item.invoice = invoice.id;
  finalizeAndCollect(world, invoice);
}

/** The subscription ends now; with proration, what was paid for later waits as credit. */
export function giveBackRest(world: World, subscription: Stripe.Subscription): void {
  const now = world.billingTime(customerOf(world, subscription));
  if (subscription.status === 'trialing') return;
  prorate(world, subscription, [], shareLeft(periodOf(subscription), now), true, now);
}
