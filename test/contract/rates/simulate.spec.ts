import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Api, expectStatus, pathOf, type Json } from '../api.js';

const tokens = (input: string, output: string, ...more: object[]) => ({
  charges: [{ unit: 'credits', per: '1000', prices: [...more, { rates: { input, output } }] }],
});

describe('simulate', () => {
  let api: Api;
  let from: string;

  const put = async (meters: object, more: object = {}, card = 'default'): Promise<Json> =>
    expectStatus(200, await api.put(`/v1/rate-cards/${card}`, { rounding: 'up', meters, ...more }));
  const to = (): string => new Date(Date.now() + 60_000).toISOString();
  const simulate = async (body: object, card = 'default'): Promise<Json> =>
    expectStatus(200, await api.post(`/v1/rate-cards/${card}/simulate`, { from, to: to(), ...body }, { key: null }));

  async function use(account: string, quantity: object, actual: object, more: object = {}, as?: string): Promise<void> {
    const sent = as === undefined ? {} : { as };
    const held = expectStatus(
      201,
      await api.post(`${pathOf(account)}/reservations`, { meter: 'llm', quantity, ...more }, sent),
    );
    const path = `/v1/reservations/${held.reservation.id}/commit`;
    const provider_cost = { amount: '0.0125', currency: 'usd' };
    expectStatus(200, await api.post(path, { quantity: actual, provider_cost }, sent));
  }

  beforeAll(async () => {
    api = await Api.start();
    from = new Date(Date.now() - 60_000).toISOString();
    await put(
      { llm: tokens('1', '2'), images: { charges: [{ unit: 'credits', prices: [{ rate: '1' }] }] } },
      { publish: true },
    );
    await api.grant('small', '10');
    await api.grant('large', '1000');
    await use('small', { input: '4000', output: '1000' }, { input: '2000', output: '500' });
    await use('large', { input: '4000' }, { input: '4000' }, { properties: { model: 'big' } });
    expectStatus(201, await api.post(`${pathOf('large')}/charges`, { meter: 'images', quantity: '2' }));
    await api.post(`${pathOf('small')}/charges`, { amount: '1' });
    await use('small', { input: '2000' }, { input: '1000' });
  });

  afterAll(() => api.stop());

  test('tells what was spent, what it would have cost, and whose credits would not have sufficed', async () => {
    await put({ llm: tokens('2', '4') });
    const found = await simulate({});
    expect(found).toMatchObject({
      id: 'default',
      version: 2,
      over: 'default',
      total: { events: 3, actual: { credits: '8' }, candidate: { credits: '16' } },
      provider_costs: { USD: '0.0375' },
      unpriced: { events: 1, first: [{ account: 'large', meter: 'images' }] },
      // 10, of which the first would have held 12.
      refused: {
        spends: 1,
        accounts: 1,
        first: [{ account: 'small', unit: 'credits', required: '12', available: '10' }],
      },
    });
    expect(found.by_meter).toEqual([
      { meter: 'llm', model: null, events: 2, actual: { credits: '4' }, candidate: { credits: '8' } },
      { meter: 'llm', model: 'big', events: 1, actual: { credits: '4' }, candidate: { credits: '8' } },
    ]);
  });

  test('the prices that were in effect come to what was spent, and refuse nobody', async () => {
    const { total, unpriced, refused } = await simulate({ version: 1 });
    expect(total.candidate).toEqual(total.actual);
    expect(total.actual).toEqual({ credits: '10' });
    expect([unpriced.events, refused.spends]).toEqual([0, 0]);
  });

  test('looks at one account, at a time, at the events of another card', async () => {
    expect((await simulate({ version: 1, account: 'small' })).total).toMatchObject({
      events: 2,
      actual: { credits: '4' },
    });
    const before = { from: '2020-01-01T00:00:00Z', to: '2020-02-01T00:00:00Z' };
    expect((await simulate(before)).total).toEqual({ events: 0, actual: {}, candidate: {} });
    await put({ llm: tokens('0', '0') }, {}, 'generous');
    expect((await simulate({}, 'generous')).total.events).toBe(0);
    expect((await simulate({ over: 'default' }, 'generous')).total.candidate).toEqual({ credits: '0' });
  });

  test('a key of the test mode sees the usage of the test mode', async () => {
    const as = await api.makeKey({ mode: 'test', scopes: ['ledger:write', 'usage:read'] });
    const path = '/v1/rate-cards/default/simulate';
    const body = { from, to: to(), version: 1 };
    expect((await api.post(path, body, { as })).body.total.events).toBe(0);
    await api.post(`${pathOf('small')}/grants`, { amount: '5' }, { as });
    await use('small', { input: '1000' }, { input: '1000' }, {}, as);
    expect((await api.post(path, body, { as })).body.total).toMatchObject({ events: 1, actual: { credits: '1' } });
    expect((await simulate({ version: 1 })).total.events).toBe(4);
  });

  test('changes nothing', async () => {
    const before = (await api.get(pathOf('small'))).text;
    await simulate({});
    expect((await api.get(pathOf('small'))).text).toBe(before);
  });

  test.each([
    ['an end before its beginning', { from: '2026-02-01T00:00:00Z', to: '2026-02-01T00:00:00Z' }, 'body.to'],
    ['more than a year', { from: '2024-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }, 'body.from'],
    [
      'no version that there could be',
      { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z', version: 0 },
      'body.version',
    ],
  ])('refuses %s', async (_, body, location) => {
    const answer = await api.post('/v1/rate-cards/default/simulate', body);
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
    expect(answer.body.errors[0].location).toBe(location);
  });

  test('a card or version that is not there is not found; usage is for keys that may read it', async () => {
    const body = { from, to: to() };
    const path = `/v1/rate-cards/${randomUUID()}/simulate`;
    expect(await api.post(path, body)).toMatchObject({ status: 404, body: { code: 'rate_card_not_found' } });
    expect((await api.post('/v1/rate-cards/default/simulate', { ...body, version: 99 })).status).toBe(404);
    const as = await api.makeKey({ scopes: ['ledger:read', 'config:write'] });
    expect((await api.post('/v1/rate-cards/default/simulate', body, { as })).body.code).toBe('scope_missing');
  });

  test('one at a time', async () => {
    const all = await Promise.all(
      Array.from({ length: 4 }, () => api.post('/v1/rate-cards/default/simulate', { from, to: to() })),
    );
    expect(all.some(({ status }) => status === 200)).toBe(true);
    for (const { status, body } of all) if (status !== 200) expect(body.code).toBe('busy');
  });
});
