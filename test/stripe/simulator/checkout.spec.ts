import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Stripe } from 'stripe';
import type { StripeSimulator } from '../../../tools/stripe-sim/simulator.js';
import { happened, refusal, startStripe } from './simulated-stripe.js';

let simulator: StripeSimulator;
let stripe: Stripe;

beforeEach(async () => {
  ({ simulator, stripe } = await startStripe());
});
afterEach(() => simulator.stop());

const ONE_PACK: Stripe.Checkout.SessionCreateParams = {
  mode: 'payment',
  success_url: 'https://shop.example/thanks?session={CHECKOUT_SESSION_ID}',
  cancel_url: 'https://shop.example/basket',
  line_items: [
    { price_data: { currency: 'eur', unit_amount: 1999, product_data: { name: '1,000 credits' } }, quantity: 2 },
  ],
  metadata: { account: 'user_42' },
  payment_intent_data: {
    metadata: { account: 'user_42' },
    application_fee_amount: 100,
    transfer_data: { destination: 'acct_1' },
  },
};

describe('a Checkout Session', () => {
  test('is open and unpaid, without a payment intent, until somebody pays', async () => {
    const session = await stripe.checkout.sessions.create(ONE_PACK);
    expect(session).toMatchObject({
      status: 'open',
      payment_status: 'unpaid',
      amount_subtotal: 3998,
      amount_total: 3998,
      currency: 'eur',
      payment_intent: null,
      metadata: { account: 'user_42' },
      url: `${simulator.url}/pay/${session.id}`,
    });
    expect(session.id).toMatch(/^cs_test_/);
  });

  test('is complete and paid when the customer pays', async () => {
    const { id } = await stripe.checkout.sessions.create(ONE_PACK);
    expect(simulator.checkout.pay(id, 'pm_card_visa')).toEqual({ kind: 'complete' });
    const session = await stripe.checkout.sessions.retrieve(id, {
      expand: ['payment_intent.latest_charge', 'line_items'],
    });
    expect(session).toMatchObject({ status: 'complete', payment_status: 'paid', url: null });
    expect(session.line_items?.data).toHaveLength(1);
    expect(session.payment_intent).toMatchObject({
      status: 'succeeded',
      amount_received: 3998,
      metadata: { account: 'user_42' },
      application_fee_amount: 100,
      transfer_data: { destination: 'acct_1' },
      latest_charge: {
        object: 'charge',
        paid: true,
        application_fee_amount: 100,
        transfer_data: { destination: 'acct_1' },
      },
    });
    expect(happened(simulator)).toEqual([
      'product.created', 'price.created', 'payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded', 'checkout.session.completed',
    ]); // prettier-ignore
  });
});

describe('a Checkout Session that is not simply paid', () => {
  test('stays open when the card is declined, and keeps its payment intent', async () => {
    const { id } = await stripe.checkout.sessions.create(ONE_PACK);
    expect(simulator.checkout.pay(id, 'pm_card_chargeDeclined')).toMatchObject({ kind: 'declined' });
    const open = await stripe.checkout.sessions.retrieve(id);
    expect(open).toMatchObject({ status: 'open', payment_status: 'unpaid' });
    simulator.checkout.pay(id, 'pm_card_visa');
    expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({
      payment_status: 'paid',
      payment_intent: open.payment_intent,
    });
  });

  test.each([
    [true, 'paid', 'checkout.session.async_payment_succeeded'],
    [false, 'unpaid', 'checkout.session.async_payment_failed'],
  ])('by bank debit is complete and unpaid, then told of: paid %s', async (isPaid, status, event) => {
    const { id } = await stripe.checkout.sessions.create(ONE_PACK);
    simulator.checkout.pay(id, 'pm_usBankAccount_success');
    const session = await stripe.checkout.sessions.retrieve(id);
    expect(session).toMatchObject({ status: 'complete', payment_status: 'unpaid' });
    simulator.cases.settlePayment(String(session.payment_intent), isPaid);
    expect((await stripe.checkout.sessions.retrieve(id)).payment_status).toBe(status);
    expect(happened(simulator).at(-1)).toBe(event);
  });

  test('expires at its moment, or when it is told to, and then takes no payment', async () => {
    const early = await stripe.checkout.sessions.create({ ...ONE_PACK, expires_at: simulator.world.now() + 1_900 });
    const late = await stripe.checkout.sessions.create(ONE_PACK);
    simulator.world.moveBy(1_901);
    expect(await stripe.checkout.sessions.retrieve(early.id)).toMatchObject({ status: 'expired', url: null });
    expect(() => simulator.checkout.pay(early.id, 'pm_card_visa')).toThrow('expired');
    expect(await stripe.checkout.sessions.expire(late.id)).toMatchObject({ status: 'expired' });
    expect(happened(simulator).filter(type => type === 'checkout.session.expired')).toHaveLength(2);
    const tooSoon = stripe.checkout.sessions.create({ ...ONE_PACK, expires_at: simulator.world.now() + 60 });
    expect(await refusal(tooSoon)).toMatchObject({ param: 'expires_at' });
  });

  test('with nothing to pay has no payment intent', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 100, duration: 'once' });
    const { id } = await stripe.checkout.sessions.create({ ...ONE_PACK, discounts: [{ coupon: coupon.id }] });
    simulator.checkout.pay(id, 'pm_card_visa');
    expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({
      status: 'complete',
      payment_status: 'no_payment_required',
      payment_intent: null,
      amount_total: 0,
      discounts: [{ coupon: coupon.id, promotion_code: null }],
    });
  });

  test('adds tax where it is automatic, on what is left after the discount', async () => {
    const coupon = await stripe.coupons.create({ amount_off: 998, currency: 'eur', duration: 'once' });
    const session = await stripe.checkout.sessions.create({
      ...ONE_PACK,
      discounts: [{ coupon: coupon.id }],
      automatic_tax: { enabled: true },
    });
    expect(session).toMatchObject({
      amount_subtotal: 3998,
      amount_total: 3600,
      total_details: { amount_discount: 998, amount_tax: 600 },
    });
  });

  test('in setup mode keeps a card for payments without its owner', async () => {
    const customer = await stripe.customers.create({});
    const session = await stripe.checkout.sessions.create({
      mode: 'setup',
      customer: customer.id,
      success_url: 'https://shop.example',
    });
    simulator.checkout.pay(session.id, 'pm_card_authenticationRequiredOnSetup');
    const [method] = (await stripe.customers.listPaymentMethods(customer.id)).data;
    const paid = await stripe.paymentIntents.create({
      amount: 500,
      currency: 'eur',
      customer: customer.id,
      payment_method: method!.id,
      off_session: true,
      confirm: true,
    });
    expect(paid.status).toBe('succeeded');
  });
});

describe('a Checkout Session in subscription mode', () => {
  async function create(more: Partial<Stripe.Checkout.SessionCreateParams> = {}): Promise<string> {
    const price = await stripe.prices.create({
      currency: 'eur',
      unit_amount: 900,
      recurring: { interval: 'month' },
      product_data: { name: 'Basic' },
    });
    const session = await stripe.checkout.sessions.create({
      mode: 'subscription',
      success_url: 'https://shop.example',
      line_items: [{ price: price.id, quantity: 2 }],
      subscription_data: { metadata: { account: 'user_42' } },
      ...more,
    });
    return session.id;
  }
  const read = (id: string) => stripe.checkout.sessions.retrieve(id, { expand: ['subscription', 'invoice'] });

  test('starts the subscription, with its metadata and its paid first invoice', async () => {
    const id = await create();
    simulator.checkout.pay(id, 'pm_card_visa');
    expect(await read(id)).toMatchObject({
      status: 'complete',
      payment_status: 'paid',
      amount_total: 1800,
      payment_intent: null,
      subscription: { status: 'active', metadata: { account: 'user_42' } },
      invoice: { status: 'paid', amount_paid: 1800 },
    });
  });

  test('that is declined stays open; another card pays the same invoice', async () => {
    const id = await create();
    expect(simulator.checkout.pay(id, 'pm_card_chargeDeclined')).toMatchObject({ kind: 'declined' });
    expect(await read(id)).toMatchObject({ status: 'open', subscription: { status: 'incomplete' } });
    simulator.checkout.pay(id, 'pm_card_visa');
    expect(await read(id)).toMatchObject({
      status: 'complete',
      payment_status: 'paid',
      subscription: { status: 'active' },
    });
    expect((await stripe.invoices.list()).data).toHaveLength(1);
    expect(happened(simulator).filter(type => type === 'checkout.session.completed')).toHaveLength(1);
  });

  test('asks for 3-D Secure, and completes when it is passed', async () => {
    const id = await create();
    const asked = simulator.checkout.pay(id, 'pm_card_authenticationRequired');
    if (asked.kind !== 'authenticate') throw new Error(asked.kind);
    expect((await read(id)).status).toBe('open');
    simulator.cases.authenticate(asked.intent, true);
    expect(await read(id)).toMatchObject({
      status: 'complete',
      payment_status: 'paid',
      subscription: { status: 'active' },
    });
  });

  test('with a trial takes nothing now', async () => {
    const id = await create({ subscription_data: { trial_period_days: 14 } });
    simulator.checkout.pay(id, 'pm_card_visa');
    expect(await read(id)).toMatchObject({
      payment_status: 'no_payment_required',
      amount_total: 0,
      subscription: { status: 'trialing' },
    });
  });
});
