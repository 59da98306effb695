import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatAmount, MAX_AMOUNT, parseAmount } from './amount.js';

const scale = fc.integer({ min: 0, max: 9 });
const baseUnits = fc.bigInt({ min: 0n, max: MAX_AMOUNT });

describe('amounts', () => {
  test('come back exactly, whatever the scale', () => {
    fc.assert(
      fc.property(baseUnits, scale, (units, digits) => {
        expect(parseAmount(formatAmount(units, digits), digits)).toEqual({ ok: true, units });
      }),
    );
  });

  test('are written without trailing zeros', () => {
    expect([12_500_000n, 3_000_000n, 0n, 1n, -1_500_000n].map(units => formatAmount(units, 6))).toEqual([
      '12.5',
      '3',
      '0',
      '0.000001',
      '-1.5',
    ]);
    expect(formatAmount(MAX_AMOUNT, 0)).toBe('9223372036854775807');
  });

  test('are taken as integers up to 2^53-1', () => {
    expect(parseAmount(9_007_199_254_740_991, 3)).toEqual({ ok: true, units: 9_007_199_254_740_991_000n });
  });

  test.each([
    [9_007_199_254_740_992],
    [1.5],
    [-1],
    [-0],
    [NaN],
    [Infinity],
    [null],
    [undefined],
    [true],
    [{}],
    [['1']],
    [1n],
    [''],
    ['-1'],
    ['+1'],
    ['01'],
    ['1.'],
    ['.5'],
    ['1e3'],
    ['0x10'],
    ['1,5'],
    [' 1'],
    ['1\n'],
    ['١'],
    ['NaN'],
    ['1.1234567'],
    ['1.0000000'],
  ])('are never guessed: %p is refused', input => {
    expect(parseAmount(input, 6)).toMatchObject({ ok: false, code: 'invalid_request' });
  });

  test.each([['9223372036854.775808'], ['10000000000000000000'], ['1'.repeat(100_000)], ['9'.repeat(64)]])(
    'that cannot be counted are refused as too large: %.30s',
    input => {
      expect(parseAmount(input, 6)).toMatchObject({ ok: false, code: 'amount_too_large' });
    },
  );

  test('may be the largest there is', () => {
    expect(parseAmount('9223372036854.775807', 6)).toEqual({ ok: true, units: MAX_AMOUNT });
  });
});
