import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { smallestUnit } from '../payments/money.js';
import { lotsOfFixed, lotsOfOpen, moneyFor, type FixedPack, type OpenPack } from './pack.js';

const COMMON = {
  name: 'Credits',
  active: true,
  unit: 'credits',
  priority: 50,
  expiresAfterSeconds: null,
  connect: null,
  automaticTax: false,
  promotionCodes: false,
};
const OPEN: OpenPack = { kind: 'open', ...COMMON, perUnit: '100', currency: 'usd', least: '5', most: '500' };

describe('a pack', () => {
  const fixed = (bonus: FixedPack['bonus'], priority = 50): FixedPack => {
    const price = { amount: '10', currency: 'usd' };
    return { kind: 'fixed', ...COMMON, priority, amount: '1000', price, stripePrice: null, bonus };
  };

  test('is one lot, and one more that burns before it where there is a bonus', () => {
    expect(lotsOfFixed(fixed(null))).toMatchObject([{ amount: '1000', category: 'paid', priority: 50 }]);
    expect(lotsOfFixed(fixed({ amount: '50', expiresAfterSeconds: 3_600 }))).toMatchObject([
      { amount: '1000', category: 'paid', priority: 50, expiresAfterSeconds: null },
      { amount: '50', category: 'promotional', priority: 40, expiresAfterSeconds: 3_600 },
    ]);
    expect(lotsOfFixed(fixed({ amount: '50', expiresAfterSeconds: null }, 3))[1]!.priority).toBe(0);
  });

  test.each<[money: bigint, pack: Partial<OpenPack>, scale: number, amount: string | undefined]>([
    [500n, {}, 6, '500'],
    [50_000n, {}, 6, '50000'],
    [1_234n, {}, 6, '1234'],
    [1_234n, { perUnit: '0.5' }, 6, '6.17'],
    [1_234n, { perUnit: '0.333333333333' }, 6, '4.113333'],
    [1_234n, { perUnit: '0.333333333333' }, 0, '4'],
    [700n, { currency: 'jpy', least: '100', most: '1000' }, 2, '70000'],
    [1_500n, { currency: 'kwd', least: '1', most: '2' }, 6, '150'],
    [499n, {}, 6, undefined],
    [50_001n, {}, 6, undefined],
    [500n, { perUnit: '0.000000000001' }, 6, undefined],
  ])('for %s of the smallest unit, %j at scale %s, brings %s', (money, pack, scale, amount) => {
    expect(lotsOfOpen({ ...OPEN, ...pack }, money, scale)?.[0]!.amount).toBe(amount);
  });

  test('costs the least money that buys what is missing, within its limits', () => {
    expect(moneyFor(OPEN, 100_000_000n, 6)).toBe(500n);
    expect(moneyFor(OPEN, 1_000_000_000n, 6)).toBe(1_000n);
    expect(moneyFor(OPEN, 1_000_000_001n, 6)).toBe(1_001n);
    expect(moneyFor(OPEN, 10n ** 18n, 6)).toBe(50_000n);
    expect(moneyFor(OPEN, 1n, 0)).toBe(500n);
  });

  test('costs not one smallest unit too much nor too little, whatever its rate, its currency and its unit', () => {
    const currencies = fc.constantFrom('usd', 'jpy', 'kwd');
    const rates = fc.tuple(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 1, max: 999_999 }));
    const missings = fc.bigInt({ min: 1n, max: 10n ** 12n });
    fc.assert(
      fc.property(
        currencies,
        rates,
        fc.integer({ min: 0, max: 9 }),
        missings,
        (currency, [whole, part], scale, missing) => {
          const perUnit = `${whole}.${String(part).padStart(6, '0')}`;
          const pack: OpenPack = { ...OPEN, currency, perUnit, least: '1', most: '999999' };
          const money = moneyFor(pack, missing, scale);
          const [least, most] = [smallestUnit('1', currency)!, smallestUnit('999999', currency)!];
          const bought = (paid: bigint): bigint => {
            const [lot] = lotsOfOpen(pack, paid, scale) ?? [];
            const [all = '0', rest = ''] = (lot?.amount ?? '0').split('.');
            return BigInt(all + rest.padEnd(scale, '0'));
          };
          return (
            money >= least &&
            money <= most &&
            (money === most || bought(money) >= missing) &&
            (money === least || bought(money - 1n) < missing)
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
