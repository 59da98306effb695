import { describe, expect, test } from '@jest/globals';
import { isShort, limitReached, missingOf, nextMonthAfter, pauseLeft, type Standing } from './next-move.js';

const WELL: Standing = { exists: true, frozen: false, available: 100n, held: 0n, debt: 0n };

describe('an account', () => {
  test.each<[string, Partial<Standing>, boolean, boolean]>([
    ['exactly at the threshold', {}, true, true],
    ['one base unit above it', { available: 101n }, false, false],
    ['below it only without what is held', { available: 0n, held: 101n }, false, true],
    ['that owes', { available: 0n, debt: 5n }, true, true],
    ['that is frozen', { available: 0n, frozen: true }, false, false],
    ['without an entry', { available: 0n, exists: false }, false, false],
  ])('%s', (_what, more, unspent, available) => {
    expect(isShort('unspent', 100n, { ...WELL, ...more })).toBe(unspent);
    expect(isShort('available', 100n, { ...WELL, ...more })).toBe(available);
  });

  test('misses what it owes too', () => {
    const standing = { ...WELL, available: 0n, held: 30n, debt: 7n };
    expect([missingOf('unspent', 100n, standing), missingOf('available', 100n, standing)]).toEqual([77n, 107n]);
  });
});

describe('the pause', () => {
  const last = { state: 'paid', settledAt: 1_000_000, readAt: 1_000_000 } as const;

  test('is counted from the end of the last attempt, and over at its end', () => {
    expect(pauseLeft(last, 60)).toBe(60_000);
    expect(pauseLeft({ ...last, readAt: 1_059_999 }, 60)).toBe(1);
    expect(pauseLeft({ ...last, readAt: 1_060_000 }, 60)).toBeNull();
  });

  test('is none before the first attempt, nor after one that was called off', () => {
    expect(pauseLeft(undefined, 60)).toBeNull();
    expect(pauseLeft({ ...last, state: 'canceled' }, 60)).toBeNull();
    expect(pauseLeft({ ...last, state: 'declined' }, 60)).toBe(60_000);
  });
});

describe('the limit of a month', () => {
  const limit = { money: 2_000n, count: 3 };

  test('may be reached, and not exceeded', () => {
    expect(limitReached({ money: 1_000n, count: 2 }, 1_000n, limit)).toBeNull();
    expect(limitReached({ money: 1_001n, count: 2 }, 1_000n, limit)).toBe('amount');
    expect(limitReached({ money: 0n, count: 3 }, 1n, limit)).toBe('count');
  });

  test.each([
    ['2026-11-30T23:59:59.999Z', '2026-12-01T00:00:00.000Z'],
    ['2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['2028-02-29T12:00:00.000Z', '2028-03-01T00:00:00.000Z'],
    ['2026-01-31T00:00:00.000Z', '2026-02-01T00:00:00.000Z'],
  ])('of %s ends at %s', (now, until) => {
    expect(new Date(nextMonthAfter(Date.parse(now))).toISOString()).toBe(until);
  });
});
