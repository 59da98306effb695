import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { differences } from './differences.js';

describe('differences', () => {
  test('are told where they are, as deep down as can be said', () => {
    const before = { name: 'Pro', grants: [{ unit: 'credits', amount: '1000' }], fallback: 'free', features: ['a'] };
    const after = { name: 'Pro', grants: [{ unit: 'credits', amount: '1200' }], features: ['a', 'b'], order: 1 };
    expect(differences(before, after)).toEqual([
      { path: 'grants[0].amount', before: '1000', after: '1200' },
      { path: 'features[1]', before: undefined, after: 'b' },
      { path: 'order', before: undefined, after: 1 },
      { path: 'fallback', before: 'free', after: undefined },
    ]);
  });

  test('of another kind of value are told as a whole', () => {
    expect(differences({ a: [1] }, { a: { 0: 1 } })).toEqual([{ path: 'a', before: [1], after: { 0: 1 } }]);
    expect(differences({ a: null }, { a: {} })).toEqual([{ path: 'a', before: null, after: {} }]);
  });

  test('are none where and only where two values are the same JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(differences(one, structuredClone(one))).toEqual([]);
        if (sorted(one) !== sorted(other)) expect(differences(one, other)).not.toEqual([]);
      }),
    );
  });
});

/** -0 is 0 in JSON, and the order of members says nothing. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
