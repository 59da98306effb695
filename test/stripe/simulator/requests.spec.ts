import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Stripe } from 'stripe';
import type { StripeSimulator } from '../../../tools/stripe-sim/simulator.js';
import { refusal, sdkOf, startStripe } from './simulated-stripe.js';

let simulator: StripeSimulator;
let stripe: Stripe;

beforeEach(async () => {
  ({ simulator, stripe } = await startStripe());
});
afterEach(() => simulator.stop());

describe('idempotency keys', () => {
  test('give the first answer again to the same request, with a header that says so', async () => {
    const first = await stripe.customers.create({ email: 'a@example.com' }, { idempotencyKey: 'k1' });
    const again = await stripe.customers.create({ email: 'a@example.com' }, { idempotencyKey: 'k1' });
    expect(again.id).toBe(first.id);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(first.lastResponse.headers['idempotent-replayed']).toBeUndefined();
    expect(again.lastResponse.headers['original-request']).toBe(first.lastResponse.requestId);
    expect((await stripe.customers.list()).data).toHaveLength(1);
  });

  test('are refused to another request', async () => {
    await stripe.customers.create({ email: 'a@example.com' }, { idempotencyKey: 'k1' });
    const error = await refusal(stripe.customers.create({ email: 'b@example.com' }, { idempotencyKey: 'k1' }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    expect(error).toMatchObject({ statusCode: 400, rawType: 'idempotency_error' });
  });

  test('keep a decline, but nothing that was refused before it began', async () => {
    const customer = await stripe.customers.create({});
    const pay = (amount: number) =>
      stripe.paymentIntents.create(
        { amount, currency: 'eur', customer: customer.id, payment_method: 'pm_card_chargeDeclined', confirm: true },
        { idempotencyKey: `k${amount}` },
      );
    const first = await refusal(pay(500));
    const again = await refusal(pay(500));
    expect(again.payment_intent?.id).toBe(first.payment_intent?.id);
    expect((await refusal(pay(0))).statusCode).toBe(400);
    expect((await stripe.paymentIntents.list()).data).toHaveLength(1);
  });

  test('are forgotten after a day', async () => {
    const first = await stripe.customers.create({}, { idempotencyKey: 'k1' });
    simulator.world.moveBy(24 * 3600);
    expect((await stripe.customers.create({}, { idempotencyKey: 'k1' })).id).not.toBe(first.id);
  });
});

describe('refusals', () => {
  test('have Stripe’s types, codes, parameters and request ids', async () => {
    const missing = await refusal(stripe.customers.retrieve('cus_nobody'));
    expect(missing).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    expect(missing).toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
      message: "No such customer: 'cus_nobody'",
    });
    expect(missing.requestId).toMatch(/^req_/);
    const inBody = await refusal(
      stripe.paymentIntents.create({ amount: 500, currency: 'eur', customer: 'cus_nobody' }),
    );
    expect(inBody).toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'customer' });
    const without = await refusal(stripe.refunds.create({}));
    expect(without).toMatchObject({ statusCode: 400, code: 'parameter_missing', param: 'charge' });
  });

  test('name a parameter that the simulator does not know, in place of passing it over', async () => {
    const error = await refusal(stripe.customers.create({ preferred_locales: ['de'] }));
    expect(error).toMatchObject({ code: 'parameter_unknown', param: 'preferred_locales' });
  });

  test('of a key of the other mode, of no key, and of another API version', async () => {
    const { hostname, port } = new URL(simulator.url);
    const live = new Stripe('sk_live_x', { host: hostname, port, protocol: 'http', maxNetworkRetries: 0 });
    expect(await refusal(live.customers.list())).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
    expect((await fetch(`${simulator.url}/v1/customers`)).status).toBe(401);
    const older = await fetch(`${simulator.url}/v1/customers`, {
      headers: { authorization: `Bearer ${simulator.secretKey}`, 'stripe-version': '2020-08-27' },
    });
    expect(older.status).toBe(400);
  });

  test('with 429 beyond a rate, and where a test says so', async () => {
    simulator.troubles.add({ kind: 'refuse', status: 429, retryAfterSeconds: 1 }, { path: '/v1/customers' });
    const error = await refusal(stripe.customers.list());
    expect(error).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
    expect(error.headers?.['retry-after']).toBe('1');
    simulator.limitRate(3);
    const statuses = await Promise.allSettled(Array.from({ length: 12 }, () => stripe.customers.list()));
    expect(statuses.filter(({ status }) => status === 'rejected').length).toBeGreaterThanOrEqual(6);
    simulator.limitRate(undefined);
    expect((await stripe.customers.list()).data).toEqual([]);
  });
});

describe('what is asked for wrongly', () => {
  test('is named where it stands, also deep within a list', async () => {
    const error = await refusal(
      stripe.checkout.sessions.create({
        mode: 'payment',
        success_url: 'https://shop.example',
        line_items: [{ price_data: { currency: 'eur', unit_amount: -1, product_data: { name: 'Pack' } } }],
      }),
    );
    expect(error).toMatchObject({ code: 'parameter_invalid_integer', param: 'line_items[0][price_data][unit_amount]' });
  });

  test.each(['__proto__.x', 'constructor', 'metadata.trap', 'email'])('is no reason to fail: expand %s', async path => {
    const { id } = await stripe.customers.create({ email: 'a@example.com', metadata: { trap: 'constructor_1' } });
    expect(await refusal(stripe.customers.retrieve(id, { expand: [path] }))).toMatchObject({
      statusCode: 400,
      param: 'expand',
    });
  });

  test('leads to no page of a script, and to no other account', async () => {
    const session = stripe.checkout.sessions.create({ mode: 'setup', success_url: 'javascript:alert(1)' });
    expect(await refusal(session)).toMatchObject({ code: 'url_invalid', param: 'success_url' });
    expect(await refusal(stripe.customers.list({}, { stripeAccount: 'acct_other' }))).toMatchObject({
      statusCode: 400,
    });
  });
});

test('live mode is a world of its own', async () => {
  const live = await startStripe({ livemode: true });
  const session = await live.stripe.checkout.sessions.create({
    mode: 'setup',
    customer: (await live.stripe.customers.create({})).id,
    success_url: 'https://shop.example',
  });
  expect(session).toMatchObject({ livemode: true, id: expect.stringMatching(/^cs_live_/) });
  expect(live.simulator.world.events.all()).toMatchObject([{ livemode: true }]);
  expect(await refusal(live.stripe.testHelpers.testClocks.create({ frozen_time: 0 }))).toMatchObject({
    statusCode: 400,
  });
  await live.simulator.stop();
});

test('the same seed makes the same ids', async () => {
  const other = await startStripe();
  const make = async (sdk: Stripe): Promise<string[]> => [
    (await sdk.customers.create({})).id,
    (await sdk.products.create({ name: 'Pack' })).id,
  ];
  expect(await make(other.stripe)).toEqual(await make(stripe));
  await other.simulator.stop();
});

describe('a connection that ends', () => {
  test('before the request took effect: a retry of the SDK makes the one customer', async () => {
    simulator.troubles.add({ kind: 'cut_before' });
    await sdkOf(simulator, { maxNetworkRetries: 2 }).customers.create({ email: 'a@example.com' });
    expect(simulator.world.customers.all()).toHaveLength(1);
  });

  test('after it took effect: the retry, with the key that the SDK made, finds it done', async () => {
    simulator.troubles.add({ kind: 'cut_after' });
    const customer = await sdkOf(simulator, { maxNetworkRetries: 2 }).customers.create({ email: 'a@example.com' });
    expect(customer.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(simulator.world.customers.all()).toHaveLength(1);
  });
});

describe('lists', () => {
  test('are newest first, in pages, both ways', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await stripe.products.create({ id: name, name });
    const ids = (list: Stripe.ApiList<Stripe.Product>) => list.data.map(product => product.id);
    const first = await stripe.products.list({ limit: 2 });
    expect([ids(first), first.has_more]).toEqual([['e', 'd'], true]);
    const second = await stripe.products.list({ limit: 2, starting_after: 'd' });
    expect([ids(second), second.has_more]).toEqual([['c', 'b'], true]);
    const last = await stripe.products.list({ limit: 2, starting_after: 'b' });
    expect([ids(last), last.has_more]).toEqual([['a'], false]);
    expect(ids(await stripe.products.list({ limit: 2, ending_before: 'b' }))).toEqual(['d', 'c']);
    const all = await stripe.products.list({ limit: 2 }).autoPagingToArray({ limit: 100 });
    expect(all.map(product => product.id)).toEqual(['e', 'd', 'c', 'b', 'a']);
  });

  test('of events reach back 30 days, and are filtered by time and type', async () => {
    await stripe.customers.create({});
    const start = simulator.world.now();
    simulator.world.moveBy(3600);
    await stripe.products.create({ name: 'Pack' });
    const types = async (params: Stripe.EventListParams) =>
      (await stripe.events.list(params)).data.map(event => event.type);
    expect(await types({})).toEqual(['product.created', 'customer.created']);
    expect(await types({ created: { gt: start + 60 } })).toEqual(['product.created']);
    expect(await types({ created: { lte: start + 60 } })).toEqual(['customer.created']);
    expect(await types({ type: 'customer.*' })).toEqual(['customer.created']);
    expect(await types({ types: ['product.created', 'price.created'] })).toEqual(['product.created']);
    simulator.world.moveBy(30 * 24 * 3600 + 1);
    expect(await types({})).toEqual([]);
  });
});

test('metadata is merged, and a key is taken away by an empty value', async () => {
  const { id } = await stripe.customers.create({ metadata: { a: '1', b: '2' } });
  expect((await stripe.customers.update(id, { metadata: { b: '', c: '3' } })).metadata).toEqual({ a: '1', c: '3' });
  expect((await stripe.customers.update(id, { metadata: '' })).metadata).toEqual({});
});
