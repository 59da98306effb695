import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Counter, Registry } from 'prom-client';
import { Bookmarks } from '../../src/stripe/intake/bookmarks.js';
import { ListMissedEvents } from '../../src/stripe/intake/list-missed-events.js';
import { StoredEvents } from '../../src/stripe/intake/stored-events.js';
import { StripeClients } from '../../src/stripe/stripe-clients.js';
import { LIVE, openReconcile } from './reconciling.js';
import { Shop } from './shop.js';

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 24 * HOUR_SECONDS;
const PACK = { name: 'Starter', amount: '100', price: { amount: '10', currency: 'usd' } };

describe('what no webhook told', () => {
  let shop: Shop;
  let said: string[];

  beforeAll(async () => {
    shop = await Shop.open('postgres');
    await shop.call('PUT', '/packs/starter', PACK);
    await shop.listed();
  });
  afterAll(() => shop?.close());

  const worldNow = (): number => shop.simulator.world.now() * 1_000;
  const job = (): ListMissedEvents => {
    said = [];
    return new ListMissedEvents({
      clients: new StripeClients({
        secretKeys: [shop.simulator.secretKey],
        webhookSecrets: [],
        apiBase: shop.simulator.url,
      }),
      events: new StoredEvents(shop.database.appPool),
      bookmarks: new Bookmarks(shop.database.appPool),
      missed: new Counter({ name: 'missed', help: 'missed', labelNames: ['mode'], registers: [new Registry()] }),
      log: { warn: message => void said.push(message) },
      now: worldNow,
    });
  };
  const walk = (signal = new AbortController().signal) => job().run({ signal, failed: () => {} });
  const events = async (): Promise<number> =>
    (await shop.database.ownerPool.query<{ n: number }>('SELECT count(*)::int AS n FROM stripe_events')).rows[0]!.n;

  test('is found in Stripe’s own list after three days without webhooks, refunds of it too, and worked on once', async () => {
    await shop.listed();
    await walk();
    shop.simulator.deliveries.hold();
    const payments: string[] = [];
    for (let day = 0; day < 3; day++) {
      payments.push(await shop.buy(`missed_${day}`, { pack: 'starter' }));
      shop.simulator.world.moveBy(DAY_SECONDS);
    }
    await shop.stripe.refunds.create({ payment_intent: payments[0]!, amount: 500 });
    shop.simulator.deliveries.dropHeld();
    const before = await events();
    await walk();
    expect(said).toEqual([expect.stringMatching(/^\d+ live events of Stripe's had not been told by any webhook$/)]);
    await shop.has('missed_0', { granted: '100', revoked: '50' });
    await shop.has('missed_1', { granted: '100' });
    await shop.has('missed_2', { granted: '100' });
    const after = await events();
    expect(after).toBeGreaterThan(before);
    await walk();
    expect([await events(), said]).toEqual([after, []]);
    shop.simulator.deliveries.resume();
  });

  test('is not what webhooks told: those are there already', async () => {
    await shop.listed();
    await shop.buy('told', { pack: 'starter' });
    await shop.has('told', { granted: '100' });
    await shop.quiet();
    const before = await events();
    await walk();
    expect([await events(), said]).toEqual([before, []]);
  });

  test('is looked for again from where a walk was cut off', async () => {
    await shop.listed();
    shop.simulator.deliveries.hold();
    await shop.buy('cut_off', { pack: 'starter' });
    shop.simulator.world.moveBy(DAY_SECONDS);
    const bookmark = await new Bookmarks(shop.database.appPool).begin('live', 0);
    shop.simulator.troubles.add({ kind: 'refuse', status: 400 }, { path: '/v1/events' });
    await expect(walk()).rejects.toThrow();
    shop.simulator.troubles.clear();
    expect(await new Bookmarks(shop.database.appPool).begin('live', 0)).toBe(bookmark);
    const stopped = new AbortController();
    stopped.abort();
    await walk(stopped.signal);
    expect(await new Bookmarks(shop.database.appPool).begin('live', 0)).toBe(bookmark);
    await walk();
    await shop.has('cut_off', { granted: '100' });
    shop.simulator.deliveries.dropHeld();
    shop.simulator.deliveries.resume();
  });

  test('is not listed after 30 days, which is said; a reconciliation from then on finds payments, refunds and invoices', async () => {
    await shop.close();
    // Weeks ago by Stripe's clock, so that what is bought then has begun by the ledger's. Nobody else walks.
    const startsAt = Math.floor(Date.now() / 1_000) - 41 * DAY_SECONDS;
    shop = await Shop.open('postgres', ['api'], { startsAt });
    await shop.call('PUT', '/packs/starter', PACK);
    await walk();
    const product = await shop.stripe.products.create({ name: 'Plan' });
    const recurring = { interval: 'year' } as const;
    const terms = { product: product.id, currency: 'usd', unit_amount: 1_000, recurring } as const;
    const price = (await shop.stripe.prices.create(terms)).id;
    const prices = [{ amount: '10', currency: 'usd', stripe_price: price }];
    const plan = {
      name: 'Yearly',
      period: { every: 'year' },
      prices,
      grants: [{ unit: 'credits', amount: '7' }],
      publish: true,
    };
    expect((await shop.call('PUT', '/plans/yearly', plan)).body).toMatchObject({ version: 1 });
    shop.simulator.deliveries.hold();
    const payment = await shop.buy('long_ago', { pack: 'starter' });
    await shop.stripe.refunds.create({ payment_intent: payment, amount: 250 });
    const customer = (await shop.stripe.customers.create({ metadata: { credits_account: 'long_ago' } })).id;
    const { id: method } = await shop.stripe.paymentMethods.attach('pm_card_visa', { customer });
    await shop.stripe.subscriptions.create({ customer, default_payment_method: method, items: [{ price }] });
    shop.simulator.world.moveBy(40 * DAY_SECONDS);
    shop.simulator.deliveries.dropHeld();
    await walk();
    expect(said[0]).toMatch(/^Stripe lists no live events before .*: what happened since .* is found by `npm run ops/);
    const from = /--from (\S+) --mode live/.exec(said[0]!)![1]!;
    await walk();
    expect(said).toEqual([]);
    const { reconcile, engine } = await openReconcile(shop);
    const found: string[] = [];
    const span = { from: Date.parse(from), to: worldNow() };
    for await (const difference of reconcile.differences(LIVE, span)) {
      found.push(difference.kind);
      const { repair } = await reconcile.repair(LIVE, difference);
      expect([repair?.isDone, repair?.words]).toEqual([true, expect.stringContaining(difference.object)]);
    }
    expect(found).toEqual(['missing_grant', 'missing_period']);
    expect(await shop.credits('long_ago')).toMatchObject({ granted: '107', revoked: '25' });
    await engine.writePath.drain();
  });
});
