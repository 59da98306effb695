import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { auditLedger } from '../../support/audit.js';
import { Api, expectStatus, pathOf, type Json } from '../api.js';
import { ClockedApi } from '../clocks.js';

const APRIL = '2027-04-01T00:00:00.000Z';
/** Half of April, which has 30 days, is over. */
const MID_APRIL = '2027-04-16T00:00:00.000Z';
const MAY = '2027-05-01T00:00:00.000Z';

const credits = (amount: string, more: object = {}) => ({ grants: [{ unit: 'credits', amount, ...more }] });
const monthly = (timeZone: string) => ({ every: 'month', count: 1, anchor: 'calendar', time_zone: timeZone });

const PLANS: Readonly<Record<string, object>> = {
  carrying: credits('1000', { rollover: { carry: 'cap', percent: 20, amount: '200' } }),
  weekly: { period: { every: 'week', count: 1 }, ...credits('70') },
  basic: credits('100'),
  plus: credits('300'),
  free: credits('20'),
  pro: { ...credits('500'), prices: [{ amount: '20', currency: 'usd' }], fallback: 'free' },
  tokyo: { period: monthly('Asia/Tokyo'), ...credits('30') },
  new_york: { period: monthly('America/New_York'), ...credits('30') },
};

/** The cases that plans are there for, as a caller sees them; what is expected was worked out by hand. */
describe('plans while time goes by', () => {
  const replicas: Api[] = [];
  let api: ClockedApi;

  beforeAll(async () => {
    const live = await Api.start();
    replicas.push(live, await Api.start(live));
    api = await ClockedApi.over(live);
    for (const [id, definition] of Object.entries(PLANS)) {
      expectStatus(200, await live.put(`/v1/plans/${id}`, { name: id, ...definition, publish: true }));
    }
  });

  afterAll(async () => {
    expect(await auditLedger(replicas[0]!.database)).toEqual([]);
    for (const replica of replicas.toReversed()) await replica.stop();
  });

  const cancelNow = async (name: string): Promise<Json> =>
    expectStatus(200, await replicas[0]!.call('DELETE', `${pathOf(name)}/subscriptions/main?at=now`, { as: api.as }));
  const ends = async (name: string): Promise<string> => (await api.subscription(name)).period_end_at;
  const grantedAt = async (name: string): Promise<string[]> =>
    (await api.entries(name, '&type=grant')).map(({ effective_at: at }) => at);

  test('monthly plan with 20 percent rollover capped at 200 over six periods', async () => {
    const clock = await api.account('rollover', '2027-01-01T00:00:00Z');
    await api.subscribe('rollover', { plan: 'carrying' });
    // What is spent in each month, and what there is in the next and has expired until then.
    const months = [
      // 600 are left: 120 are carried.
      ['400', '2027-02-01T00:00:00Z', '1120', '480'],
      // 1000 of the month are left, whose fifth is 200; 120 are there already, so 80 are carried.
      [null, '2027-03-01T00:00:00Z', '1200', '1400'],
      // The month's 1000 go first, then 100 of what was carried: nothing is left to carry.
      ['1100', '2027-04-01T00:00:00Z', '1100', '1400'],
      // 500 are left: 100 are carried to the 100 that are there.
      ['500', '2027-05-01T00:00:00Z', '1200', '1800'],
      // A fifth of half a credit finds no room under the bound.
      ['999.5', '2027-06-01T00:00:00Z', '1200', '1800.5'],
      ['1200', '2027-07-01T00:00:00Z', '1000', '1800.5'],
    ] as const;
    for (const [spent, to, available, expired] of months) {
      if (spent !== null) await api.charge('rollover', spent);
      await api.advance(clock, to);
      expect([to, await api.balance('rollover')]).toMatchObject([to, { available, expired }]);
    }
  });

  test('weekly plan used, renewed, used', async () => {
    const clock = await api.account('weekly', '2027-01-06T08:30:00Z');
    await api.subscribe('weekly', { plan: 'weekly' });
    await api.charge('weekly', '70');
    expect(await api.post(`${pathOf('weekly')}/charges`, { amount: '1' })).toMatchObject({ status: 402 });
    await api.advance(clock, '2027-01-13T08:29:59.999Z');
    expect(await api.balance('weekly')).toMatchObject({ available: '0' });
    await api.advance(clock, '2027-01-13T08:30:00Z');
    await api.charge('weekly', '69.5');
    await api.advance(clock, '2027-01-20T08:30:00Z');
    expect(await api.balance('weekly')).toMatchObject({
      granted: '210',
      spent: '139.5',
      expired: '0.5',
      available: '70',
    });
  });

  test.each([
    // 70 of the old plan live on beside 300 of the new.
    ['keep', '30', '370', '0'],
    // Half of the month is to come: half of the old hundred goes, half of the new 300 comes.
    ['prorate', '30', '170', '50'],
    // Only 20 of those fifty are there to go.
    ['prorate', '80', '150', '20'],
    ['drop', '30', '300', '70'],
  ])('upgrade mid-cycle with each policy: %s after %s were used', async (unused, spent, available, expired) => {
    const name = `upgrade_${unused}_${spent}`;
    const clock = await api.account(name, APRIL);
    await api.subscribe(name, { plan: 'basic' });
    await api.charge(name, spent);
    await api.grant(name, '40', { category: 'paid' });
    await api.advance(clock, MID_APRIL);
    const changed = await api.subscribe(name, { plan: 'plus', unused });
    expect(changed.subscription).toMatchObject({ plan: 'plus', period_end_at: MAY });
    expect(await api.balance(name)).toMatchObject({ available: `${Number(available) + 40}`, expired });
    await api.advance(clock, MAY);
    // Whatever was left of the month is over; what was bought is not.
    expect(await api.balance(name)).toMatchObject({ available: '340', spent });
  });

  test('downgrade at end', async () => {
    const clock = await api.account('downgrade', APRIL);
    await api.subscribe('downgrade', { plan: 'plus' });
    await api.charge('downgrade', '50');
    await api.advance(clock, MID_APRIL);
    const { subscription } = await api.subscribe('downgrade', { plan: 'basic', change: 'period_end' });
    expect(subscription).toMatchObject({ plan: 'plus', next: { plan: 'basic', starts_at: MAY } });
    await api.advance(clock, '2027-04-30T23:59:59.999Z');
    expect(await api.balance('downgrade')).toMatchObject({ available: '250', expired: '0' });
    await api.advance(clock, MAY);
    expect(await api.balance('downgrade')).toMatchObject({ available: '100', expired: '250' });
    expect(await api.subscription('downgrade')).toMatchObject({
      plan: 'basic',
      period_end_at: '2027-06-01T00:00:00.000Z',
    });
  });

  test('cancel and fall back to free twice: no double free allowance', async () => {
    const clock = await api.account('twice', APRIL);
    await api.subscribe('twice', { plan: 'pro' });
    await api.advance(clock, '2027-04-10T00:00:00Z');
    await cancelNow('twice');
    expect(await api.balance('twice')).toMatchObject({ available: '20', granted: '520', expired: '500' });
    await api.charge('twice', '15');
    await api.advance(clock, '2027-04-15T00:00:00Z');
    // Paid once more, and given up once more, within the month of the free plan that began on the tenth.
    await api.subscribe('twice', { plan: 'pro' });
    await api.advance(clock, '2027-04-20T00:00:00Z');
    await cancelNow('twice');
    expect(await api.balance('twice')).toMatchObject({ available: '5', granted: '1020', expired: '1000' });
    await api.advance(clock, '2027-05-10T00:00:00Z');
    expect(await api.balance('twice')).toMatchObject({
      available: '20',
      granted: '1040',
      expired: '1005',
      spent: '15',
    });
  });

  test('31 January anchor through leap and common years', async () => {
    const DAYS = [
      '01-31',
      '02-28',
      '03-31',
      '04-30',
      '05-31',
      '06-30',
      '07-31',
      '08-31',
      '09-30',
      '10-31',
      '11-30',
      '12-31',
    ];
    const boundaries = [2027, 2028, 2029].flatMap(year =>
      DAYS.map(day => `${year}-${year === 2028 && day === '02-28' ? '02-29' : day}T10:00:00.000Z`),
    );
    const clock = await api.account('anchor', boundaries[0]!);
    await api.subscribe('anchor', { plan: 'basic' });
    for (const next of boundaries.slice(1)) {
      expect(await ends('anchor')).toBe(next);
      await api.advance(clock, next);
    }
    // The same in two steps: nothing depends on how often somebody looks.
    const leaps = await api.account('leaping', boundaries[0]!);
    await api.subscribe('leaping', { plan: 'basic' });
    for (const to of ['2029-01-30T00:00:00Z', boundaries.at(-1)!]) await api.advance(leaps, to);
    for (const name of ['anchor', 'leaping']) expect(await grantedAt(name)).toEqual(boundaries);
  });

  test.each([
    ['Asia/Tokyo', 'tokyo', ['2027-02-28T15:00', '2027-03-31T15:00', '2027-04-30T15:00'], '2027-10-10',
      ['2027-10-31T15:00', '2027-11-30T15:00', '2027-12-31T15:00']],
    // Daylight saving begins on 14 March and ends on 7 November.
    ['America/New_York', 'new_york', ['2027-03-01T05:00', '2027-04-01T04:00', '2027-05-01T04:00'], '2027-10-10',
      ['2027-11-01T04:00', '2027-12-01T05:00', '2028-01-01T05:00']],
  ])('calendar month in %s over daylight saving', async (_, plan, spring, autumn, winter) => {
    const clock = await api.account(`calendar_${plan}`, '2027-02-10T12:00:00Z');
    await api.subscribe(`calendar_${plan}`, { plan });
    const through = async (boundaries: readonly string[]): Promise<void> => {
      for (const boundary of boundaries) {
        expect(await ends(`calendar_${plan}`)).toBe(`${boundary}:00.000Z`);
        const before = new Date(Date.parse(`${boundary}:00Z`) - 1).toISOString();
        const granted = Number((await api.balance(`calendar_${plan}`)).granted);
        await api.advance(clock, before);
        expect(Number((await api.balance(`calendar_${plan}`)).granted)).toBe(granted);
        await api.advance(clock, `${boundary}:00Z`);
        expect(Number((await api.balance(`calendar_${plan}`)).granted)).toBe(granted + 30);
      }
    };
    await through(spring);
    await api.advance(clock, `${autumn}T00:00:00Z`);
    await through(winter);
    // From February to December are eleven months, and January.
    expect(await api.balance(`calendar_${plan}`)).toMatchObject({ granted: '360', available: '30' });
  }); // prettier-ignore
});
