import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Stripe } from 'stripe';
import type { StripeSimulator } from '../../../tools/stripe-sim/simulator.js';
import { happened, refusal, startStripe } from './simulated-stripe.js';

const HOUR = 3600;
const DAY = 24 * HOUR;
const JANUARY_31 = Date.UTC(2027, 0, 31, 10, 0, 0) / 1000;

let simulator: StripeSimulator;
let stripe: Stripe;
let clock: Stripe.TestHelpers.TestClock;
let customer: Stripe.Customer;
let basic: Stripe.Price;
let pro: Stripe.Price;

beforeEach(async () => {
  ({ simulator, stripe } = await startStripe());
  clock = await stripe.testHelpers.testClocks.create({ frozen_time: JANUARY_31 });
  customer = await stripe.customers.create({ test_clock: clock.id });
  const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
  basic = await monthly(1_000);
  pro = await monthly(3_000);
});
afterEach(() => simulator.stop());

function monthly(amount: number, interval: 'month' | 'year' = 'month'): Promise<Stripe.Price> {
  return stripe.prices.create({
    currency: 'eur',
    unit_amount: amount,
    recurring: { interval },
    product_data: { name: `Plan for ${amount}` },
  });
}

function subscribe(more: Partial<Stripe.SubscriptionCreateParams> = {}): Promise<Stripe.Subscription> {
  return stripe.subscriptions.create({ customer: customer.id, items: [{ price: basic.id }], ...more });
}

async function advanceTo(moment: number): Promise<void> {
  const { status } = await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: moment });
  expect(status).toBe('advancing');
  expect(await stripe.testHelpers.testClocks.retrieve(clock.id)).toMatchObject({
    status: 'ready',
    frozen_time: moment,
  });
}

const at = (year: number, month: number, day: number, hour = 10): number => Date.UTC(year, month - 1, day, hour) / 1000;

async function invoices(subscription: string): Promise<Stripe.Invoice[]> {
  return (await stripe.invoices.list({ subscription, limit: 100 })).data.reverse();
}

function tail(count: number): string[] {
  return happened(simulator).slice(-count);
}

/** From now on the customer's card declines, or pays. */
async function standardCard(name: string): Promise<void> {
  const method = await stripe.paymentMethods.attach(name, { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
}

describe('a subscription', () => {
  test('begins with an invoice that is paid, in the shape of the pinned version', async () => {
    const subscription = await subscribe({ metadata: { account: 'user_42' }, expand: ['latest_invoice.payments'] });
    expect(subscription).toMatchObject({ status: 'active', billing_cycle_anchor: JANUARY_31, test_clock: clock.id });
    expect(subscription).not.toHaveProperty('current_period_end');
    const [item] = subscription.items.data;
    expect(item).toMatchObject({ current_period_start: JANUARY_31, current_period_end: at(2027, 2, 28) });
    const invoice = subscription.latest_invoice as Stripe.Invoice;
    expect(invoice).toMatchObject({
      status: 'paid',
      billing_reason: 'subscription_create',
      amount_paid: 1_000,
      parent: {
        type: 'subscription_details',
        subscription_details: { subscription: subscription.id, metadata: { account: 'user_42' } },
      },
      payments: { data: [{ status: 'paid', amount_paid: 1_000, payment: { type: 'payment_intent' } }] },
    });
    for (const gone of ['subscription', 'payment_intent', 'charge', 'paid']) expect(invoice).not.toHaveProperty(gone);
    expect(invoice.lines.data).toMatchObject([
      {
        amount: 1_000,
        quantity: 1,
        period: { start: JANUARY_31, end: at(2027, 2, 28) },
        pricing: { price_details: { price: basic.id, product: basic.product } },
        parent: {
          subscription_item_details: { subscription: subscription.id, subscription_item: item!.id, proration: false },
        },
      },
    ]);
    const events = happened(simulator);
    expect(events.slice(events.indexOf('customer.subscription.created'))).toEqual([
      'customer.subscription.created', 'invoice.created', 'invoice.finalized', 'payment_intent.created', 'charge.succeeded',
      'payment_intent.succeeded', 'invoice_payment.paid', 'invoice.paid', 'invoice.payment_succeeded', 'customer.subscription.updated',
    ]); // prettier-ignore
  });

  test('renews at month ends without drifting: 31 January, 28 February, 31 March, 30 April', async () => {
    const { id } = await subscribe();
    for (const month of [2, 3, 4, 5, 6]) await advanceTo(at(2027, month, 27) + (month === 2 ? 2 : 4) * DAY + 2 * HOUR);
    const periods = (await invoices(id)).map(invoice => invoice.lines.data[0]!.period);
    expect(periods.map(({ start }) => new Date(start * 1000).toISOString().slice(0, 16))).toEqual([
      '2027-01-31T10:00', '2027-02-28T10:00', '2027-03-31T10:00', '2027-04-30T10:00', '2027-05-31T10:00', '2027-06-30T10:00',
    ]); // prettier-ignore
    for (const [index, { end }] of periods.slice(0, -1).entries()) expect(periods[index + 1]!.start).toBe(end);
    const charges = await stripe.charges.list({ customer: customer.id });
    expect(charges.data).toHaveLength(6);
  });

  test('renews with a draft that is final, and paid, an hour later', async () => {
    const { id } = await subscribe();
    await advanceTo(at(2027, 2, 28));
    expect((await invoices(id)).map(({ status }) => status)).toEqual(['paid', 'draft']);
    expect(tail(3)).toEqual(['customer.subscription.updated', 'invoice.created', 'test_helpers.test_clock.ready']);
    await advanceTo(at(2027, 2, 28) + HOUR);
    const [, second] = await invoices(id);
    expect(second).toMatchObject({ status: 'paid', billing_reason: 'subscription_cycle', created: at(2027, 2, 28) });
    expect(second!.status_transitions.paid_at).toBe(at(2027, 2, 28) + HOUR);
  });

  test('is advanced by at most two periods at a time', async () => {
    await subscribe();
    const error = await refusal(stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: at(2027, 5, 1) }));
    expect(error).toMatchObject({ statusCode: 400, param: 'frozen_time' });
  });

  test('with several items bills each of them', async () => {
    const { id } = await subscribe({ items: [{ price: basic.id, quantity: 3 }, { price: pro.id }] });
    const [invoice] = await invoices(id);
    expect(invoice!.lines.data.map(line => [line.amount, line.quantity])).toEqual([[3_000, 3], [3_000, 1]]); // prettier-ignore
    expect(invoice!.total).toBe(6_000);
  });

  test('in leap years keeps 29 February', async () => {
    const leap = await stripe.testHelpers.testClocks.create({ frozen_time: at(2028, 2, 29) });
    const other = await stripe.customers.create({ test_clock: leap.id });
    const yearly = await monthly(12_000, 'year');
    const { id, items } = await stripe.subscriptions.create({
      customer: other.id,
      items: [{ price: yearly.id }],
      default_payment_method: 'pm_card_visa',
    });
    expect(items.data[0]!.current_period_end).toBe(at(2029, 2, 28));
    await stripe.testHelpers.testClocks.advance(leap.id, { frozen_time: at(2030, 2, 28) });
    await stripe.testHelpers.testClocks.advance(leap.id, { frozen_time: at(2032, 2, 28) });
    const { items: later } = await stripe.subscriptions.retrieve(id);
    expect(later.data[0]!.current_period_end).toBe(at(2032, 2, 29));
  });
});

describe('a trial', () => {
  test('begins with an invoice of nothing, warns three days before, and then is paid', async () => {
    const subscription = await subscribe({ trial_period_days: 7 });
    expect(subscription).toMatchObject({ status: 'trialing', trial_end: JANUARY_31 + 7 * DAY });
    const [first] = await invoices(subscription.id);
    expect(first).toMatchObject({ status: 'paid', total: 0, lines: { data: [{ amount: 0 }] } });
    await advanceTo(JANUARY_31 + 5 * DAY);
    expect(happened(simulator)).toContain('customer.subscription.trial_will_end');
    await advanceTo(JANUARY_31 + 7 * DAY + HOUR);
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ status: 'active' });
    const [, second] = await invoices(subscription.id);
    expect(second).toMatchObject({ status: 'paid', total: 1_000, billing_reason: 'subscription_cycle' });
    expect(second!.lines.data[0]!.period.end).toBe(at(2027, 3, 7));
  });

  test('that nobody has a card for ends as the subscription says', async () => {
    const bare = await stripe.customers.create({ test_clock: clock.id });
    const { id } = await subscribe({
      customer: bare.id,
      trial_period_days: 2,
      trial_settings: { end_behavior: { missing_payment_method: 'cancel' } },
    });
    await advanceTo(JANUARY_31 + 3 * DAY);
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'canceled' });
  });

  test('that paused for want of a card goes on when it is resumed', async () => {
    const bare = await stripe.customers.create({ test_clock: clock.id });
    const { id } = await subscribe({
      customer: bare.id,
      trial_period_days: 2,
      trial_settings: { end_behavior: { missing_payment_method: 'pause' } },
    });
    await advanceTo(JANUARY_31 + 3 * DAY);
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'paused' });
    const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: bare.id });
    await stripe.customers.update(bare.id, { invoice_settings: { default_payment_method: method.id } });
    const resumed = await stripe.subscriptions.resume(id);
    expect(resumed.items.data[0]!.current_period_start).toBe(JANUARY_31 + 3 * DAY);
    expect(resumed.status).toBe('active');
    expect((await invoices(id)).at(-1)).toMatchObject({ status: 'paid', total: 1_000 });
    expect(happened(simulator)).toContain('customer.subscription.resumed');
  });

  test('may be ended early', async () => {
    const { id } = await subscribe({ trial_period_days: 20 });
    await advanceTo(JANUARY_31 + DAY);
    expect(await stripe.subscriptions.update(id, { trial_end: 'now' })).toMatchObject({ status: 'active' });
    const [, second] = await invoices(id);
    expect(second).toMatchObject({ status: 'paid', total: 1_000, billing_reason: 'subscription_update' });
  });
});

describe('a payment that fails', () => {
  test('makes the subscription past due, is tried again, and recovers with another card', async () => {
    const { id } = await subscribe();
    await standardCard('pm_card_chargeCustomerFail');
    await advanceTo(at(2027, 2, 28) + HOUR);
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'past_due' });
    const [, second] = await invoices(id);
    expect(second).toMatchObject({
      status: 'open',
      attempt_count: 1,
      next_payment_attempt: at(2027, 2, 28) + HOUR + 3 * DAY,
    });
    expect(happened(simulator)).toContain('invoice.payment_failed');
    await standardCard('pm_card_visa');
    await advanceTo(at(2027, 3, 4));
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'active' });
    expect((await invoices(id))[1]).toMatchObject({ status: 'paid', attempt_count: 2 });
  });

  test('cancels the subscription after the last try', async () => {
    const { id } = await subscribe();
    await standardCard('pm_card_chargeCustomerFail');
    await advanceTo(at(2027, 3, 27));
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      status: 'canceled',
      cancellation_details: { reason: 'payment_failed' },
    });
    expect(happened(simulator).filter(type => type === 'invoice.payment_failed')).toHaveLength(4);
    expect(happened(simulator)).toContain('customer.subscription.deleted');
  });

  test('at the beginning leaves it incomplete, until it is paid or 23 hours are over', async () => {
    await standardCard('pm_card_chargeCustomerFail');
    const first = await subscribe({ expand: ['latest_invoice'] });
    expect(first.status).toBe('incomplete');
    await stripe.invoices.pay((first.latest_invoice as Stripe.Invoice).id, { payment_method: 'pm_card_visa' });
    expect(await stripe.subscriptions.retrieve(first.id)).toMatchObject({ status: 'active' });
    const second = await subscribe();
    await advanceTo(JANUARY_31 + DAY);
    expect(await stripe.subscriptions.retrieve(second.id)).toMatchObject({ status: 'incomplete_expired' });
    expect((await invoices(second.id))[0]).toMatchObject({ status: 'void' });
    expect(await refusal(subscribe({ payment_behavior: 'error_if_incomplete' }))).toMatchObject({
      code: 'card_declined',
    });
  });

  test('because of 3-D Secure is told of, and goes on when the customer answers', async () => {
    const method = simulator.world.paymentMethods.all()[0]!;
    const { id } = await subscribe();
    simulator.world.behaviours.set(method.id, { kind: 'authenticates', isOnceEnough: false });
    await advanceTo(at(2027, 2, 28) + HOUR);
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'past_due' });
    const [, second] = await invoices(id);
    expect(second!.status).toBe('open');
  });
});

describe('a change', () => {
  const MIDDLE = JANUARY_31 + 14 * DAY;

  test('of the price gives back the rest and asks for the rest, on the next invoice', async () => {
    const { id, items } = await subscribe();
    await advanceTo(MIDDLE);
    await stripe.subscriptions.update(id, { items: [{ id: items.data[0]!.id, price: pro.id }] });
    expect(await invoices(id)).toHaveLength(1);
    await advanceTo(at(2027, 2, 28) + HOUR);
    const [, second] = await invoices(id);
    expect(second!.lines.data.map(line => line.amount)).toEqual([-500, 1_500, 3_000]);
    expect(second!.lines.data[1]).toMatchObject({
      period: { start: MIDDLE, end: at(2027, 2, 28) },
      parent: {
        subscription_item_details: { proration: true, subscription: id, subscription_item: items.data[0]!.id },
      },
      pricing: { price_details: { price: pro.id } },
    });
    expect(second!.lines.data[0]!.pricing?.price_details?.price).toBe(basic.id);
    expect(second!.total).toBe(4_000);
  });

  test('of the price is invoiced at once where it is asked for', async () => {
    const { id, items } = await subscribe();
    await advanceTo(MIDDLE);
    await stripe.subscriptions.update(id, {
      items: [{ id: items.data[0]!.id, price: pro.id }],
      proration_behavior: 'always_invoice',
    });
    const [, second] = await invoices(id);
    expect(second).toMatchObject({ status: 'paid', total: 1_000, billing_reason: 'subscription_update' });
  });

  test('of the quantity without proration costs nothing until the next period', async () => {
    const { id, items } = await subscribe();
    await stripe.subscriptions.update(id, {
      items: [{ id: items.data[0]!.id, quantity: 5 }],
      proration_behavior: 'none',
    });
    await advanceTo(at(2027, 2, 28) + HOUR);
    expect((await invoices(id)).map(({ total }) => total)).toEqual([1_000, 5_000]);
  });

  test('to a yearly price begins a new period at once', async () => {
    const { id, items } = await subscribe();
    await advanceTo(MIDDLE);
    const yearly = await monthly(12_000, 'year');
    const changed = await stripe.subscriptions.update(id, { items: [{ id: items.data[0]!.id, price: yearly.id }] });
    expect(changed.billing_cycle_anchor).toBe(MIDDLE);
    expect(changed.items.data[0]).toMatchObject({ current_period_start: MIDDLE, current_period_end: at(2028, 2, 14) });
    const [, second] = await invoices(id);
    expect(second).toMatchObject({ status: 'paid', total: 11_500 });
  });

  test('to less leaves a credit, which the next invoice takes off', async () => {
    const { id, items } = await subscribe({ items: [{ price: pro.id }] });
    await advanceTo(MIDDLE);
    await stripe.subscriptions.update(id, {
      items: [{ id: items.data[0]!.id, price: basic.id }],
      proration_behavior: 'always_invoice',
    });
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: -1_000 });
    await advanceTo(at(2027, 2, 28) + HOUR);
    const all = await invoices(id);
    expect(all.map(invoice => [invoice.total, invoice.amount_paid])).toEqual([[3_000, 3_000], [-1_000, 0], [1_000, 0]]); // prettier-ignore
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: 0 });
  });
});

describe('an end', () => {
  test('at the end of the period, and may be taken back', async () => {
    const { id } = await subscribe();
    expect(await stripe.subscriptions.update(id, { cancel_at_period_end: true })).toMatchObject({ status: 'active' });
    await stripe.subscriptions.update(id, { cancel_at_period_end: false });
    await stripe.subscriptions.update(id, { cancel_at_period_end: true });
    await advanceTo(at(2027, 2, 28));
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'canceled', ended_at: at(2027, 2, 28) });
    expect(await invoices(id)).toHaveLength(1);
  });

  test('at once, with what was paid for later given back where it is asked for', async () => {
    const { id } = await subscribe();
    await advanceTo(JANUARY_31 + 14 * DAY);
    await stripe.subscriptions.cancel(id, { prorate: true, invoice_now: true });
    expect(tail(1)).not.toEqual(['customer.subscription.updated']);
    expect(happened(simulator)).toContain('customer.subscription.deleted');
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: -500 });
    expect(await refusal(stripe.subscriptions.update(id, { description: 'x' }))).toMatchObject({ statusCode: 400 });
  });

  test('with the customer, who is remembered as deleted', async () => {
    const { id } = await subscribe();
    await standardCard('pm_card_chargeCustomerFail');
    await advanceTo(at(2027, 2, 28));
    await stripe.customers.del(customer.id);
    expect(await stripe.customers.retrieve(customer.id)).toEqual(
      expect.objectContaining({ id: customer.id, deleted: true }),
    );
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'canceled' });
    await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: at(2027, 6, 1) });
    expect((await invoices(id)).map(({ status }) => status)).toEqual(['paid', 'draft']);
  });

  test('at a moment of its own', async () => {
    const { id } = await subscribe({ cancel_at: JANUARY_31 + 10 * DAY });
    await advanceTo(JANUARY_31 + 11 * DAY);
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      status: 'canceled',
      ended_at: JANUARY_31 + 10 * DAY,
    });
  });
});

test('collection that is paused makes void invoices, and goes on when it resumes', async () => {
  const { id } = await subscribe();
  await stripe.subscriptions.update(id, { pause_collection: { behavior: 'void', resumes_at: at(2027, 3, 10) } });
  await advanceTo(at(2027, 3, 11));
  expect((await invoices(id)).map(({ status }) => status)).toEqual(['paid', 'void']);
  await advanceTo(at(2027, 4, 1));
  expect((await invoices(id)).map(({ status }) => status)).toEqual(['paid', 'void', 'paid']);
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'active', pause_collection: null });
});

test('an invoice by hand has the items that waited, and is paid, voided or given up', async () => {
  await stripe.invoiceItems.create({ customer: customer.id, amount: 700, currency: 'eur', description: 'Setup' });
  const draft = await stripe.invoices.create({
    customer: customer.id,
    currency: 'eur',
    pending_invoice_items_behavior: 'include',
  });
  expect(draft).toMatchObject({ status: 'draft', total: 700, billing_reason: 'manual', parent: null });
  expect(draft.lines.data[0]!.parent).toMatchObject({ type: 'invoice_item_details' });
  await stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount: 50, currency: 'eur' });
  expect(await stripe.invoices.pay(draft.id)).toMatchObject({ status: 'paid', amount_paid: 750 });
  const payments = await stripe.invoicePayments.list({ invoice: draft.id });
  expect(payments.data[0]).toMatchObject({ status: 'paid', payment: { type: 'payment_intent' } });
  expect(await refusal(stripe.invoices.pay(draft.id))).toMatchObject({ code: 'invoice_already_paid' });
});

test('subscriptions without a test clock live by the world’s', async () => {
  const plain = await stripe.customers.create({});
  const { id } = await subscribe({ customer: plain.id, default_payment_method: 'pm_card_visa' });
  simulator.world.moveBy(95 * DAY);
  expect((await invoices(id)).map(({ status }) => status)).toEqual(['paid', 'paid', 'paid', 'paid']);
});
