import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Json } from '../contract/api.js';
import { eventually } from '../support/data-dir.js';
import { differencesOf } from './reconciling.js';
import { Shop } from './shop.js';

const TAXED = {
  name: '1,000 credits',
  amount: '1000',
  price: { amount: '9.99', currency: 'usd' },
  bonus: { amount: '50' },
  automatic_tax: true,
  promotion_codes: true,
};
const HOUR_MS = 3_600_000;

describe('tax', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.open('postgres');
    expect((await shop.call('PUT', '/packs/taxed', TAXED)).status).toBe(200);
  });

  afterAll(() => shop?.close());

  const costOf = async (account: string): Promise<Json> => {
    const { data } = (await shop.call('GET', `/accounts/${account}/lots`)).body;
    return data.find(({ category }: Json) => category === 'paid').cost;
  };

  test('is no price of credits: their cost is what was paid without it, and it goes back with its share', async () => {
    const payment = await shop.buy('taxed', { pack: 'taxed' });
    await shop.has('taxed', { granted: '1050' });
    expect(await shop.stripe.paymentIntents.retrieve(payment)).toMatchObject({ amount_received: 1199 });
    expect(await costOf('taxed')).toEqual({ amount: '9.99', currency: 'USD' });
    await shop.stripe.refunds.create({ payment_intent: payment, amount: 600 });
    await shop.has('taxed', { revoked: '525.437864' });
    await shop.stripe.refunds.create({ payment_intent: payment, amount: 599 });
    await shop.has('taxed', { revoked: '1050' });
  });

  test('is that of what is left of the price where there is a promotion', async () => {
    const coupon = await shop.stripe.coupons.create({ percent_off: 50, duration: 'once' });
    await shop.stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'HALF' });
    const payment = await shop.buy('promoted', { pack: 'taxed' }, 'pm_card_visa', 'HALF');
    await shop.has('promoted', { granted: '1050' });
    const { amount_received: paid } = await shop.stripe.paymentIntents.retrieve(payment);
    const [session] = (await shop.stripe.checkout.sessions.list({ payment_intent: payment })).data;
    const price = paid - session!.total_details!.amount_tax;
    expect(await costOf('promoted')).toEqual({ amount: (price / 100).toFixed(2), currency: 'USD' });
  });

  test('of a payment that others made is what they say it is', async () => {
    await shop.stripe.paymentIntents.create({
      amount: 1_000,
      amount_details: { tax: { total_tax_amount: 150 } },
      currency: 'usd',
      payment_method: 'pm_card_visa',
      confirm: true,
      return_url: 'https://example.com',
      metadata: { credits_account: 'others', credits_amount: '7' },
    });
    await shop.has('others', { granted: '7' });
    expect(await costOf('others')).toEqual({ amount: '8.50', currency: 'USD' });
  });

  test('is all that finance lacks of what Stripe took and gave back, to the cent, and nothing differs', async () => {
    const { data } = await shop.stripe.paymentIntents.list({ limit: 100 });
    const sessions = await shop.stripe.checkout.sessions.list({ limit: 100 });
    const tax = sessions.data.reduce((sum, { total_details }) => sum + total_details!.amount_tax, 150);
    const paid = data.reduce((sum, { amount_received }) => sum + amount_received, 0) - tax;
    const sum = async (column: string): Promise<number> => {
      const { body } = await shop.call('GET', '/finance/months');
      return body.data.reduce((all: number, row: Json) => all + Math.round(Number(row[column]) * 100), 0);
    };
    await eventually(async () => (await sum('paid')) === paid && (await sum('revoked')) === 999);
    expect(await differencesOf(shop, { from: Date.now() - HOUR_MS, to: Date.now() + HOUR_MS })).toEqual([]);
  });
});
