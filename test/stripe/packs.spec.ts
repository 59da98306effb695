import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Api, expectStatus, type Json } from '../contract/api.js';

const FIXED = { name: 'Starter', amount: '1000', price: { amount: '10', currency: 'USD' } };
const OPEN = { name: 'Credits', open: { currency: 'usd', credits_per_unit: '100', least: '5', most: '500' } };
const PAGES = { success_url: 'https://example.com/a', cancel_url: 'https://example.com/b' };

describe('packs', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
  });
  afterAll(() => api?.stop());

  const put = (id: string, body: object) => api.put(`/v1/packs/${id}`, body);

  test('are what was put last, and are listed by id', async () => {
    const full = {
      ...FIXED,
      bonus: { amount: '50', expires_after_seconds: 3_600 },
      connect: { destination: 'acct_1', application_fee: '1.50' },
      expires_after_seconds: 86_400,
      stripe_price: 'price_1',
      automatic_tax: true,
      promotion_codes: true,
    };
    const made = expectStatus(200, await put('full', full));
    const common = { id: 'full', active: true, unit: 'credits', priority: 50, updated_at: expect.any(String) };
    expect(made).toEqual({ ...full, ...common, price: { amount: '10', currency: 'usd' } });
    const changed = expectStatus(200, await put('full', { ...FIXED, active: false }));
    expect(changed).not.toHaveProperty('bonus');
    expect(expectStatus(200, await api.get('/v1/packs/full'))).toEqual(changed);
    expectStatus(200, await put('another', FIXED));
    const { data } = expectStatus(200, await api.get('/v1/packs'));
    expect(data.map(({ id }: Json) => id)).toEqual(['another', 'full']);
    const { data: first, next_cursor: cursor } = (await api.get('/v1/packs?limit=1')).body;
    const { data: second } = (await api.get(`/v1/packs?limit=1&after=${cursor}`)).body;
    expect([...first, ...second].map(({ id }: Json) => id)).toEqual(['another', 'full']);
  });

  test('let the buyer choose an amount, one of them for a currency', async () => {
    expectStatus(200, await put('open-usd', OPEN));
    expectStatus(200, await put('open-usd', { ...OPEN, name: 'Changed' }));
    const second = await put('open-usd-2', OPEN);
    expect([second.status, second.body.code]).toEqual([409, 'pack_exists']);
    expectStatus(200, await put('open-usd-2', { ...OPEN, active: false }));
    expectStatus(200, await put('open-eur', { ...OPEN, open: { ...OPEN.open, currency: 'eur' } }));
  });

  test.each<[location: string, body: object]>([
    ['body.amount', { ...FIXED, amount: undefined }],
    ['body.price', { ...FIXED, price: undefined }],
    ['body.amount', { ...FIXED, amount: '0' }],
    ['body.amount', { ...FIXED, amount: '-1' }],
    ['body.amount', { ...FIXED, amount: '1.0000001' }],
    ['body.price.amount', { ...FIXED, price: { amount: '0', currency: 'usd' } }],
    ['body.price.amount', { ...FIXED, price: { amount: '1.999', currency: 'usd' } }],
    ['body.price.amount', { ...FIXED, price: { amount: '1.5', currency: 'jpy' } }],
    ['body.price.amount', { ...FIXED, price: { amount: '1000000', currency: 'usd' } }],
    ['body.price.currency', { ...FIXED, price: { amount: '10', currency: 'dollars' } }],
    ['body.bonus.amount', { ...FIXED, bonus: { amount: '0.0' } }],
    ['body.bonus.expires_after_seconds', { ...FIXED, bonus: { amount: '1', expires_after_seconds: 1 } }],
    ['body.amount', { ...OPEN, amount: '1000' }],
    ['body.bonus', { ...OPEN, bonus: { amount: '1' } }],
    ['body.open.most', { ...OPEN, open: { ...OPEN.open, least: '501' } }],
    ['body.open.least', { ...OPEN, open: { ...OPEN.open, least: '0' } }],
    ['body.open.credits_per_unit', { ...OPEN, open: { ...OPEN.open, credits_per_unit: '0.0000000000001' } }],
    ['body.connect.destination', { ...FIXED, connect: { destination: 'somebody' } }],
    ['body.connect.application_fee', { ...FIXED, connect: { destination: 'acct_1', application_fee: '10.01' } }],
    ['body.colour', { ...FIXED, colour: 'green' }],
  ])('are refused where %s is wrong: %j', async (location, body) => {
    const { status, body: problem } = await put('wrong', body);
    expect([status, problem.code]).toEqual([422, 'invalid_request']);
    expect(problem.errors.map((error: Json) => error.location)).toContain(location);
  });

  test('are refused in a unit that there is not, and under a name that is none', async () => {
    expect((await put('wrong', { ...FIXED, unit: 'gold' })).body.code).toBe('unit_not_found');
    expect((await put('.wrong', FIXED)).body.errors[0].location).toBe('path.pack');
    expect((await api.get('/v1/packs/wrong')).body.code).toBe('pack_not_found');
  });

  test('are at most a thousand', async () => {
    await api.database.ownerPool.query(
      `INSERT INTO packs (id, active, definition) SELECT 'many-' || n, false, '{}' FROM generate_series(1, 1000) n`,
    );
    const { status, body } = await put('one-more', FIXED);
    expect([status, body.code]).toEqual([409, 'too_many_packs']);
    expectStatus(200, await put('another', FIXED));
    await api.database.ownerPool.query(`DELETE FROM packs WHERE id LIKE 'many-%'`);
  });

  test.each<[location: string, body: object]>([
    ['body.pack', PAGES],
    ['body.amount', { ...PAGES, currency: 'usd' }],
    ['body.currency', { ...PAGES, amount: '10' }],
    ['body.amount', { ...PAGES, pack: 'another', amount: '10' }],
    ['body.success_url', { ...PAGES, pack: 'another', success_url: 'http://example.com' }],
    ['body.cancel_url', { ...PAGES, pack: 'another', cancel_url: 'javascript:alert(1)' }],
    ['body.cancel_url', { ...PAGES, pack: 'another', cancel_url: undefined }],
  ])('a top-up is refused where %s is wrong: %j', async (location, body) => {
    const { status, body: problem } = await api.post('/v1/accounts/user_1/top-ups', body);
    expect([status, problem.code, problem.errors[0].location]).toEqual([422, 'invalid_request', location]);
  });

  test('a top-up needs a key of its own, and a key of ours that may sell', async () => {
    const body = { ...PAGES, pack: 'another' };
    const without = await api.post('/v1/accounts/user_1/top-ups', body, { key: null });
    expect(without.body.code).toBe('idempotency_key_required');
    const as = await api.makeKey();
    expect((await api.post('/v1/accounts/user_1/top-ups', body, { as })).body.code).toBe('scope_missing');
  });
});
