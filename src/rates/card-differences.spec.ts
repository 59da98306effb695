import { expect, it } from '@jest/globals';
import { cardDifferences } from './card-differences.js';

const definition = (rates: object[]) => ({
  rounding: 'up',
  meters: { m: { charges: [{ unit: 'credits', prices: rates }] } },
});

it('names every place that changes, what it said and what it says', () => {
  const before = definition([{ rate: '1' }, { rates: { input: '2' } }]);
  const after = { ...definition([{ rate: '1.5' }, { rates: { input: '2', output: '3' } }]), name: 'Prices' };
  expect(cardDifferences(before, after)).toEqual([
    { at: 'meters.m.charges[0].prices[0].rate', before: '1', after: '1.5' },
    { at: 'meters.m.charges[0].prices[1].rates.output', before: undefined, after: '3' },
    { at: 'name', before: undefined, after: 'Prices' },
  ]);
});

it('finds none between what says the same, in whatever order', () => {
  const rates = [{ rates: { input: '1', output: '2' } }];
  const same = { meters: definition([{ rates: { output: '2', input: '1' } }]).meters, rounding: 'up' };
  expect(cardDifferences(definition(rates), same)).toEqual([]);
});
