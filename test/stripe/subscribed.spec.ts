import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Stripe } from 'stripe';
import type { Json } from '../contract/api.js';
import { auditLedger } from '../support/audit.js';
import { eventually } from '../support/data-dir.js';
import { awayFromMidnight } from '../support/midnight.js';
import { Shop } from './shop.js';

describe('subscriptions, bought at Stripe', () => {
  let shop: Shop;
  let prices: Record<'basic' | 'pro', string>;

  beforeAll(async () => {
    await awayFromMidnight();
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

  /** The payment intent of the newest invoice. */
  const paymentOf = async (subscription: string): Promise<string> => {
    const { data } = await shop.stripe.invoices.list({ subscription, limit: 1 });
    const payments = await shop.stripe.invoicePayments.list({ invoice: data[0]!.id });
    return String(payments.data[0]!.payment.payment_intent);
  };

  test('refunds of its payment take back what the period gave, by delta, spent credits as debt, until they are all back', async () => {
    const { id } = await buy('refunded');
    await shop.has('refunded', { granted: '100' });
    const intent = await paymentOf(id);
    await shop.stripe.refunds.create({ payment_intent: intent, amount: 333 });
    await shop.has('refunded', { revoked: '33.3', available: '66.7' });
    await shop.call('POST', '/accounts/refunded/charges', { amount: '60' });
    await shop.stripe.refunds.create({ payment_intent: intent });
    await shop.has('refunded', { revoked: '100', available: '0', debt: '60' });
    await shop.quiet();
    expect(await shop.credits('refunded')).toMatchObject({ revoked: '100', debt: '60' });
  });

  test('a refund that fails gives back what it took', async () => {
    const customer = await shop.stripe.customers.create({ metadata: { credits_account: 'failing' } });
    const method = await shop.stripe.paymentMethods.attach('pm_card_pendingRefund', { customer: customer.id });
    const items = [{ price: prices.basic }];
    const { id } = await shop.stripe.subscriptions.create({
      customer: customer.id,
      default_payment_method: method.id,
      items,
    });
    await shop.has('failing', { granted: '100' });
    const refund = await shop.stripe.refunds.create({ payment_intent: await paymentOf(id), amount: 500 });
    await shop.has('failing', { revoked: '50' });
    shop.simulator.cases.endRefund(refund.id, 'failed');
    await shop.has('failing', { revoked: '0', available: '100' });
  });

  test('a dispute of its payment takes all, and gives it back when it is won', async () => {
    const { id } = await buy('disputing');
    await shop.has('disputing', { granted: '100' });
    const dispute = shop.simulator.cases.dispute(await paymentOf(id));
    await shop.has('disputing', { revoked: '100', available: '0' });
    shop.simulator.cases.closeDispute(dispute.id, true);
    await shop.has('disputing', { revoked: '0', available: '100' });
  });

  test('a refund that is heard of before its invoice takes back what that gives, once', async () => {
    shop.simulator.deliveries.hold();
    const { id } = await buy('backwards');
    await shop.stripe.refunds.create({ payment_intent: await paymentOf(id), amount: 250 });
    await shop.simulator.deliveries.release({ isShuffled: true, copies: [2, 4], seed: 5 });
    shop.simulator.deliveries.resume();
    await shop.has('backwards', { granted: '100', revoked: '25', available: '75' });
    await shop.quiet();
    expect(await shop.credits('backwards')).toMatchObject({ granted: '100', revoked: '25' });
  });

  test('what was paid for a period is the cost of its credits, without tax and without what was not paid', async () => {
    const half = await shop.stripe.coupons.create({ percent_off: 50, duration: 'once' });
    const { id } = await buy('costly', { automatic_tax: { enabled: true }, discounts: [{ coupon: half.id }] });
    await shop.has('costly', { granted: '100' });
    const { data } = await shop.stripe.invoices.list({ subscription: id });
    expect(data[0]).toMatchObject({ amount_paid: 600, total_taxes: [{ amount: 100 }] });
    const lots = (await shop.call('GET', '/accounts/costly/lots')).body.data as Json[];
    expect(lots.map(({ cost }) => cost)).toEqual([{ amount: '5.00', currency: 'USD' }]);
  });

  describe('money that bought no credits', () => {
    /** More is given at once, billed later; then less, and the bill: it is the price of nothing that is to be given. */
    const paidForNothing = async (account: string, currency: string): Promise<Stripe.Subscription> => {
      const product = await shop.stripe.products.create({ name: `Plan in ${currency}` });
      const recurring = { interval: 'month' } as const;
      const price = await shop.stripe.prices.create({ product: product.id, currency, unit_amount: 1_000, recurring });
      await shop.call('PUT', `/plans/in_${currency}`, {
        name: currency,
        prices: [{ amount: '10', currency, stripe_price: price.id }],
        grants: [{ unit: 'credits', amount: '100' }],
        publish: true,
      });
      const bought = await buy(account, { items: [{ price: price.id }] });
      await shop.has(account, { granted: '100' });
      const [item] = bought.items.data;
      const change = (quantity: number, proration_behavior: 'create_prorations' | 'always_invoice') =>
        shop.stripe.subscriptions.update(bought.id, { items: [{ id: item!.id, quantity }], proration_behavior });
      await change(3, 'create_prorations');
      await shop.quiet();
      await change(2, 'always_invoice');
      await shop.quiet();
      return bought;
    };
    const centsOf = async (subscription: string): Promise<number> => {
      const { data } = await shop.stripe.invoices.list({ subscription, limit: 100 });
      return data.reduce((sum, { amount_paid: paid }) => sum + paid, 0);
    };
    const books = async (currency: string): Promise<Json> => {
      const { body } = await shop.call('GET', `/finance/months?currency=${currency.toUpperCase()}`);
      return body.data[0];
    };
    const hasPaid = (currency: string, cents: number): Promise<void> =>
      eventually(async () => Math.round(Number((await books(currency))?.paid) * 100) === cents);

    /** Works once more on what Stripe told of it. @returns in words, what came of it */
    const lookAgain = async (subscription: string, dryRun = false): Promise<string> => {
      const { body: told } = await shop.call('GET', `/ops/stripe/events?subject=${subscription}&limit=1`);
      const order = { events: [told.data[0].id], dry_run: dryRun, reason: 'once more' };
      const { body } = await shop.call('POST', '/ops/stripe/events/replay', order);
      await shop.quiet();
      return body.events[0].result;
    };

    test('waits for what it is the price of, and is earned once the subscription is over, once', async () => {
      const { id } = await paidForNothing('leaver', 'eur');
      const cents = await centsOf(id);
      expect(cents).toBeGreaterThan(1_900);
      await hasPaid('eur', 1_000);
      await shop.stripe.subscriptions.cancel(id);
      await shop.quiet();
      await hasPaid('eur', cents);
      await lookAgain(id);
      expect(Number((await books('eur')).paid)).toBeCloseTo(cents / 100, 2);
      const entries = (await shop.call('GET', '/accounts/leaver/entries')).body.data as Json[];
      expect(entries[0]).toMatchObject({
        type: 'subscribe',
        subscription: id,
        reason: expect.stringMatching(/^Stripe in_/),
      });
      expect(await auditLedger(shop.database)).toEqual([]);
    });

    test('is earned by whoever comes after one that died before or after he booked it', async () => {
      const { id } = await paidForNothing('buried', 'gbp');
      const cents = await centsOf(id);
      const { ownerPool } = shop.database;
      const meant = `UPDATE stripe_invoice_money m SET fact = 'stripe:' || invoice || ':' || m.item || ':kept', seq = NULL
        FROM stripe_subscription_items i WHERE i.item = m.item AND i.subscription = $1 AND m.seq IS NULL`;
      expect((await ownerPool.query(meant, [id])).rowCount).toBe(1);
      await shop.stripe.subscriptions.cancel(id);
      await shop.quiet();
      await hasPaid('gbp', cents);
      const again = `UPDATE stripe_invoice_money m SET seq = NULL
        FROM stripe_subscription_items i WHERE i.item = m.item AND i.subscription = $1 AND m.fact LIKE '%:kept'`;
      expect((await ownerPool.query(again, [id])).rowCount).toBe(1);
      await lookAgain(id);
      const { rows } = await ownerPool.query(
        `SELECT count(*)::int AS n FROM entries WHERE details -> 'subscription' ->> 'id' = $1
           AND details -> 'subscription' ? 'paid'
         UNION ALL SELECT count(*)::int FROM stripe_invoice_money WHERE seq IS NULL`,
        [id],
      );
      expect(rows).toEqual([{ n: 1 }, { n: 0 }]);
      const forgotten = `UPDATE stripe_invoice_money m SET fact = NULL, seq = NULL
        FROM stripe_subscription_items i WHERE i.item = m.item AND i.subscription = $1 AND m.fact LIKE '%:kept'`;
      await ownerPool.query(forgotten, [id]);
      expect(await lookAgain(id, true)).toContain('which is the price of no credits');
    });
  });

  test('more of the plan within a period is given once its invoice is paid, less with the next', async () => {
    const { id, items } = await buy('growing');
    await shop.has('growing', { granted: '100' });
    const change = (quantity: number) =>
      shop.stripe.subscriptions.update(id, {
        items: [{ id: items.data[0]!.id, quantity }],
        proration_behavior: 'always_invoice',
      });
    await change(3);
    await shop.quiet();
    const { granted } = await shop.credits('growing');
    expect(Number(granted)).toBeGreaterThan(299);
    expect(Number(granted)).toBeLessThanOrEqual(300);
    for (const quantity of [1, 2, 3]) await change(quantity);
    await shop.quiet();
    expect(await shop.credits('growing')).toMatchObject({ granted });
    const lots = (await shop.call('GET', '/accounts/growing/lots')).body.data as Json[];
    expect(lots.map(({ cost }) => Number(cost.amount)).reduce((sum, amount) => sum + amount, 0)).toBeCloseTo(30, 1);
  });
});
