import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Counter, Registry } from 'prom-client';
import { Bookmarks } from '../../src/stripe/intake/bookmarks.js';
import { ListMissedEvents } from '../../src/stripe/intake/list-missed-events.js';
import { StoredEvents } from '../../src/stripe/intake/stored-events.js';
import { StripeClients } from '../../src/stripe/stripe-clients.js';
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
    await shop.buy('told', { pack: 'starter' });
    await shop.has('told', { granted: '100' });
    await shop.quiet();
    const before = await events();
    await walk();
    expect([await events(), said]).toEqual([before, []]);
  });

  test('is looked for again from where a walk was cut off', async () => {
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

  test('cannot be found after 30 days, which is said', async () => {
    shop.simulator.world.moveBy(40 * DAY_SECONDS);
    await walk();
    expect(said[0]).toMatch(/^Stripe lists no live events before .*: those since .* have to be looked for elsewhere$/);
    await walk();
    expect(said).toEqual([]);
  });
});
