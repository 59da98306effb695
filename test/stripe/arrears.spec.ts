import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Stripe } from 'stripe';
import type { Json } from '../contract/api.js';
import { eventually } from '../support/data-dir.js';
import { onBothQueues } from '../support/both-queues.js';
import { Shop } from './shop.js';
import { awayFromMidnight } from '../support/midnight.js';

const run = promisify(execFile);
const METER = 'credits_overage';
const CREDIT = 1_000_000;
const DUE_NOW = `
UPDATE meter_reports SET next_attempt_at = clock_timestamp() WHERE next_attempt_at > clock_timestamp() + interval '1 second'`;

/** A plan of 10 credits a period, whose use beyond that is billed later. */
async function sell(shop: Shop): Promise<string> {
  const product = await shop.stripe.products.create({ name: 'Pay as you go' });
  const recurring = { interval: 'month' } as const;
  const price = { product: product.id, currency: 'usd', unit_amount: 500, recurring };
  const { id } = await shop.stripe.prices.create(price);
  const plan = {
    name: 'Pay as you go',
    prices: [{ amount: '5', currency: 'usd', stripe_price: id }],
    grants: [{ unit: 'credits', amount: '10' }],
    arrears: [{ unit: 'credits', meter: METER }],
    publish: true,
  };
  expect(await shop.call('PUT', '/plans/payg', plan)).toMatchObject({ status: 200 });
  return id;
}

async function subscribe(shop: Shop, account: string, price: string): Promise<string> {
  const customer = await shop.stripe.customers.create({ metadata: { credits_account: account } });
  const method = await shop.stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await shop.stripe.subscriptions.create({
    customer: customer.id,
    default_payment_method: method.id,
    items: [{ price }],
  });
  await shop.has(account, { granted: '10' });
  return customer.id;
}

const addMeter = (shop: Shop): Promise<Stripe.Billing.Meter> =>
  shop.stripe.billing.meters.create({
    display_name: 'Overage',
    event_name: METER,
    default_aggregation: { formula: 'sum' },
  });

/** What the meter has of a customer, by identifier. */
function reported(shop: Shop, customer: string): Record<string, number> {
  const events = shop.simulator.world.meterEvents.filter(({ payload }) => payload['stripe_customer_id'] === customer);
  const sums: Record<string, number> = {};
  for (const { identifier, payload } of events)
    sums[identifier] = (sums[identifier] ?? 0) + Number(payload['value']) / CREDIT;
  return sums;
}

async function ops(shop: Shop, ...args: string[]): Promise<{ code: number; output: string }> {
  const path = join(process.env['TEST_COMPILED_SERVICE']!, 'src', 'ops.js');
  const env = { PATH: process.env['PATH'], DATABASE_URL: shop.database.url, LOG_LEVEL: 'warn' };
  return run(process.execPath, [path, 'usage', ...args], { env }).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, output: stdout }),
  );
}

describe('what is used beyond what was paid for', () => {
  let shop: Shop;
  let price: string;

  beforeAll(async () => {
    await awayFromMidnight();
    shop = await Shop.open('postgres');
    price = await sell(shop);
  });
  afterAll(() => shop?.close());

  const charge = async (account: string, amount: string): Promise<Json> => {
    const { status, body } = await shop.call('POST', `/accounts/${account}/charges`, { amount });
    expect(status).toBe(201);
    return body;
  };
  const usage = async (query: string): Promise<Json[]> =>
    (await shop.call('GET', `/ops/stripe/usage?${query}`)).body.data;
  const settled = async (account: string, state: string): Promise<Json> => {
    let found: Json[] = [];
    await eventually(async () => {
      found = await usage(`account=${account}`);
      return found.length > 0 && found.every(each => each.state === state);
    });
    return found;
  };

  test('is refused by nobody, waits for its meter where there is none, and is reported once somebody says so', async () => {
    const customer = await subscribe(shop, 'early', price);
    const { entries, balances } = await charge('early', '15.5');
    expect(entries).toMatchObject([
      { type: 'grant', amount: '5.5', reason: 'overage' },
      { type: 'commit', amount: '15.5' },
    ]);
    expect(balances.credits).toMatchObject({ available: '0', debt: '0', granted: '15.5', spent: '15.5' });
    const [refused] = await settled('early', 'refused');
    expect(refused).toMatchObject({ id: entries[1].id, meter: METER, unit: 'credits', quantity: '5500000' });
    expect(refused.last_error).toContain('No active meter');
    expect(await usage('state=refused')).toHaveLength(1);

    await addMeter(shop);
    const decide = (decision: string, reports: string[]) =>
      shop.call('POST', '/ops/stripe/usage/decide', { reports, decision, reason: 'the meter is there now' });
    expect(await decide('report_again', [refused.id, another(refused.id)])).toMatchObject({
      status: 404,
      body: { code: 'meter_report_not_found' },
    });
    expect((await decide('report_again', [refused.id])).body).toEqual({
      reports: [{ id: refused.id, result: 'is reported again' }],
    });
    const [done] = await settled('early', 'reported');
    expect(done).toMatchObject({ customer, last_error: null, next_attempt_at: null });
    expect(reported(shop, customer)).toEqual({ [refused.id]: 5.5 });
    expect((await decide('is_reported', [refused.id])).body.reports[0].result).toBe('is reported already');
    const { rows } = await shop.database.ownerPool.query(
      `SELECT action, reason FROM ops_runs WHERE action LIKE 'stripe.usage%'`,
    );
    expect(rows).toContainEqual({ action: 'stripe.usage.report_again', reason: 'the meter is there now' });
  });

  test('can be listed and reported again from the command line', async () => {
    const customer = await subscribe(shop, 'by_hand', price);
    shop.simulator.troubles.add({ kind: 'refuse', status: 400 }, { method: 'POST', path: '/v1/billing/meter_events' });
    const { entries } = await charge('by_hand', '13');
    await settled('by_hand', 'refused');
    const { id } = entries[1];
    const listed = await ops(shop, 'list');
    expect([listed.code, listed.output]).toEqual([1, expect.stringContaining(`${id} by_hand: 3000000 to ${METER}`)]);
    expect(await ops(shop, 'list', '--mode', 'test')).toMatchObject({ code: 0, output: 'no such usage\n' });
    expect(await ops(shop, 'report', id)).toMatchObject({ code: 2 });
    expect(await ops(shop, 'report', id, '--reason', 'ticket 7')).toEqual({
      code: 0,
      output: `${id}: is reported again\n`,
    });
    await settled('by_hand', 'reported');
    expect(reported(shop, customer)).toEqual({ [id]: 3 });
    expect((await ops(shop, 'reported', id, '--reason', 'seen')).output).toBe(`${id}: is reported already\n`);
  });

  test('is what was committed, not what was held; and what is given back is billed no more', async () => {
    const customer = await subscribe(shop, 'holder', price);
    const held = await shop.call('POST', '/accounts/holder/reservations', { amount: '18' });
    expect(held.body).toMatchObject({ reservation: { status: 'open', lines: [{ reserved: '18' }] } });
    const { id } = held.body.reservation;
    const { body } = await shop.call('POST', `/reservations/${id}/commit`, { amount: '14' });
    expect(body.balances.credits).toMatchObject({ granted: '18', available: '0', spent: '14', expired: '4' });
    const refunded = await shop.call('POST', `/reservations/${id}/refund`, { amount: '6' });
    expect(refunded.body.balances.credits).toMatchObject({ available: '2', spent: '8', expired: '8' });
    await settled('holder', 'reported');
    expect(reported(shop, customer)).toEqual({ [body.entries[0].id]: 4, [refunded.body.entries[0].id]: -4 });
  });

  test('counts once, though the answer is lost, Stripe breaks or has no time', async () => {
    const customer = await subscribe(shop, 'unlucky', price);
    const path = '/v1/billing/meter_events';
    shop.simulator.troubles.add({ kind: 'cut_after' }, { method: 'POST', path, times: 2 });
    shop.simulator.troubles.add({ kind: 'refuse', status: 429 }, { method: 'POST', path, times: 3 });
    shop.simulator.troubles.add({ kind: 'refuse', status: 503 }, { method: 'POST', path, times: 2 });
    const first = await charge('unlucky', '11');
    const second = await charge('unlucky', '2');
    await settled('unlucky', 'reported');
    expect(reported(shop, customer)).toEqual({ [first.entries[1].id]: 1, [second.entries[1].id]: 2 });
  });

  test('waits for somebody to be billed', async () => {
    const now = Date.now();
    const period = {
      cycle_start_at: new Date(now).toISOString(),
      cycle_end_at: new Date(now + 86_400_000).toISOString(),
    };
    const put = await shop.call('PUT', '/accounts/nobody/subscriptions/own', { plan: 'payg', ...period });
    expect(put.status).toBe(200);
    await charge('nobody', '12');
    await eventually(async () => (await usage('account=nobody'))[0]?.state === 'failed');
    expect((await usage('account=nobody'))[0].last_error).toContain('no customer');
    await shop.call('PUT', '/packs/small', { name: 'Small', amount: '1', price: { amount: '1', currency: 'usd' } });
    await shop.beginTopUp('nobody', { pack: 'small' });
    const [done] = await settled('nobody', 'reported');
    expect(Object.values(reported(shop, done.customer))).toEqual([2]);
  });

  test('is allowed when it is asked for, and counts once against a budget that warns', async () => {
    await subscribe(shop, 'asking', price);
    const budgets = [{ unit: 'credits', amount: '12', window: { every: 'month' }, soft: true }];
    expect((await shop.call('PUT', '/accounts/asking/members/ada', { budgets })).status).toBe(200);
    const spend = { amount: '12', member: 'ada' };
    const { body: asked } = await shop.call('POST', '/accounts/asking/check', spend);
    expect(asked).toMatchObject({ allowed: true, balances: { credits: { available: '10', granted: '10' } } });
    expect(asked).not.toHaveProperty('warnings');
    const { body: held } = await shop.call('POST', '/accounts/asking/reservations', spend);
    expect(held.reservation).toMatchObject({ member: 'ada', lines: [{ reserved: '12' }] });
    expect(held).not.toHaveProperty('warnings');
  });

  test('of a reason that a caller gave is not billed', async () => {
    const customer = await subscribe(shop, 'pretender', price);
    await shop.call('POST', '/accounts/pretender/grants', { amount: '5', category: 'paid', reason: 'overage' });
    await charge('pretender', '15');
    await charge('pretender', '1');
    await settled('pretender', 'reported');
    expect(Object.values(reported(shop, customer))).toEqual([1]);
  });
});

describe('usage that is reported while workers are killed', () => {
  onBothQueues(store => {
    test('adds up at the meter to what was committed less what was given back', async () => {
      const shop = await Shop.open(store, ['api', 'worker', 'worker']);
      try {
        const price = await sell(shop);
        await addMeter(shop);
        const accounts = ['a', 'b', 'c', 'd'];
        const customers = await Promise.all(accounts.map(account => subscribe(shop, account, price)));
        shop.simulator.troubles.add({ kind: 'slow', ms: 150 }, { path: '/v1/billing/meter_events', times: 40 });
        const spending = Promise.all(accounts.map(account => spend(shop, account)));
        for (let kill = 0; kill < 6; kill++) {
          await sleep(300);
          const at = 1 + (kill % 2);
          await shop.services[at]!.kill9();
          shop.services[at] = await shop.startService('worker');
        }
        const expected = await spending;
        await eventually(async () => {
          // Due at once, those that somebody has in his hands too.
          await shop.database.ownerPool.query(DUE_NOW);
          const { rows } = await shop.database.ownerPool.query<{ n: number }>(
            `SELECT count(*)::int AS n FROM meter_reports WHERE state = 'reported'`,
          );
          return rows[0]!.n === accounts.length * 25;
        }, 600_000);
        const found = customers.map(customer => {
          const values = Object.values(reported(shop, customer));
          return [values.length, values.reduce((sum, value) => sum + value, 0)];
        });
        expect(found).toEqual(expected.map(sum => [25, sum]));
      } finally {
        await shop.close();
      }
    }, 900_000);
  });
});

/** An id that is nobody's; four letters are all that there are at the end of one. */
function another(id: string): string {
  return id.replace(/.$/, last => (last === 'w' ? 'g' : 'w'));
}

/** Twenty charges beyond what there is, a quarter of them given back. @returns what is billed of them */
async function spend(shop: Shop, account: string): Promise<number> {
  await shop.call('POST', `/accounts/${account}/charges`, { amount: '10' });
  let billed = 0;
  for (let i = 1; i <= 20; i++) {
    const { body } = await shop.call('POST', `/accounts/${account}/charges`, { amount: String(i) });
    billed += i;
    if (i % 4 !== 0) continue;
    await shop.call('POST', `/entries/${body.entries[1].id}/refund`, { amount: '1' });
    billed -= 1;
  }
  return billed;
}
