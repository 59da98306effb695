import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Api, expectStatus, pathOf, type Answer, type Json } from '../api.js';

const UNITS = ['all', 'premium', 'large', 'tagged', 'either', 'seconds', 'plain'];

describe('events and the limits that their rules match, over HTTP', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
    for (const unit of UNITS) expectStatus(200, await api.put(`/v1/units/${unit}`, { kind: 'allowance', scale: 0 }));
    const price = { charges: [{ unit: 'credits', prices: [{ rate: '1' }] }] };
    const card = { rounding: 'up', publish: true, meters: { render: price, video: price, chat: price } };
    expectStatus(200, await api.put('/v1/rate-cards/default', card));
    const limit = (unit: string, match: Json[] | undefined, more: object = {}) => {
      return { unit, amount: '10', window: { every: 'month' }, ...(match && { match }), ...more };
    };
    const limits = [
      limit('all', [{ meters: ['render', 'video'] }]),
      limit('premium', [{ meters: ['render'], properties: { quality: 'premium' } }], { amount: '2' }),
      limit('large', [{ models: ['large-*', 'huge'] }]),
      limit('tagged', [{ properties: { tag: '*' } }]),
      limit('either', [{ meters: ['chat'] }, { properties: { quality: 'premium', size: 'x*' } }]),
      limit('seconds', [{ meters: ['video'] }], { counts: 'quantity' }),
      limit('plain', undefined),
    ];
    const plan = { name: 'Limited', publish: true, grants: [{ unit: 'credits', amount: '1000' }], limits };
    expectStatus(200, await api.put('/v1/plans/limited', plan));
  });

  afterAll(() => api.stop());

  let accounts = 0;
  async function account(): Promise<string> {
    const path = pathOf(`maker ${++accounts}`);
    expectStatus(200, await api.put(`${path}/subscriptions/main`, { plan: 'limited' }));
    return path;
  }

  const charge = (path: string, event: object): Promise<Answer> =>
    api.post(`${path}/charges`, { quantity: '1', ...event });

  /** What was used of each limit, those that nothing was used of left out. */
  async function used(path: string): Promise<Json> {
    const { balances } = expectStatus(200, await api.get(`${path}/balance`));
    return Object.fromEntries(UNITS.map(unit => [unit, balances[unit].spent]).filter(([, spent]) => spent !== '0'));
  }

  test.each<[string, object, object]>([
    ['by its meter', { meter: 'render' }, { all: '1' }],
    ['by another meter of the same rule, and by its quantity', { meter: 'video', quantity: '4' }, { all: '1', seconds: '4' }],
    ['by meter and property, several at once', { meter: 'render', properties: { quality: 'premium' } }, { all: '1', premium: '1' }],
    ['not by the property of another meter', { meter: 'video', properties: { quality: 'premium' } }, { all: '1', seconds: '1' }],
    ['not by another value', { meter: 'render', properties: { quality: 'premium plus' } }, { all: '1' }],
    ['by a model that begins as the rule does', { meter: 'chat', properties: { model: 'large-2' } }, { large: '1', either: '1' }],
    ['by a model that is named', { meter: 'chat', properties: { model: 'huge' } }, { large: '1', either: '1' }],
    ['not by a model that only contains it', { meter: 'chat', properties: { model: 'xlarge-2' } }, { either: '1' }],
    ['not by a model where only the prefix is named', { meter: 'chat', properties: { model: 'huge-2' } }, { either: '1' }],
    ['by a property of any value', { meter: 'chat', properties: { tag: '' } }, { tagged: '1', either: '1' }],
    ['once by a limit of which several rules fit', { meter: 'chat', properties: { quality: 'premium', size: 'xl' } }, { either: '1' }],
    ['by all properties of a rule, not some', { meter: 'render', properties: { quality: 'premium', size: 'l' } }, { all: '1', premium: '1' }],
    ['by every rule that fits', { meter: 'render', properties: { quality: 'premium', size: 'xs', model: 'large-', tag: 'a' } },
      { all: '1', premium: '1', large: '1', tagged: '1', either: '1' }],
    ['by names of properties that objects have of their own', { meter: 'render', properties: { constructor: 'premium' } }, { all: '1' }],
  ])('an event counts %s', async (_, event, counted) => {
    const path = await account();
    expectStatus(201, await charge(path, event));
    expect(await used(path)).toEqual(counted);
    const { balances } = (await api.get(`${path}/balance`)).body;
    expect(balances.credits.spent).toBe((event as { quantity?: string }).quantity ?? '1');
  }); // prettier-ignore

  test('one that is short of one of its limits is refused whole: nothing of it counts against the others', async () => {
    const path = await account();
    const premium = { meter: 'render', properties: { quality: 'premium', tag: 'a' } };
    for (let times = 0; times < 2; times++) expectStatus(201, await charge(path, premium));
    const refused = await charge(path, premium);
    expect(refused).toMatchObject({
      status: 429,
      body: {
        code: 'limit_reached',
        shortfall: [{ unit: 'premium', used: '2', cap: '2', required: '1', available: '0' }],
      },
    });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(await used(path)).toEqual({ all: '2', premium: '2', tagged: '2' });
    expectStatus(201, await charge(path, { meter: 'render' }));
  });

  test('what happened counts, not what was announced', async () => {
    const path = await account();
    const announced = { meter: 'render', quantity: '1', properties: { quality: 'premium' } };
    const { reservation } = expectStatus(201, await api.post(`${path}/reservations`, announced));
    const done = { quantity: '1', properties: { quality: 'plain', model: 'large-9' } };
    expectStatus(200, await api.post(`/v1/reservations/${reservation.id}/commit`, done));
    expect(await used(path)).toEqual({ all: '1', large: '1' });
  });
});
