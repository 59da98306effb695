import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { auditLedger } from '../../support/audit.js';
import { Api, expectStatus, pathOf, type Json } from '../api.js';
import { ClockedApi } from '../clocks.js';

const DAILY = { every: 'day', anchor: 'calendar', time_zone: 'UTC' };
const PREMIUM = { meter: 'render', quantity: '1', properties: { quality: 'premium' } };

/** Spends across the boundaries of plans; what is expected was worked out by hand. */
describe('spends while time goes by', () => {
  const replicas: Api[] = [];
  let api: ClockedApi;
  let other: ClockedApi;

  beforeAll(async () => {
    const live = await Api.start();
    replicas.push(live, await Api.start(live));
    api = await ClockedApi.over(live);
    other = api.through(replicas[1]!);
    for (const unit of ['total_renders', 'premium_renders']) {
      expectStatus(200, await live.put(`/v1/units/${unit}`, { kind: 'allowance', scale: 0 }));
    }
    const meters = { render: { charges: [{ unit: 'credits', prices: [{ rate: '1' }] }] } };
    expectStatus(200, await live.put('/v1/rate-cards/default', { rounding: 'up', publish: true, meters }));
    const thirty = { name: 'Thirty', grants: [{ unit: 'credits', amount: '30' }], publish: true };
    expectStatus(200, await live.put('/v1/plans/thirty', thirty));
    const limits = [
      { unit: 'total_renders', amount: '10', window: DAILY, match: [{ meters: ['render'] }] },
      {
        unit: 'premium_renders',
        amount: '10',
        window: DAILY,
        match: [{ meters: ['render'], properties: { quality: 'premium' } }],
      },
    ];
    const studio = { name: 'Studio', grants: [{ unit: 'credits', amount: '1000' }], limits, publish: true };
    expectStatus(200, await live.put('/v1/plans/studio', studio));
  });

  afterAll(async () => {
    expect(await auditLedger(replicas[0]!.database)).toEqual([]);
    for (const replica of replicas.toReversed()) await replica.stop();
  });

  const reserve = async (name: string, body: object): Promise<Json> =>
    expectStatus(201, await api.post(`${pathOf(name)}/reservations`, body)).reservation;

  test.each([
    // Spends the plan's 30 and 15 of the promotion; 5 of that and the 10 that were bought come back.
    ['of 45', '45', { available: '85', spent: '45', expired: '0' }],
    // 20 of the plan come back after their period: they expire.
    ['of 10', '10', { available: '100', spent: '10', expired: '20' }],
    // Nobody ends the hold: at noon and five seconds everything comes back, and the plan's 30 expire.
    ['that never comes', null, { available: '100', spent: '0', expired: '30' }],
  ])('purchase + plan + promo burning in order with a hold open across the boundary: a commit %s', async (_, amount, left) => {
    const name = `burning_${amount}`;
    const clock = await api.account(name, '2027-01-15T00:00:00Z');
    await api.subscribe(name, { plan: 'thirty' });
    await api.grant(name, '20', { expires_at: '2027-03-01T00:00:00Z' });
    await api.grant(name, '50', { category: 'paid' });
    await api.advance(clock, '2027-02-14T12:00:00Z');
    // The plan's 30 end first, then the promotion; what was bought comes last.
    const { id } = await reserve(name, { amount: '60', ttl_seconds: 86_400 });
    expect(await api.balance(name)).toMatchObject({ available: '40', held: '60' });
    await api.advance(clock, '2027-02-15T06:00:00Z');
    expect(await api.balance(name)).toMatchObject({ available: '70', held: '60', granted: '130', expired: '0' });
    if (amount !== null) expectStatus(200, await other.post(`/v1/reservations/${id}/commit`, { amount }));
    await api.advance(clock, '2027-02-15T12:00:05Z');
    expect(await api.balance(name)).toMatchObject({ ...left, held: '0', granted: '130' });
  }); // prettier-ignore

  test('one event against two limits with six tabs at nine of ten', async () => {
    const clock = await api.account('tabs', '2027-03-10T09:00:00Z');
    await api.subscribe('tabs', { plan: 'studio' });
    // Eight plain renders and one premium one: nine of ten in all, one of ten premium.
    const plain = { meter: 'render', quantity: '1', properties: { quality: 'plain' } };
    for (let i = 0; i < 8; i++) expectStatus(201, await api.post(`${pathOf('tabs')}/charges`, plain));
    expectStatus(201, await api.post(`${pathOf('tabs')}/charges`, PREMIUM));
    const tabs = await Promise.all(
      Array.from({ length: 6 }, (_, i) => (i % 2 === 0 ? api : other).post(`${pathOf('tabs')}/reservations`, PREMIUM)),
    );
    expect(tabs.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 429, 429, 429, 429, 429]);
    const { body, headers } = tabs.find(({ status }) => status === 429)!;
    expect(body).toMatchObject({
      code: 'limit_reached',
      shortfall: [{ unit: 'total_renders', used: '10', cap: '10', resets_at: '2027-03-11T00:00:00.000Z' }],
    });
    // Fifteen hours, by the clock; the hold of the one that came through ends earlier.
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(15 * 3600);
    expect(await api.balance('tabs', 'premium_renders')).toMatchObject({ available: '8', held: '1', spent: '1' });
    expect(await api.balance('tabs')).toMatchObject({ available: '990', held: '1', spent: '9' });
    const { reservation } = tabs.find(({ status }) => status === 201)!.body;
    expectStatus(200, await api.post(`/v1/reservations/${reservation.id}/commit`, {}));
    await api.advance(clock, '2027-03-11T00:00:00Z');
    expectStatus(201, await other.post(`${pathOf('tabs')}/reservations`, PREMIUM));
    expect(await api.balance('tabs', 'total_renders')).toMatchObject({ available: '9', held: '1', spent: '10' });
  });

  test('member cap reached while the pool has credits', async () => {
    const clock = await api.account('team', '2027-03-10T09:00:00Z');
    await api.grant('team', '100');
    const budgets = [{ unit: 'credits', amount: '10', window: { every: 'day', time_zone: 'UTC' } }];
    expectStatus(200, await api.put(`${pathOf('team')}/members/ada`, { budgets }));
    const spend = (amount: string, member: string) => other.post(`${pathOf('team')}/charges`, { amount, member });
    expectStatus(201, await spend('10', 'ada'));
    const denied = await spend('1', 'ada');
    expect(denied).toMatchObject({ status: 429, body: { code: 'limit_reached' } });
    expect(denied.body.shortfall[0]).toMatchObject({
      member: 'ada',
      used: '10',
      cap: '10',
      resets_at: '2027-03-11T00:00:00.000Z',
    });
    expect(await api.balance('team')).toMatchObject({ available: '90' });
    expectStatus(201, await spend('5', 'bob'));
    await api.advance(clock, '2027-03-10T23:59:59.999Z');
    expect(await spend('1', 'ada')).toMatchObject({ status: 429 });
    await api.advance(clock, '2027-03-11T00:00:00Z');
    expectStatus(201, await spend('10', 'ada'));
    expect(await api.balance('team')).toMatchObject({ available: '75', spent: '25' });
  });

  test('late commit in the next period', async () => {
    const clock = await api.account('late', '2027-01-15T00:00:00Z');
    await api.subscribe('late', { plan: 'thirty' });
    await api.advance(clock, '2027-02-14T23:00:00Z');
    const charged = await reserve('late', { amount: '20', ttl_seconds: 60, late: 'charge' });
    const refused = await reserve('late', { amount: '10', ttl_seconds: 60 });
    await api.advance(clock, '2027-02-15T00:10:00Z');
    // Both holds were over before the period was: its 30 have expired, and 30 are new.
    expect(await api.balance('late')).toMatchObject({ available: '30', held: '0', expired: '30' });
    expect(await other.post(`/v1/reservations/${refused.id}/commit`, { amount: '5' })).toMatchObject({ status: 410 });
    const { reservation } = expectStatus(
      200,
      await other.post(`/v1/reservations/${charged.id}/commit`, { amount: '12' }),
    );
    expect(reservation.status).toBe('closed');
    expect(await api.balance('late')).toMatchObject({ available: '18', spent: '12', expired: '30', granted: '60' });
    expect(await api.post(`/v1/reservations/${charged.id}/commit`, { amount: '1' })).toMatchObject({ status: 409 });
  });
});
