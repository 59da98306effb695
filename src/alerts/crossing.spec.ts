import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AlertRule, RuleKind } from './alert-rule.js';
import { crosses } from './crossing.js';
import { hourOf, levelAfter, NO_LEVEL, spentBy, type Level } from './levels.js';
import { makeEntry } from '../ledger/domain/entry.js';

const NOW = Date.parse('2026-11-21T12:30:00Z');
const HOUR = 3_600_000;

const ruleOf = (kind: RuleKind, value: string, measure: AlertRule['measure'] = 'unspent'): AlertRule => ({
  name: 'r',
  enabled: true,
  unit: 'credits',
  kind,
  value,
  measure,
});
const levelOf = (level: Partial<Level>): Level => ({ ...NO_LEVEL, ...level });
const crossesFrom = (rule: AlertRule, before: Partial<Level>, after: Partial<Level>, scale = 2): boolean =>
  crosses(rule, { before: levelOf(before), after: levelOf(after), effectiveAt: NOW, scale });

describe('a threshold', () => {
  test.each([
    ['at it', 1_001n, 1_000n, true],
    ['past it', 5_000n, 1n, true],
    ['one base unit above it', 5_000n, 1_001n, false],
    ['below it already', 1_000n, 999n, false],
    ['upwards', 999n, 1_001n, false],
  ])('of an amount is crossed: %s', (_, before, after, expected) => {
    expect(crossesFrom(ruleOf('amount', '10'), { available: before }, { available: after })).toBe(expected);
  });

  test('of more digits than the unit has is met by what is below it', () => {
    expect(crossesFrom(ruleOf('amount', '10.5'), { available: 11n }, { available: 10n }, 0)).toBe(true);
    expect(crossesFrom(ruleOf('amount', '10.5'), { available: 12n }, { available: 11n }, 0)).toBe(false);
    expect(crossesFrom(ruleOf('amount', '0'), { available: 1n }, { available: 0n }, 9)).toBe(true);
  });

  test('of percent is exact where a division would round', () => {
    const base = 3n * 10n ** 18n + 1n;
    const third = (base * 33n) / 100n;
    expect(crossesFrom(ruleOf('percent', '33'), { available: third + 1n, base }, { available: third, base })).toBe(
      true,
    );
    expect(crossesFrom(ruleOf('percent', '33'), { available: base, base }, { available: third + 1n, base })).toBe(
      false,
    );
  });

  test('of time is met exactly when what is left lasts as long, and never where nothing was spent', () => {
    const spent = new Map([[hourOf(NOW), 2_400n]]);
    const day = ruleOf('runs_out_within_seconds', '86400');
    expect(crossesFrom(day, { available: 2_401n, spent }, { available: 2_400n, spent })).toBe(true);
    expect(crossesFrom(day, { available: 2_500n, spent }, { available: 2_401n, spent })).toBe(false);
    expect(crossesFrom(day, { available: 1n }, { available: 0n })).toBe(false);
  });

  test('looks at what is available only where the rule says so', () => {
    const [before, after] = [{ available: 20n, held: 0n }, { available: 5n, held: 15n }]; // prettier-ignore
    expect(crossesFrom(ruleOf('amount', '0.1'), before, after)).toBe(false);
    expect(crossesFrom(ruleOf('amount', '0.1', 'available'), before, after)).toBe(true);
  });

  test('tells once on the way down, however the way is cut', () => {
    const way = fc.array(fc.bigInt({ min: 0n, max: 3_000n }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(way, levels => {
        let isBelow = levels[0]! <= 1_000n;
        levels.slice(1).forEach((after, index) => {
          const expected = after <= 1_000n && !isBelow;
          const crossed = crossesFrom(ruleOf('amount', '10'), { available: levels[index]! }, { available: after });
          expect(crossed).toBe(expected);
          isBelow = after <= 1_000n;
        });
      }),
    );
  });
});

describe('a level', () => {
  const spend = (at: number, amount: bigint) =>
    makeEntry(1, at, at, { type: 'commit', unit: 'credits', amount, deltas: { available: -amount, spent: amount } });

  test('counts what was spent in the last 24 hours, by whole hours, and forgets the rest', () => {
    let level = levelOf({ available: 100n });
    level = levelAfter(level, spend(NOW - 24 * HOUR, 5n));
    level = levelAfter(level, spend(NOW - 23 * HOUR, 7n));
    expect(spentBy(level, NOW)).toBe(7n);
    level = levelAfter(level, spend(NOW, 11n));
    expect(spentBy(level, NOW)).toBe(18n);
    expect([...level.spent.keys()]).toEqual([hourOf(NOW) - 23, hourOf(NOW)]);
  });

  test('takes what is unspent after a grant for the whole, and nothing else for it', () => {
    const grant = { type: 'grant', unit: 'credits', amount: 5n, deltas: { granted: 5n, available: 5n } } as const;
    const level = levelAfter(levelOf({ available: 1n, held: 2n }), makeEntry(1, NOW, NOW, grant));
    expect(level.base).toBe(8n);
    expect(levelAfter(level, spend(NOW, 3n)).base).toBe(8n);
  });
});
