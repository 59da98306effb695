import { describe, expect, test } from '@jest/globals';
import { lotsOfFixed, lotsOfOpen, type FixedPack, type OpenPack } from './pack.js';

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
});
