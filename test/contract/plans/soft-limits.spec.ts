import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Api, expectStatus, pathOf, type Json } from '../api.js';
import { awayFromMidnight } from '../../support/midnight.js';

describe('soft limits of plans over HTTP', () => {
  let api: Api;

  beforeAll(async () => {
    await awayFromMidnight();
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

  test('warn of a commit by amount too, of what its reservation was made for', async () => {
    expectStatus(200, await api.put(`${pathOf('by amount')}/subscriptions/main`, { plan: 'soft' }));
    const reserve = async (quantity: string): Promise<string> =>
      expectStatus(201, await api.post(`${pathOf('by amount')}/reservations`, event(quantity))).reservation.id;
    const commit = async (id: string, body: object): Promise<Json> =>
      expectStatus(200, await api.post(`/v1/reservations/${id}/commit`, body));
    const [within, beyond, nothing, partly] = [
      await reserve('8'),
      await reserve('5'),
      await reserve('1'),
      await reserve('1'),
    ];
    const plain = await api.reserve('by amount', '1');
    expect((await commit(within, { amount: '3' })).warnings).toBeUndefined();
    // Two of its five were left.
    expect((await commit(beyond, { amount: '3' })).warnings).toEqual([warning]);
    expect((await commit(nothing, { amount: '0' })).warnings).toBeUndefined();
    expect((await commit(partly, { amount: '1', final: false })).warnings).toBeUndefined();
    expect((await commit(partly, {})).warnings).toEqual([warning]);
    expect((await commit(plain.reservation.id, { amount: '1' })).warnings).toBeUndefined();
    expect((await commit(await reserve('1'), { lines: [{ unit: 'credits', amount: '1' }] })).warnings).toEqual([
      warning,
    ]);
  });

  test('warn of a late commit as of one in time, of what had no room any more', async () => {
    expectStatus(200, await api.put(`${pathOf('late')}/subscriptions/main`, { plan: 'soft' }));
    const terms = { ttl_seconds: 1, grace_seconds: 0, late: 'charge' };
    const reserve = async (quantity: string): Promise<string> =>
      expectStatus(201, await api.post(`${pathOf('late')}/reservations`, { ...event(quantity), ...terms })).reservation
        .id;
    const commit = async (id: string, body: object): Promise<Json> =>
      expectStatus(200, await api.post(`/v1/reservations/${id}/commit`, body));
    const [within, byAmount, byEvent, nothing, open] = [
      await reserve('2'),
      await reserve('4'),
      await reserve('3'),
      await reserve('1'),
      await reserve('1'),
    ];
    while ((await api.get(pathOf('late'))).body.balances.renders.held !== '0') await sleep(100);
    expectStatus(201, await api.post(`${pathOf('late')}/charges`, event('8')));
    expect((await commit(within, { quantity: '2' })).warnings).toBeUndefined();
    expect((await commit(byAmount, { amount: '8' })).warnings).toEqual([warning]);
    expect((await commit(byEvent, { quantity: '3' })).warnings).toEqual([warning]);
    expect((await commit(nothing, { amount: '0' })).warnings).toBeUndefined();
    // A late commit ends its reservation, whatever it says.
    expect((await commit(open, { amount: '1', final: false })).warnings).toEqual([warning]);
  });
});
