import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { transact } from '../../src/database/transact.js';
import type { Json } from '../contract/api.js';
import { eventually } from '../support/data-dir.js';
import { ANY, Automatic, POLICY, RETURN_URL, STARTER } from './automatic.js';
import { Shop } from './shop.js';
import { awayFromMidnight } from '../support/midnight.js';

/** Attaching it succeeds, every charge is declined. */
const DECLINED = 'pm_card_chargeCustomerFail';
const ASKS_THE_OWNER = 'pm_card_authenticationRequired';

describe('credits that are bought by themselves', () => {
  let shop: Shop;
  let auto: Automatic;

  beforeAll(async () => {
    await awayFromMidnight();
    shop = await Shop.open('postgres', ['all'], { livemode: true }, { WEBHOOKS_ALLOW_LOOPBACK: 'true' });
    auto = new Automatic(shop);
    for (const [id, pack] of Object.entries({ starter: STARTER, any: ANY })) {
      expect((await shop.call('PUT', `/packs/${id}`, pack)).status).toBe(200);
    }
    // All of what is told is kept, delivered or not.
    expect((await shop.call('POST', '/webhook-endpoints', { url: 'http://127.0.0.1:9/nobody' })).status).toBe(201);
  });

  afterAll(() => shop?.close());

  const told = async (account: string): Promise<Json[]> => {
    const { rows } = await shop.database.ownerPool.query(
      `SELECT type, data FROM webhook_events e JOIN account_names n USING (account_no)
       WHERE n.id = $1 AND type LIKE 'auto_top_up.%' ORDER BY e.no`,
      [account],
    );
    return rows;
  };
  const typesTold = async (account: string) =>
    (await told(account)).map(({ type }) => type.replace('auto_top_up.', ''));

  test('come when what is left comes down to the threshold, exactly at it, and not before', async () => {
    await auto.customer('low');
    expect((await auto.put('low')).body).toMatchObject({ status: 'ready', unit: 'credits', currency: 'usd' });
    await auto.spend('low', '899.999999');
    await auto.rests('low');
    expect(await auto.attempts('low')).toEqual([]);
    await auto.spend('low', '0.000001');
    await shop.has('low', { available: '1100', granted: '2000' });
    const paid = await auto.becomes('low', { status: 'ready' });
    expect(paid).toMatchObject({
      declines: 0,
      this_month: { amount: '10.00', count: 1 },
      last_attempt: { status: 'paid', price: { amount: '10.00', currency: 'usd' } },
    });
    const { id } = paid.last_attempt;
    expect(await auto.payments('low')).toMatchObject([
      { amount: 1_000, metadata: { credits_top_up: id, credits_account: 'low' } },
    ]);
    const lots = [{ unit: 'credits', amount: '1000', category: 'paid' }];
    const price = { amount: '10.00', currency: 'usd' };
    expect(await told('low')).toEqual([{ type: 'auto_top_up.succeeded', data: { auto_top_up: id, price, lots } }]);
  });

  test('are counted without what is held, or with it, as the policy says', async () => {
    for (const measure of ['unspent', 'available']) {
      await auto.customer(measure);
      await auto.put(measure, { measure });
      await shop.call('POST', `/accounts/${measure}/reservations`, { amount: '950', ttl_seconds: 3_600 });
    }
    await shop.has('available', { available: '1050' });
    await auto.rests('unspent');
    expect(await shop.credits('unspent')).toMatchObject({ available: '50', held: '950' });
  });

  test('reach a target, with what is owed, at the price of today', async () => {
    await auto.customer('aims');
    await auto.put('aims', { pack: undefined, target: '1500', currency: 'USD' });
    await shop.call('PUT', '/accounts/aims', { overdraft_limits: { credits: '100' } });
    await shop.call('POST', '/accounts/aims/charges', { amount: '1033.333333', overage: 'allow_debt' });
    // 1,500 and 33.333333 owed, at 100 for a dollar, rounded up to the cent.
    await shop.has('aims', { available: '1500.666667', debt: '0' });
    expect(await auto.payments('aims')).toMatchObject([{ amount: 1_534 }]);
  });

  test('cost no more than the pack allows at once, and come again after the pause', async () => {
    await auto.customer('steps');
    await shop.call('PUT', '/packs/small', {
      name: 'Yen',
      open: { currency: 'jpy', credits_per_unit: '1', least: '100', most: '500' },
    });
    await auto.put('steps', { pack: undefined, target: '900', currency: 'jpy', monthly_limit: { amount: '5000' } });
    await auto.spend('steps', '1000');
    await shop.has('steps', { available: '500' });
    await auto.rests('steps');
    expect(await auto.attempts('steps')).toHaveLength(1);
    await auto.spend('steps', '450');
    await shop.has('steps', { available: '550' });
    expect(await auto.payments('steps')).toMatchObject([{ amount: 500, currency: 'jpy' }, { amount: 500 }]);
  });

  test('wait for the pause after the last one', async () => {
    await auto.customer('calm');
    await auto.put('calm', { cooldown_seconds: 3_600 });
    await auto.spend('calm', '1000');
    await shop.has('calm', { available: '1000' });
    await auto.spend('calm', '1000');
    await auto.rests('calm');
    await auto.letTimePass('calm');
    await auto.rests('calm');
    expect(await auto.attempts('calm')).toHaveLength(1);
    await shop.database.ownerPool.query(`UPDATE auto_top_up_attempts SET settled_at = settled_at - interval '1 hour'
      WHERE account = 'calm'`);
    await auto.letTimePass('calm');
    await shop.has('calm', { available: '1000', spent: '2000' });
  });

  test.each([
    ['amount', { amount: '29.99' }, 2],
    ['count', { amount: '1000', count: 1 }, 1],
  ])('end with the limit of the month, by %s, which is told once', async (limit, monthly_limit, most) => {
    const account = `capped-${limit}`;
    await auto.customer(account);
    await auto.put(account, { monthly_limit });
    for (let bought = 1; bought <= most; bought++) {
      await auto.spend(account, '1000');
      await shop.has(account, { granted: String(1_000 * (bought + 1)) });
    }
    await auto.spend(account, '1000');
    await auto.becomes(account, { status: 'capped' });
    await auto.letTimePass(account);
    await auto.rests(account);
    expect(await auto.attempts(account)).toHaveLength(most);
    const now = new Date();
    const resumesAt = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)).toISOString();
    const [capped, ...more] = (await told(account)).filter(({ type }) => type === 'auto_top_up.capped');
    expect([capped, more]).toEqual([{ type: 'auto_top_up.capped', data: { limit, resumes_at: resumesAt } }, []]);
    // As if these were of last month.
    await shop.database.ownerPool.query(
      `UPDATE auto_top_up_attempts SET created_at = created_at - interval '31 days' WHERE account = $1`,
      [account],
    );
    await auto.letTimePass(account);
    await auto.attempted(account, most + 1, 'paid');
  });

  test('stop after three declines of a card, tell why, and go on with another card', async () => {
    await auto.customer('broke');
    await auto.standardCard('broke', DECLINED);
    await auto.put('broke');
    await auto.spend('broke', '1000');
    const stopped = await auto.becomes('broke', { status: 'stopped' });
    expect(stopped).toMatchObject({
      declines: 3,
      reason: { code: 'declined', message: expect.stringContaining('3 times in a row, last with generic_decline') },
      last_attempt: { status: 'declined', code: 'card_declined', decline_code: 'generic_decline' },
      this_month: { amount: '0.00', count: 0 },
    });
    await auto.letTimePass('broke');
    await auto.rests('broke');
    expect(await auto.attempts('broke')).toHaveLength(3);
    expect(await typesTold('broke')).toEqual(['declined', 'declined', 'declined', 'stopped']);
    expect((await told('broke'))[2]!.data).toMatchObject({ declines: 3, message: 'Your card was declined.' });
    await auto.standardCard('broke', 'pm_card_mastercard');
    await auto.letTimePass('broke');
    await shop.has('broke', { available: '1000' });
    expect(await auto.becomes('broke', { status: 'ready' })).toMatchObject({ declines: 0 });
  });

  test('are told of as they stood at one moment', async () => {
    await auto.customer('moment');
    await auto.standardCard('moment', DECLINED);
    await auto.put('moment', { cooldown_seconds: 3_600 });
    await auto.spend('moment', '1000');
    await auto.attempted('moment', 1, 'declined');
    await auto.rests('moment');
    let reading!: Promise<Json>;
    await transact(shop.database.ownerPool, async client => {
      await client.query('LOCK TABLE auto_top_up_attempts IN ACCESS EXCLUSIVE MODE');
      const { rows: self } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      reading = auto.get('moment');
      await eventually(async () => {
        // The second question of the answer, which follows that for the policy; not a worker that looks at another account.
        // Asked from outside: within a transaction pg_stat_activity stays as it was first seen.
        const { rows } = await shop.database.ownerPool.query(
          `SELECT FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid)) AND query LIKE '%FILTER (WHERE currency%'`,
          [self[0]!.pid],
        );
        return rows.length > 0;
      });
      await client.query(`UPDATE auto_top_ups SET declines = 2 WHERE account = 'moment'`);
      await client.query(`UPDATE auto_top_up_attempts SET message = 'later' WHERE account = 'moment'`);
    });
    const message = 'Your card was declined.';
    expect(await reading).toMatchObject({ declines: 1, last_attempt: { status: 'declined', message } });
    expect(await auto.get('moment')).toMatchObject({ declines: 2, last_attempt: { message: 'later' } });
  });

  test('count the declines of each card by itself', async () => {
    await auto.customer('swaps');
    await auto.standardCard('swaps', DECLINED);
    await auto.put('swaps', { cooldown_seconds: 3_600 });
    await auto.spend('swaps', '1000');
    await auto.attempted('swaps', 1, 'declined');
    await auto.standardCard('swaps', DECLINED);
    const noPause = `UPDATE auto_top_up_attempts SET settled_at = settled_at - interval '1 hour' WHERE account = 'swaps'`;
    for (const no of [2, 3]) {
      await auto.rests('swaps');
      await shop.database.ownerPool.query(noPause);
      await auto.letTimePass('swaps');
      await auto.attempted('swaps', no, 'declined');
    }
    expect(await auto.get('swaps')).toMatchObject({ status: 'ready', declines: 2 });
  });

  test('begin anew where the policy is put again after it was stopped', async () => {
    await auto.customer('again');
    const card = await auto.standardCard('again', DECLINED);
    await auto.put('again');
    await auto.spend('again', '1000');
    await auto.becomes('again', { status: 'stopped' });
    await shop.stripe.paymentMethods.detach(card);
    expect((await auto.put('again')).body).toMatchObject({ declines: 0 });
    await shop.has('again', { available: '1000' });
  });

  test('need a card that was saved, and say so', async () => {
    await shop.buy('cardless', { pack: 'starter' });
    await shop.has('cardless', { available: '1000' });
    await auto.put('cardless');
    await auto.spend('cardless', '1000');
    expect(await auto.becomes('cardless', { status: 'stopped' })).toMatchObject({ reason: { code: 'no_card' } });
    expect(await typesTold('cardless')).toEqual(['stopped']);
    await auto.standardCard('cardless', 'pm_card_visa');
    await auto.letTimePass('cardless');
    await shop.has('cardless', { available: '1000' });
  });

  test('stop where the customer was deleted at Stripe', async () => {
    const customer = await auto.customer('deleted');
    await auto.put('deleted');
    await shop.stripe.customers.del(customer);
    await auto.spend('deleted', '1000');
    expect(await auto.becomes('deleted', { status: 'stopped' })).toMatchObject({ reason: { code: 'no_card' } });
  });

  describe('where the bank asks the owner of the card', () => {
    const asked = async (account: string): Promise<Json> => {
      await auto.customer(account);
      await auto.standardCard(account, ASKS_THE_OWNER);
      await auto.put(account);
      await auto.spend(account, '1000');
      return auto.becomes(account, { status: 'action_required' });
    };
    const sessionOf = async (account: string) => (await auto.attempts(account)).at(-1).session as string;

    test('tell him where to pay, and grant when he did', async () => {
      const waiting = await asked('asked');
      const { url, expires_at: until } = waiting.action;
      const [{ type, data }] = (await told('asked')) as [Json];
      expect([type, data]).toEqual([
        'auto_top_up.action_required',
        { auto_top_up: waiting.last_attempt.id, price: waiting.last_attempt.price, url, expires_at: until },
      ]);
      // What was asked for without him is over, so that nothing is paid twice.
      await eventually(async () => (await auto.payments('asked', 'canceled')).length === 1);
      const session = await sessionOf('asked');
      expect(await shop.stripe.checkout.sessions.retrieve(session)).toMatchObject({ url, success_url: RETURN_URL });
      await auto.spend('asked', '0.5').catch(() => undefined);
      await auto.letTimePass('asked');
      await auto.rests('asked');
      expect(await auto.attempts('asked')).toHaveLength(1);
      const result = shop.simulator.checkout.pay(session, ASKS_THE_OWNER);
      if (result.kind !== 'authenticate') throw new Error(result.kind);
      shop.simulator.cases.authenticate(result.intent, true);
      await shop.has('asked', { available: '1000' });
      await auto.becomes('asked', { status: 'ready', declines: 0 });
      expect(await typesTold('asked')).toEqual(['action_required', 'succeeded']);
      expect(await auto.attempts('asked')).toMatchObject([{ state: 'paid', payment: result.intent }]);
    });

    test('take a page that nobody paid at for a decline', async () => {
      await asked('absent');
      shop.simulator.checkout.expire(await sessionOf('absent'));
      await auto.attempted('absent', 1, 'declined');
      expect(await auto.becomes('absent', { status: 'action_required' })).toMatchObject({ declines: 1 });
      expect((await auto.attempts('absent')).map(({ code }) => code)).toEqual(['authentication_required', null]);
    });

    test('close the page where the policy is put off', async () => {
      await asked('leaves');
      const session = await sessionOf('leaves');
      await auto.put('leaves', { enabled: false });
      await auto.attempted('leaves', 1, 'canceled');
      expect(await shop.stripe.checkout.sessions.retrieve(session)).toMatchObject({ status: 'expired' });
      expect(await auto.becomes('leaves', { status: 'off' })).toMatchObject({ declines: 0 });
    });
  });

  test('stop where money of the account went back, and do not buy again what was refunded', async () => {
    await auto.customer('sorry');
    await auto.put('sorry');
    await auto.spend('sorry', '950');
    await shop.has('sorry', { available: '1050' });
    const [payment] = await auto.payments('sorry');
    await shop.stripe.refunds.create({ payment_intent: payment!.id });
    await shop.has('sorry', { available: '50' });
    const { reason } = await auto.becomes('sorry', { status: 'stopped' });
    expect(reason).toEqual({ code: 'payment_returned', message: `money of the payment ${payment!.id} went back` });
    await auto.letTimePass('sorry');
    await auto.rests('sorry');
    expect(await auto.payments('sorry')).toHaveLength(1);
  });

  test('do not come for a frozen account, until it is not', async () => {
    await auto.customer('frozen');
    await auto.put('frozen');
    const { body } = await shop.call('POST', '/accounts/frozen/reservations', { amount: '1000' });
    await shop.call('POST', '/accounts/frozen/freeze', { reason: 'looking into it' });
    await shop.call('POST', `/reservations/${body.reservation.id}/commit`, {});
    await auto.rests('frozen');
    expect(await auto.attempts('frozen')).toEqual([]);
    await shop.call('POST', '/accounts/frozen/unfreeze', {});
    await shop.has('frozen', { available: '1000' });
  });

  test('do not come where the policy is off, nor for an account without entries, which is waited for', async () => {
    await auto.customer('off');
    expect((await auto.put('off', { enabled: false })).body).toMatchObject({ status: 'off' });
    await auto.put('nobody');
    await auto.spend('off', '1000');
    await auto.rests('off');
    await auto.rests('nobody');
    expect([...(await auto.attempts('off')), ...(await auto.attempts('nobody'))]).toEqual([]);
    expect(await auto.get('nobody')).toMatchObject({ status: 'ready' });
  });

  test('stop where what was to be bought is not sold any more', async () => {
    await shop.call('PUT', '/packs/gone', STARTER);
    await auto.customer('late');
    await auto.put('late', { pack: 'gone' });
    await shop.call('PUT', '/packs/gone', { ...STARTER, active: false });
    await auto.spend('late', '1000');
    expect(await auto.becomes('late', { status: 'stopped' })).toMatchObject({
      reason: { code: 'not_for_sale', message: 'the pack gone is not sold any more' },
    });
  });

  test('are paid by a bank account as well, and granted when its money has come', async () => {
    await auto.customer('slow');
    await auto.standardCard('slow', 'pm_usBankAccount_success');
    await auto.put('slow');
    await auto.spend('slow', '1000');
    await auto.attempted('slow', 1, 'processing');
    expect(await auto.get('slow')).toMatchObject({ status: 'charging', this_month: { amount: '10.00', count: 1 } });
    await auto.rests('slow');
    const [{ payment }] = (await auto.attempts('slow')) as [Json];
    shop.simulator.cases.settlePayment(payment, true);
    await shop.has('slow', { available: '1000' });
    await auto.becomes('slow', { status: 'ready' });
    expect(await auto.attempts('slow')).toHaveLength(1);
  });

  test.each([
    ['without threshold', { threshold: undefined }, 'body.threshold'],
    ['with a threshold finer than its unit', { threshold: '0.0000001' }, 'body.threshold'],
    [
      'with a target that is no more than the threshold',
      { pack: undefined, target: '100', currency: 'usd' },
      'body.target',
    ],
    ['with two things to buy', { amount: '10' }, 'body.amount'],
    ['with nothing to buy', { pack: undefined }, 'body.pack'],
    ['with money of no currency', { pack: undefined, amount: '10' }, 'body.currency'],
    ['with less money than the pack takes', { pack: undefined, amount: '4', currency: 'usd' }, 'body.amount'],
    ['with a limit below one top-up', { monthly_limit: { amount: '9.99' } }, 'body.monthly_limit.amount'],
    ['with a limit finer than its currency', { monthly_limit: { amount: '10.001' } }, 'body.monthly_limit.amount'],
    ['with a page that is none', { return_url: 'javascript:alert(1)' }, 'body.return_url'],
    ['with a pack at a price of Stripe', { pack: 'priced' }, 'body.pack'],
    ['with a pack that is taxed', { pack: 'taxed' }, 'body.pack'],
    ['with what nobody knows', { treshold: '1' }, 'body.treshold'],
  ])('are refused %s, naming the field', async (_what, more, location) => {
    await shop.call('PUT', '/packs/priced', { ...STARTER, stripe_price: 'price_1' });
    await shop.call('PUT', '/packs/taxed', { ...STARTER, automatic_tax: true });
    const { status, body } = await auto.put('refused', more);
    expect([status, body.code]).toEqual([422, 'invalid_request']);
    expect(body.errors.map((error: Json) => error.location)).toContain(location);
    expect(await auto.get('refused')).toMatchObject({ code: 'auto_top_up_not_found' });
  });

  test('are refused with a pack that there is not', async () => {
    expect((await auto.put('refused', { pack: 'nowhere' })).body).toMatchObject({
      status: 404,
      code: 'pack_not_found',
    });
  });

  test('are of the mode of their key', async () => {
    await auto.customer('both');
    await auto.put('both');
    const key = { name: 'test', mode: 'test', scopes: ['ledger:read', 'billing:write'] };
    const { secret } = (await shop.call('POST', '/keys', key)).body;
    const asTest = (method: string, body?: object) =>
      fetch(`${shop.url}/v1/accounts/both/auto-top-up`, {
        method,
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      }).then(answer => answer.json() as Promise<Json>);
    expect(await asTest('GET')).toMatchObject({ status: 404, code: 'auto_top_up_not_found' });
    expect(await asTest('PUT', POLICY)).toMatchObject({ status: 409, code: 'stripe_not_configured' });
  });
});
