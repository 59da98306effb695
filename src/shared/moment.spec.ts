import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatMoment } from './moment.js';

describe('a moment on the wire', () => {
  it('is what toISOString says, for every moment a Date can be', () => {
    const edges = [0, -1, 1, 999, 86_399_999, 86_400_000, -86_400_001, Date.UTC(2024, 1, 29), 8.64e15, -8.64e15];
    for (const at of edges) expect(formatMoment(at)).toBe(new Date(at).toISOString());
    const moment = fc.integer({ min: -8.64e15, max: 8.64e15 });
    fc.assert(
      fc.property(moment, at => formatMoment(at) === new Date(at).toISOString()),
      { numRuns: 10_000 },
    );
  });

  it('has no part of a millisecond, as moments of PostgreSQL may', () => {
    const since1970 = fc.double({ min: 0, max: 8.64e15, noNaN: true });
    fc.assert(fc.property(since1970, at => formatMoment(at) === new Date(at).toISOString()));
  });
});
