import { describe, expect, test } from '@jest/globals';
import { mainUnit, smallestUnit } from './money.js';

describe('money', () => {
  test.each([
    [1999n, 'usd', '19.99'],
    [5n, 'EUR', '0.05'],
    [0n, 'usd', '0.00'],
    [500n, 'jpy', '500'],
    [12_345n, 'kwd', '12.345'],
    [7n, 'bhd', '0.007'],
    [500n, 'isk', '5.00'],
    [500n, 'ugx', '5.00'],
  ])('%s in the smallest unit of %s is %s', (minor, currency, main) => {
    expect(mainUnit(minor, currency)).toBe(main);
    expect(smallestUnit(main, currency)).toBe(minor);
  });

  test.each([
    ['1.999', 'usd'],
    ['1.5', 'jpy'],
    ['-1', 'usd'],
    ['01', 'usd'],
    ['1e3', 'usd'],
    ['1.', 'usd'],
    ['', 'usd'],
    ['1'.repeat(16), 'usd'],
  ])('%s is no amount of %s', (text, currency) => {
    expect(smallestUnit(text, currency)).toBeNull();
  });

  test('fewer digits than the currency has are fine', () => {
    expect(smallestUnit('10', 'usd')).toBe(1_000n);
    expect(smallestUnit('10.5', 'usd')).toBe(1_050n);
  });
});
