import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isZero, less, plus, readAmount } from './decimal.js';

const SCALE = 9;

/** An amount as somebody may write it, and how many billionths it is. */
const amount = fc
  .tuple(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), fc.integer({ min: 0, max: SCALE }))
  .map(([units, scale]) => {
    const digits = units.toString().padStart(scale + 1, '0');
    const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
    return { text, billionths: units * 10n ** BigInt(SCALE - scale) };
  });

describe('amounts', () => {
  test('are added and taken away exactly', () => {
    fc.assert(
      fc.property(amount, amount, (a, b) => {
        expect(billionthsOf(plus(a.text, b.text))).toBe(a.billionths + b.billionths);
        const left = a.billionths - b.billionths;
        expect(billionthsOf(less(a.text, b.text))).toBe(left > 0n ? left : 0n);
        expect(isZero(a.text)).toBe(a.billionths === 0n);
      }),
    );
  });

  test('come out as the ledger writes them', () => {
    expect([plus('0.1', '0.2'), plus('0.50', '0.5'), less('1', '0.999999999'), less('1', '2')]).toEqual([
      '0.3',
      '1',
      '0.000000001',
      '0',
    ]);
  });

  test('are taken from nothing but decimal digits', () => {
    expect(readAmount('12.50')).toBe('12.50');
    for (const wrong of [
      '',
      '.5',
      '5.',
      '1e3',
      '-1',
      '+1',
      '01',
      ' 1',
      '1,5',
      '٣',
      'NaN',
      '9'.repeat(65),
      5,
      null,
      {},
    ]) {
      expect(() => readAmount(wrong as string)).toThrow(TypeError);
    }
  });
});

function billionthsOf(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  // Canonical: no zeros that say nothing.
  expect(text).toMatch(/^(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$/);
  return BigInt(whole + fraction.padEnd(SCALE, '0'));
}
