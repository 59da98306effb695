import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Api } from '../api.js';

const GRANT = { unit: 'credits', amount: '1' };
const LIMIT = { unit: 'renders', amount: '1', window: { every: 'day' } };
const PRICE = { amount: '20', currency: 'usd' };

describe('a definition of a plan that cannot be', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
    await api.put('/v1/units/renders', { kind: 'allowance', scale: 0 });
  });

  afterAll(() => api.stop());

  const calendar = (more: object) => ({
    limits: [{ ...LIMIT, window: { every: 'day', anchor: 'calendar', ...more } }],
  });
  const carry = (rollover: unknown) => ({ grants: [{ ...GRANT, rollover }] });

  test.each<[string, object, string]>([
    ['without a name', { name: undefined }, 'name'],
    ['with a name of 256 characters', { name: 'x'.repeat(256) }, 'name'],
    ['with a description that is too long', { description: 'x'.repeat(2_001) }, 'description'],
    ['with a field nobody knows', { colour: 'red' }, 'colour'],
    ['with a field nobody knows further in', { grants: [{ ...GRANT, expires: 1 }] }, 'grants[0].expires'],
    ['with 51 features', { features: Array.from({ length: 51 }, () => 'x') }, 'features'],
    ['with 21 grants', { grants: Array.from({ length: 21 }, () => GRANT) }, 'grants'],
    ['with 21 prices', { prices: Array.from({ length: 21 }, () => PRICE) }, 'prices'],
    ['with a unit granted twice', { grants: [GRANT, GRANT] }, 'grants[1].unit'],
    ['with a unit granted and limited', { grants: [{ ...GRANT, unit: 'renders' }], limits: [LIMIT] }, 'grants[0].unit'],
    ['with a unit granted on trial and limited', { trial: { days: 7, grants: [{ ...GRANT, unit: 'renders' }] }, limits: [LIMIT] }, 'trial.grants[0].unit'],
    ['with a grant of a unit that is not there', { grants: [{ ...GRANT, unit: 'credit' }] }, 'grants[0].unit'],
    ['with a trial of a unit that is not there', { trial: { days: 1, grants: [{ ...GRANT, unit: 'no' }] } }, 'trial.grants[0].unit'],
    ['with a grant of nothing', { grants: [{ ...GRANT, amount: '0' }] }, 'grants[0].amount'],
    ['with an amount finer than its unit', { grants: [{ ...GRANT, amount: '1.1234567' }] }, 'grants[0].amount'],
    ['with an amount nobody can count', { grants: [{ ...GRANT, amount: '9'.repeat(30) }] }, 'grants[0].amount'],
    ['with a negative amount', { limits: [{ ...LIMIT, amount: '-1' }] }, 'limits[0].amount'],
    ['with an amount that is a fraction of JSON', { limits: [{ ...LIMIT, amount: 1.5 }] }, 'limits[0].amount'],
    ['with a limit of what is bought', { limits: [{ ...LIMIT, unit: 'credits' }] }, 'limits[0].unit'],
    ['with a limit without window', { limits: [{ ...LIMIT, window: undefined }] }, 'limits[0].window'],
    ['with a window of no known length', { limits: [{ ...LIMIT, window: { every: 'fortnight' } }] }, 'limits[0].window.every'],
    ['with several lifetimes', { limits: [{ ...LIMIT, window: { every: 'lifetime', count: 2 } }] }, 'limits[0].window.count'],
    ['with a zone that is none', calendar({ time_zone: 'Mars/Olympus' }), 'limits[0].window.time_zone'],
    ['with an offset for a zone', calendar({ time_zone: '+09:00' }), 'limits[0].window.time_zone'],
    ['with a zone where no calendar is asked', calendar({ time_zone: 'Asia/Tokyo', anchor: 'subscription' }), 'limits[0].window.time_zone'],
    ['with hours that do not fill a day', calendar({ every: 'hour', count: 7 }), 'limits[0].window.count'],
    ['with no hour at all', calendar({ every: 'hour', count: 0 }), 'limits[0].window.count'],
    ['with a period of centuries', { period: { every: 'month', count: 1_201 } }, 'period.count'],
    ['with a period for life', { period: { every: 'lifetime' } }, 'period.every'],
    ['with a match of everything', { limits: [{ ...LIMIT, match: [{}] }] }, 'limits[0].match[0]'],
    ['with no match at all', { limits: [{ ...LIMIT, match: [] }] }, 'limits[0].match'],
    ['with an empty list in a match', { limits: [{ ...LIMIT, match: [{ meters: [] }] }] }, 'limits[0].match[0].meters'],
    ['with a property that is a number', { limits: [{ ...LIMIT, match: [{ properties: { size: 4 } }] }] }, 'limits[0].match[0].properties.size'],
    ['that counts quantities of no events', { limits: [{ ...LIMIT, counts: 'quantity' }] }, 'limits[0].counts'],
    ['with a rollover that is a word', carry('all'), 'grants[0].rollover'],
    ['with a rollover nobody knows', carry({ carry: 'half' }), 'grants[0].rollover.carry'],
    ['with a cap of nothing', carry({ carry: 'cap' }), 'grants[0].rollover.percent'],
    ['with 101 percent', carry({ carry: 'cap', percent: 101 }), 'grants[0].rollover.percent'],
    ['with half a percent', carry({ carry: 'cap', percent: 0.5 }), 'grants[0].rollover.percent'],
    ['with a cap of 0', carry({ carry: 'cap', amount: '0' }), 'grants[0].rollover.amount'],
    ['with a percentage of all', carry({ carry: 'all', percent: 20 }), 'grants[0].rollover.percent'],
    ['with carried periods without end', carry({ carry: 'all', periods: 37 }), 'grants[0].rollover.periods'],
    ['with carried credits that end at once', carry({ carry: 'all', expires_after_seconds: 0 }), 'grants[0].rollover.expires_after_seconds'],
    ['with a price in no currency', { prices: [{ ...PRICE, currency: 'dollar' }] }, 'prices[0].currency'],
    ['with a price that is no decimal', { prices: [{ ...PRICE, amount: '20,00' }] }, 'prices[0].amount'],
    ['with a product in place of a price', { prices: [{ ...PRICE, stripe_price: 'prod_1' }] }, 'prices[0].stripe_price'],
    ['with one price of Stripe twice', { prices: [1, 2].map(() => ({ ...PRICE, stripe_price: 'price_1' })) }, 'prices[1].stripe_price'],
    ['with a grace where nothing is paid', { renewal_grace_seconds: 60 }, 'renewal_grace_seconds'],
    ['with a grace of years', { prices: [PRICE], renewal_grace_seconds: 100_000_000 }, 'renewal_grace_seconds'],
    ['with a trial of no day', { trial: { days: 0 } }, 'trial.days'],
    ['with a fallback that cannot be a plan', { fallback: 'a b' }, 'fallback'],
    ['that is published perhaps', { publish: 'perhaps' }, 'publish'],
    ['with an order beyond all pages', { order: 1_000_001 }, 'order'],
    ['with a priority beyond all', { grants: [{ ...GRANT, priority: 101 }] }, 'grants[0].priority'],
  ])('is refused %s, published or not, and the field is named', async (_, more, field) => {
    for (const publish of [true, false]) {
      const body = { name: 'Refused', publish, ...more };
      const answer = await api.put('/v1/plans/refused', body);
      expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
      expect(answer.body.errors.map(({ location }: { location: string }) => location)).toContain(`body.${field}`);
    }
    expect(await api.get('/v1/plans/refused')).toMatchObject({ status: 404 });
  }); // prettier-ignore

  test.each(['a b', '.a', '-a', '_a', 'ü', 'x'.repeat(65), 'a:b', '__proto__'])(
    'is refused as the plan %j',
    async id => {
      const answer = await api.put(`/v1/plans/${encodeURIComponent(id)}`, { name: 'Refused' });
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ location: 'path.plan' }] } });
    },
  );

  test('is refused as a body of more than 64 KiB, and as one that is no object', async () => {
    const limits = Array.from({ length: 20 }, () => ({ ...LIMIT, match: [{ meters: Array.from({ length: 100 }, () => 'x'.repeat(50)) }] })); // prettier-ignore
    expect(await api.put('/v1/plans/large', { name: 'Large', limits })).toMatchObject({ status: 413 });
    expect(await api.put('/v1/plans/none', '[]')).toMatchObject({ status: 422 });
    expect(await api.put('/v1/plans/none', '{"name":"a","name":"b"}')).toMatchObject({ status: 400 });
  });
});
