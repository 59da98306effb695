import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Api, expectStatus, pathOf, type Json } from '../api.js';

describe('soft limits of plans over HTTP', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
    expectStatus(200, await api.put('/v1/units/renders', { kind: 'allowance', scale: 0 }));
    const meters = { render: { charges: [{ unit: 'credits', prices: [{ rate: '2' }] }] } };
    expectStatus(200, await api.put('/v1/rate-cards/default', { rounding: 'up', publish: true, meters }));
    const limit = { unit: 'renders', amount: '10', window: { every: 'day', anchor: 'calendar' }, soft: true };
    const match = [{ meters: ['render'] }];
    const plan = { name: 'Soft', publish: true, grants: [{ unit: 'credits', amount: '1000' }] };
    expectStatus(200, await api.put('/v1/plans/soft', { ...plan, limits: [{ ...limit, match, counts: 'quantity' }] }));
    expectStatus(200, await api.put(`${pathOf('maker')}/subscriptions/main`, { plan: 'soft' }));
  });

  afterAll(() => api.stop());

  const event = (quantity: string) => ({ meter: 'render', quantity });
  const warning = { limit: 'plan', unit: 'renders', used: '10', cap: '10', resets_at: expect.any(String) };
  const path = pathOf('maker');
  const check = async (quantity: string): Promise<Json> =>
    expectStatus(200, await api.post(`${path}/check`, event(quantity), { key: null }));

  test('warn in every answer to a spend that exceeds them, and refuse nothing', async () => {
    const held = expectStatus(201, await api.post(`${path}/reservations`, event('4')));
    expect(held.warnings).toBeUndefined();
    const id = held.reservation.id;
    expect(
      expectStatus(200, await api.post(`/v1/reservations/${id}/commit`, { quantity: '4' })).warnings,
    ).toBeUndefined();
    // Exactly at its cap a limit is not exceeded.
    expect((await check('6')).warnings).toBeUndefined();
    expect(await check('7')).toMatchObject({ allowed: true, warnings: [{ ...warning, used: '4' }] });
    const more = expectStatus(201, await api.post(`${path}/reservations`, event('7')));
    expect(more.warnings).toEqual([warning]);
    const commit = { quantity: '7' };
    expect(
      expectStatus(200, await api.post(`/v1/reservations/${more.reservation.id}/commit`, commit)).warnings,
    ).toEqual([warning]);
    expect(expectStatus(201, await api.post(`${path}/charges`, event('1'))).warnings).toEqual([warning]);
    // One that counts against no limit warns of none.
    expect(expectStatus(201, await api.post(`${path}/charges`, { amount: '1' })).warnings).toBeUndefined();
  });
});
