import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Stripe } from 'stripe';
import type { StripeSimulator } from '../../../tools/stripe-sim/simulator.js';
import { payloadOf } from '../../../tools/stripe-sim/webhooks/endpoints.js';
import { FORGERIES } from '../../../tools/stripe-sim/webhooks/forge.js';
import { startStripe, WebhookReceiver } from './simulated-stripe.js';

const SECRET = 'whsec_first';

let simulator: StripeSimulator;
let stripe: Stripe;
let receiver: WebhookReceiver;

beforeEach(async () => {
  ({ simulator, stripe } = await startStripe());
  receiver = await WebhookReceiver.open();
});
afterEach(async () => {
  await simulator.stop();
  await receiver.close();
});

function read({ body, signature }: { body: string; signature: string }, secret: string): Stripe.Event {
  return stripe.webhooks.constructEvent(body, signature, secret);
}

describe('webhooks', () => {
  test('are signed so that the SDK accepts them, with the object as it was and the pinned API version', async () => {
    simulator.endpoints.add(receiver.url, { secrets: [SECRET] });
    const { id } = await stripe.customers.create({ email: 'a@example.com' });
    await stripe.customers.update(id, { email: 'b@example.com' });
    await simulator.deliveries.settled();
    const told = receiver.got.map(one => read(one, SECRET));
    const [created, updated] = ['created', 'updated'].map(what => told.find(({ type }) => type === `customer.${what}`));
    expect(created).toMatchObject({
      type: 'customer.created',
      api_version: Stripe.API_VERSION,
      livemode: false,
      data: { object: { id, email: 'a@example.com' } },
    });
    expect(updated?.data.previous_attributes).toEqual({ email: 'a@example.com' });
    expect(() => read(receiver.got[0]!, 'whsec_other')).toThrow(Stripe.errors.StripeSignatureVerificationError);
  });

  test('carry a signature of each secret while one is replaced, and of the new one afterwards', async () => {
    const endpoint = simulator.endpoints.add(receiver.url, { secrets: [SECRET] });
    const second = simulator.endpoints.roll(endpoint.id);
    await stripe.customers.create({});
    await simulator.deliveries.settled();
    expect(read(receiver.got[0]!, SECRET).id).toBe(read(receiver.got[0]!, second).id);
    simulator.endpoints.retireOldSecrets(endpoint.id);
    await stripe.customers.create({});
    await simulator.deliveries.settled();
    expect(() => read(receiver.got[1]!, SECRET)).toThrow();
    expect(read(receiver.got[1]!, second).type).toBe('customer.created');
  });

  test('are thin where the endpoint asks: the object is fetched, and so is the event', async () => {
    simulator.endpoints.add(receiver.url, { secrets: [SECRET], payload: 'thin' });
    const { id } = await stripe.customers.create({ email: 'a@example.com' });
    await simulator.deliveries.settled();
    const { body, signature } = receiver.got[0]!;
    const notification = stripe.parseEventNotification(body, signature, SECRET);
    if (notification.type !== 'v1.customer.created') throw new Error(notification.type);
    expect(await notification.fetchRelatedObject()).toMatchObject({ id, email: 'a@example.com' });
    expect(await notification.fetchEvent()).toMatchObject({
      id: notification.id,
      related_object: { id, type: 'customer' },
    });
  });

  test('go only to who asked for their type, and endpoints are made by the API too', async () => {
    const made = await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['product.created'] });
    await stripe.customers.create({});
    await stripe.products.create({ name: 'Pack' });
    await simulator.deliveries.settled();
    expect(receiver.types()).toEqual(['product.created']);
    expect(read(receiver.got[0]!, made.secret!).type).toBe('product.created');
    await stripe.webhookEndpoints.del(made.id);
    await stripe.products.create({ name: 'Other' });
    await simulator.deliveries.settled();
    expect(receiver.got).toHaveLength(1);
  });

  test('are sent again until they are taken, and the event says how many wait', async () => {
    simulator.endpoints.add(receiver.url);
    simulator.deliveries.plan = { ...simulator.deliveries.plan, retryAfterMs: [5, 5, 5] };
    let tries = 0;
    receiver.status = () => ((tries += 1) < 3 ? 500 : 200);
    await stripe.customers.create({});
    await simulator.deliveries.settled();
    expect(tries).toBe(3);
    expect(simulator.deliveries.attempts.map(attempt => attempt.outcome)).toEqual([500, 500, 200]);
    const { data } = await stripe.events.list({ delivery_success: true });
    expect(data).toHaveLength(1);
  });
});

describe('deliveries that a test holds', () => {
  async function customers(count: number): Promise<void> {
    for (let made = 0; made < count; made += 1) await stripe.customers.create({ email: `${made}@example.com` });
  }

  test('are released several times over, out of order, some never; the same seed does the same', async () => {
    simulator.endpoints.add(receiver.url, { secrets: [SECRET] });
    simulator.deliveries.hold();
    await customers(20);
    expect(receiver.got).toHaveLength(0);
    const parcels = simulator.world.events.all().flatMap(event => simulator.endpoints.parcelsOf(event));
    const plan = { copies: [1, 4], dropShare: 0.2, isShuffled: true, concurrency: 1, seed: 7 } as const;
    const first = await simulator.deliveries.release(plan);
    const order = receiver.got.splice(0).map(one => read(one, SECRET).id);
    expect(first.dropped).toBeGreaterThan(0);
    expect(first.sent).toBe(order.length);
    expect(new Set(order).size).toBe(20 - first.dropped);
    expect(order.length).toBeGreaterThan(20 - first.dropped);
    expect(order).not.toEqual([...order].sort((a, b) => ids().indexOf(a) - ids().indexOf(b)));
    expect(await simulator.deliveries.send(parcels, plan)).toEqual(first);
    expect(receiver.got.map(one => read(one, SECRET).id)).toEqual(order);
  });

  test('are lost where a test says so, and are still among the events', async () => {
    simulator.endpoints.add(receiver.url);
    simulator.deliveries.hold();
    await customers(3);
    expect(simulator.deliveries.dropHeld()).toBe(3);
    simulator.deliveries.resume();
    await customers(1);
    await simulator.deliveries.settled();
    expect(receiver.got).toHaveLength(1);
    expect((await stripe.events.list()).data).toHaveLength(4);
  });

  function ids(): string[] {
    return simulator.world.events.all().map(event => event.id);
  }
});

test.each(FORGERIES)('a forged delivery is refused by the SDK: %s', async forgery => {
  await stripe.customers.create({});
  const payload = payloadOf(simulator.world.events.all()[0]!, 'snapshot');
  await simulator.deliveries.forge(receiver.url, payload, SECRET, forgery);
  expect(receiver.got).toHaveLength(1);
  expect(() => read(receiver.got[0]!, SECRET)).toThrow();
});
