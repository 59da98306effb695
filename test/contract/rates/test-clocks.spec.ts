import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Api, expectStatus, pathOf, type Json } from '../api.js';
import { ClockedApi } from '../clocks.js';

const FUTURE = '2099-01-01T00:00:00.000Z';
const hour = (number: number): string => new Date(Date.parse(FUTURE) + number * 3_600_000).toISOString();

describe('rate cards by a test clock', () => {
  const replicas: Api[] = [];
  let live: Api;
  let api: ClockedApi;
  let other: ClockedApi;

  beforeAll(async () => {
    live = await Api.start();
    replicas.push(live, await Api.start(live));
    api = await ClockedApi.over(live);
    other = api.through(replicas[1]!);
    await publish('default', '1');
    await publish('default', '2', hour(1));
    await publish('default', '3', hour(2));
  });

  afterAll(async () => {
    for (const replica of replicas.toReversed()) await replica.stop();
  });

  async function publish(card: string, rate: string, effectiveAt?: string): Promise<void> {
    const meters = { renders: { charges: [{ unit: 'credits', prices: [{ rate }] }] } };
    const when = effectiveAt === undefined ? {} : { effective_at: effectiveAt };
    expectStatus(200, await live.put(`/v1/rate-cards/${card}`, { rounding: 'up', publish: true, meters, ...when }));
  }

  const event = { meter: 'renders', quantity: '1' };
  /** What one costs now, by either replica, and for who only asks. */
  async function costOf(name: string): Promise<string> {
    const amounts = [];
    for (const replica of [api, other]) {
      const { entries } = expectStatus(201, await replica.post(`${pathOf(name)}/charges`, event));
      amounts.push(entries[0].amount);
    }
    const { reservation } = expectStatus(201, await other.post(`${pathOf(name)}/reservations`, event));
    amounts.push(reservation.lines[0].reserved);
    expect(new Set(amounts).size).toBe(1);
    return amounts[0];
  }

  test('a version counts from its moment on by the clock of the account, not by the real time', async () => {
    const clock = await api.account('priced', FUTURE);
    await api.grant('priced', '100');
    expect(await costOf('priced')).toBe('1');
    await api.advance(clock, hour(0.999));
    expect(await costOf('priced')).toBe('1');
    await api.advance(clock, hour(1));
    expect(await costOf('priced')).toBe('2');
    await api.advance(clock, hour(3));
    expect(await costOf('priced')).toBe('3');
    // An account of the real time is still where we are.
    await api.grant('real', '10');
    expect(await costOf('real')).toBe('1');
  });

  test('what was reserved before a version is committed by the prices of then', async () => {
    const clock = await api.account('agreed', FUTURE);
    await api.grant('agreed', '100');
    const terms = { ...event, ttl_seconds: 86_400 };
    const { reservation } = expectStatus(201, await api.post(`${pathOf('agreed')}/reservations`, terms));
    await api.advance(clock, hour(2));
    const path = `/v1/reservations/${reservation.id}/commit`;
    const done = expectStatus(200, await other.post(path, { quantity: '4' }));
    expect(done.entries[0]).toMatchObject({ amount: '4', event: { card: 'default', version: 1 } });
  });

  test('a clock before all versions has the first one that is in effect; one that is only planned prices nothing', async () => {
    await api.account('past', '2001-01-01T00:00:00Z');
    await api.grant('past', '100');
    expect(await costOf('past')).toBe('1');
    await publish('planned', '9', hour(5));
    const plan: Json = {
      name: 'Planned',
      publish: true,
      rate_card: 'planned',
      grants: [{ unit: 'credits', amount: '1' }],
    };
    expectStatus(200, await live.put('/v1/plans/planned', plan));
    await api.subscribe('past', { plan: 'planned' });
    const refused = await api.post(`${pathOf('past')}/charges`, event);
    expect(refused).toMatchObject({ status: 404, body: { code: 'meter_not_found' } });
    const clock = await api.account('later', hour(4));
    await api.grant('later', '100');
    await api.subscribe('later', { plan: 'planned' });
    expect(await api.post(`${pathOf('later')}/charges`, event)).toMatchObject({ status: 404 });
    await api.advance(clock, hour(5));
    expect(await costOf('later')).toBe('9');
  });

  test('a live account of the same name is priced by the real time', async () => {
    await live.grant('priced', '10');
    const { entries } = expectStatus(201, await live.post(`${pathOf('priced')}/charges`, event));
    expect(entries[0].amount).toBe('1');
  });
});
