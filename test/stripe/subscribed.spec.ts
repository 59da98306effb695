import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Stripe } from 'stripe';
import type { Json } from '../contract/api.js';
import { Shop } from './shop.js';

describe('subscriptions, bought at Stripe', () => {
  let shop: Shop;
  let prices: Record<'basic' | 'pro', string>;

  beforeAll(async () => {
    shop = await Shop.open('postgres');
    const product = await shop.stripe.products.create({ name: 'Plan' });
    const priceOf = async (amount: number): Promise<string> => {
      const recurring = { interval: 'month' } as const;
      return (await shop.stripe.prices.create({ product: product.id, currency: 'usd', unit_amount: amount, recurring }))
        .id;
    };
    prices = { basic: await priceOf(1_000), pro: await priceOf(2_000) };
    for (const [id, credits] of [
      ['basic', '100'],
      ['pro', '1000'],
    ] as const) {
      const price = { amount: id === 'basic' ? '10' : '20', currency: 'usd', stripe_price: prices[id] };
      const plan = { name: id, prices: [price], grants: [{ unit: 'credits', amount: credits }], publish: true };
      expect((await shop.call('PUT', `/plans/${id}`, plan)).status).toBe(200);
    }
    shop.simulator.deliveries.plan = { ...shop.simulator.deliveries.plan, copies: [2, 4], delayMs: [0, 40] };
  });

  afterAll(() => shop?.close());

  const buy = async (
    account: string,
    more: Partial<Stripe.SubscriptionCreateParams> = {},
  ): Promise<Stripe.Subscription> => {
    const customer = await shop.stripe.customers.create({ metadata: { credits_account: account } });
    const method = await shop.stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    return shop.stripe.subscriptions.create({
      customer: customer.id,
      default_payment_method: method.id,
      items: [{ price: prices.basic }],
      ...more,
    });
  };
  const had = async (account: string, id: string): Promise<Json> =>
    (await shop.call('GET', `/accounts/${account}/subscriptions/${id}`)).body.subscription;

  test('a period that is paid is granted once, by siblings and duplicates', async () => {
    const { id } = await buy('subscriber');
    await shop.has('subscriber', { granted: '100', available: '100' });
    await shop.quiet();
    expect(await shop.credits('subscriber')).toMatchObject({ granted: '100' });
    expect(await had('subscriber', id)).toMatchObject({ plan: 'basic', status: 'active' });
  });

  test('one whose first invoice is not paid grants nothing', async () => {
    const customer = await shop.stripe.customers.create({ metadata: { credits_account: 'declined' } });
    const method = await shop.stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
    await shop.stripe.subscriptions.create({
      customer: customer.id,
      default_payment_method: method.id,
      items: [{ price: prices.basic }],
      payment_behavior: 'default_incomplete',
    });
    await shop.quiet();
    expect(await shop.credits('declined')).toMatchObject({ granted: '0' });
  });

  test('an upgrade gives what is left of the period, a cancellation at its end is known, and a deletion ends it', async () => {
    const { id, items } = await buy('changer');
    await shop.has('changer', { granted: '100' });
    await shop.stripe.subscriptions.update(id, { items: [{ id: items.data[0]!.id, price: prices.pro }] });
    await shop.quiet();
    expect(await had('changer', id)).toMatchObject({ plan: 'pro' });
    expect(Number((await shop.credits('changer')).available)).toBeGreaterThan(990);
    await shop.stripe.subscriptions.update(id, { cancel_at_period_end: true });
    await shop.quiet();
    expect(await had('changer', id)).toMatchObject({ cancel_at_period_end: true });
    await shop.stripe.subscriptions.cancel(id);
    await shop.quiet();
    expect(await had('changer', id)).toMatchObject({ status: 'ended' });
  });

  test('several items are told apart, and a quantity multiplies', async () => {
    const { id, items } = await buy('family', { items: [{ price: prices.basic, quantity: 3 }, { price: prices.pro }] });
    await shop.has('family', { granted: '1300' });
    await shop.quiet();
    const names = [id, ...items.data.map(item => item.id)];
    const plans = await Promise.all(names.map(async name => (await had('family', name))?.plan));
    expect(plans.filter(plan => plan !== undefined).sort()).toEqual(['basic', 'pro']);
  });
});
