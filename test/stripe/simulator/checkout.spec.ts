import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Stripe } from 'stripe';
import type { StripeSimulator } from '../../../tools/stripe-sim/simulator.js';
import { happened, startStripe } from './simulated-stripe.js';

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
