import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatAmount } from '../shared/amount.js';
import { compilePlan } from './compile-plan.js';
import type { PlanDefinition } from './definition.js';

const SCALES: Readonly<Record<string, number>> = { credits: 6, renders: 0, seconds: 9 };
const unitOf = (unit: string) =>
  ({ kind: unit === 'credits' ? 'prepaid' : 'allowance', scale: SCALES[unit]! }) as const;
const DAY_MS = 86_400_000;

const BARE: PlanDefinition = {
  name: 'Bare',
  features: [],
  order: 0,
  public: false,
  prices: [],
  period: { every: 'month', count: 1, anchor: 'subscription' },
  grants: [],
  limits: [],
};
const GRANT = { unit: 'credits', amount: '1000', priority: 50, rollover: { carry: 'none' } } as const;
const LIMIT = {
  unit: 'renders',
  amount: '10',
  window: { every: 'billing_period' },
  soft: false,
  counts: 'events',
} as const;
const PRICE = { amount: '20', currency: 'usd' };

const compile = (more: Partial<PlanDefinition>) =>
  compilePlan({ id: 'pro', version: 3, definition: { ...BARE, ...more } }, null, unitOf);
const rolloverOf = (rollover: PlanDefinition['grants'][number]['rollover']) =>
  compile({ grants: [{ ...GRANT, rollover }] }).grants[0]!.rollover;

describe('the terms of a plan', () => {
  test('of a bare definition are those of a plan that renews by itself and gives nothing', () => {
    expect(compile({})).toEqual({
      plan: 'pro',
      version: 3,
      paid: false,
      renewalGraceMs: 0,
      grants: [],
      trial: null,
      limits: [],
      period: { every: 'month', count: 1, anchor: 'subscription' },
      arrears: [],
      rateCard: null,
      fallback: null,
    });
  });

  test('have nothing that only a page shows', () => {
    const shown = { description: 'x', features: ['y'], order: 7, public: true, metadata: { a: 'b' } };
    expect(compile(shown)).toEqual(compile({}));
  });

  test('wait three days for the renewal of a plan with a price, or as long as it says, a moment included', () => {
    expect(compile({ prices: [PRICE] })).toMatchObject({ paid: true, renewalGraceMs: 3 * DAY_MS });
    expect(compile({ prices: [PRICE], renewal_grace_seconds: 90 })).toMatchObject({ renewalGraceMs: 90_000 });
    expect(compile({ prices: [PRICE], renewal_grace_seconds: 0 })).toMatchObject({ paid: true, renewalGraceMs: 0 });
  });

  test('of a plan that costs 0 are those of a paid one: its invoice of 0 is what renews it', () => {
    expect(compile({ prices: [{ amount: '0', currency: 'usd' }] })).toMatchObject({ paid: true });
  });

  test('count amounts in the base units of each unit', () => {
    const terms = compile({ grants: [GRANT, { ...GRANT, unit: 'seconds', amount: '0.000000001' }], limits: [LIMIT] });
    expect(terms.grants.map(({ amount }) => amount)).toEqual([1_000_000_000n, 1n]);
    expect(terms.limits[0]).toMatchObject({ amount: 10n, scale: 0 });
  });

  test('take every amount exactly', () => {
    const amount = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
    fc.assert(
      fc.property(amount, fc.constantFrom(...Object.keys(SCALES)), (units, unit) => {
        const text = formatAmount(units, unitOf(unit).scale);
        expect(compile({ grants: [{ ...GRANT, unit, amount: text }] }).grants[0]!.amount).toBe(units);
      }),
    );
  });

  test('carry nothing, all, or what the cap says', () => {
    expect(rolloverOf({ carry: 'none' })).toBeNull();
    const unbounded = { percent: 100, cap: null, carryMs: null, periods: null };
    expect(rolloverOf({ carry: 'all' })).toEqual(unbounded);
    expect(rolloverOf({ carry: 'all', expires_after_seconds: 60, periods: 2 })).toEqual({ ...unbounded, carryMs: 60_000, periods: 2 }); // prettier-ignore
    expect(rolloverOf({ carry: 'cap', percent: 20 })).toEqual({ ...unbounded, percent: 20 });
    expect(rolloverOf({ carry: 'cap', amount: '200.5' })).toEqual({ ...unbounded, cap: 200_500_000n });
    expect(rolloverOf({ carry: 'cap', percent: 20, amount: '200', periods: 1 })).toEqual({ percent: 20, cap: 200_000_000n, carryMs: null, periods: 1 }); // prettier-ignore
  });

  test('keep what may be bought with a grant, and leave out what is not said', () => {
    const grants = [{ ...GRANT, applies_to: { meters: ['chat'], models: undefined } }];
    expect(compile({ grants }).grants[0]!.appliesTo).toStrictEqual({ meters: ['chat'] });
    expect(compile({ grants: [GRANT] }).grants[0]!.appliesTo).toBeNull();
  });

  test('cut time by the calendar of a zone or from the beginning of the subscription', () => {
    const tokyo = { every: 'day', count: 1, anchor: 'calendar', time_zone: 'Asia/Tokyo' } as const;
    const terms = compile({ period: { ...tokyo, every: 'month' }, limits: [{ ...LIMIT, window: tokyo }] });
    expect(terms.period).toEqual({ every: 'month', count: 1, anchor: 'calendar', timeZone: 'Asia/Tokyo' });
    expect(terms.limits[0]!.window).toEqual({ every: 'day', count: 1, anchor: 'calendar', timeZone: 'Asia/Tokyo' });
    const hours = { every: 'hour', count: 5, anchor: 'subscription' } as const;
    expect(compile({ limits: [{ ...LIMIT, window: hours }] }).limits[0]!.window).toEqual(hours);
    for (const every of ['billing_period', 'lifetime'] as const) {
      expect(compile({ limits: [{ ...LIMIT, window: { every } }] }).limits[0]!.window).toEqual({ every });
    }
  });

  test('say which events count against a limit, and how', () => {
    const match = [
      { meters: ['render'], properties: { quality: 'premium' } },
      { models: ['xl'], meters: undefined },
    ];
    const limit = compile({ limits: [{ ...LIMIT, match, counts: 'quantity', soft: true }] }).limits[0]!;
    expect(limit).toMatchObject({ soft: true, counts: 'quantity' });
    expect(limit.match).toStrictEqual([{ meters: ['render'], properties: { quality: 'premium' } }, { models: ['xl'] }]);
    expect(compile({ limits: [LIMIT] }).limits[0]).toMatchObject({ match: null, soft: false, counts: 'events' });
  });

  test('allow a limit of nothing', () => {
    expect(compile({ limits: [{ ...LIMIT, amount: '0' }] }).limits[0]).toMatchObject({ amount: 0n });
  });

  test('begin with a trial that gives the same, or something else', () => {
    expect(compile({ trial: { days: 14 } }).trial).toEqual({ lengthMs: 14 * DAY_MS, grants: null });
    expect(compile({ trial: { days: 7, grants: [GRANT] } }).trial).toMatchObject({
      lengthMs: 7 * DAY_MS,
      grants: [{ unit: 'credits', amount: 1_000_000_000n }],
    });
    expect(compile({ trial: { days: 1, grants: [] } }).trial).toEqual({ lengthMs: DAY_MS, grants: [] });
  });

  test('bring the terms of the fallback, which falls back to nothing', () => {
    const free = { id: 'free', version: 9, definition: { ...BARE, grants: [GRANT], fallback: 'ignored' } };
    const terms = compilePlan({ id: 'pro', version: 1, definition: { ...BARE, fallback: 'free' } }, free, unitOf);
    expect(terms.fallback).toMatchObject({
      plan: 'free',
      version: 9,
      grants: [{ amount: 1_000_000_000n }],
      fallback: null,
    });
  });

  test('are never made of an amount that the unit cannot have', () => {
    expect(() => compile({ limits: [{ ...LIMIT, amount: '0.5' }] })).toThrow('digits after the point');
  });
});
