import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Json } from '../contract/api.js';
import { Automatic, STARTER } from './automatic.js';
import { Shop } from './shop.js';

const run = promisify(execFile);
const LIST = '/ops/stripe/auto-top-ups';

/** What operators see of what was bought because accounts ran low. */
describe('the list of automatic top-ups', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.open('postgres');
    const auto = new Automatic(shop);
    await shop.call('PUT', '/packs/starter', STARTER);
    for (const [account, method, state, most] of [
      ['pays', 'pm_card_visa', 'paid', 1],
      ['broke', 'pm_card_chargeCustomerFail', 'declined', 3],
      ['asked', 'pm_card_authenticationRequired', 'action_required', 1],
    ] as const) {
      await auto.customer(account);
      await auto.standardCard(account, method);
      await auto.put(account);
      await auto.spend(account, '1000');
      await auto.attempted(account, most, state);
    }
  });

  afterAll(() => shop?.close());

  const listed = async (query = ''): Promise<Json[]> => (await shop.call('GET', `${LIST}?${query}`)).body.data;
  const brief = (found: readonly Json[]) => found.map(({ account, state }) => `${account} ${state}`);
  const ops = async (...args: string[]): Promise<string[]> => {
    const path = join(process.env['TEST_COMPILED_SERVICE']!, 'src', 'ops.js');
    const env = { PATH: process.env['PATH'], DATABASE_URL: shop.database.url, LOG_LEVEL: 'warn' };
    const { stdout } = await run(process.execPath, [path, 'auto-top-ups', ...args], { env });
    return stdout.trimEnd().split('\n');
  };

  test('has those of all accounts, the latest first, and what came of each', async () => {
    const declined = Array.from({ length: 3 }, () => 'broke declined');
    const found = await listed();
    expect(brief(found)).toEqual(['asked action_required', ...declined, 'pays paid']);
    expect(found[1]).toEqual({
      id: expect.stringMatching(/^atu_/),
      mode: 'live',
      account: 'broke',
      pack: 'starter',
      price: { amount: '10.00', currency: 'usd' },
      state: 'declined',
      payment: expect.stringMatching(/^pi_/),
      code: 'card_declined',
      decline_code: 'generic_decline',
      message: 'Your card was declined.',
      created_at: expect.any(String),
      settled_at: expect.any(String),
    });
    expect(found.at(-1)).toMatchObject({ payment: expect.stringMatching(/^pi_/), code: null, message: null });
    expect(found[0]).toMatchObject({ settled_at: null });
  });

  test('does not show where the owner of a card pays', async () => {
    expect(JSON.stringify(await listed())).not.toContain('http');
    expect((await ops('--account', 'asked')).join()).not.toContain('http');
  });

  test('is narrowed by state and account, and comes in pages, none twice and none missing', async () => {
    expect(brief(await listed('state=paid'))).toEqual(['pays paid']);
    expect(brief(await listed('account=broke&state=paid'))).toEqual([]);
    expect(await listed('account=broke')).toHaveLength(3);
    const all: Json[] = [];
    let query = 'limit=2';
    for (;;) {
      const { data, has_more, next_cursor } = (await shop.call('GET', `${LIST}?${query}`)).body;
      all.push(...data);
      if (!has_more) break;
      query = `limit=2&after=${next_cursor}`;
    }
    expect(all).toEqual(await listed());
  });

  test.each([
    ['state=unheard_of', 'query.state'],
    ['limit=101', 'query.limit'],
    ['after=bWV0ZXItcmVwb3J0czox', 'query.after'],
  ])('refuses %s, naming the field', async (query, location) => {
    const { status, body } = await shop.call('GET', `${LIST}?${query}`);
    expect([status, body.code, body.errors[0].location]).toEqual([422, 'invalid_request', location]);
  });

  test('is that of the mode of the key, which has the scope ops', async () => {
    const asKey = async (mode: string, scopes: readonly string[]): Promise<Json> => {
      const { secret } = (await shop.call('POST', '/keys', { name: mode, mode, scopes })).body;
      const headers = { authorization: `Bearer ${secret}` };
      return fetch(`${shop.url}/v1${LIST}`, { headers }).then(answer => answer.json());
    };
    expect((await asKey('test', ['ops'])).data).toEqual([]);
    expect(await asKey('live', ['billing:write'])).toMatchObject({ status: 403, code: 'scope_missing' });
  });

  test('is printed by the command line, which shows what is under way unless it is told otherwise', async () => {
    expect(await ops()).toEqual([expect.stringMatching(/ action_required atu_\S+ asked: starter for 10\.00 usd, /)]);
    expect(await ops('--state', 'declined')).toHaveLength(3);
    expect((await ops('--account', 'broke'))[0]).toContain('generic_decline: Your card was declined.');
    expect(await ops('--mode', 'test')).toEqual(['no such automatic top-ups']);
    await expect(ops('--state', 'lost')).rejects.toMatchObject({ stderr: expect.stringContaining('--state must be') });
  });

  test('is counted by what came of it, each once', async () => {
    const metrics = await fetch(`${shop.url}/metrics`, { headers: { authorization: `Bearer ${shop.apiKey}` } });
    const lines = (await metrics.text()).split('\n').filter(line => line.startsWith('credits_stripe_auto_top_ups'));
    expect(lines.sort()).toEqual([
      'credits_stripe_auto_top_ups_settled_total{state="declined"} 3',
      'credits_stripe_auto_top_ups_settled_total{state="paid"} 1',
    ]);
  });
});
