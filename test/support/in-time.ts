import { expect } from '@jest/globals';

const TRIES = 3;

/**
 * Holds for what is to be done within a bound: a machine that is busy with something else for a moment misses it once,
 * what is too slow misses it each time.
 * @param measure does it all anew, and answers how long it took
 */
export async function expectInTime(boundMs: number, measure: (attempt: number) => Promise<number>): Promise<void> {
  const took: number[] = [];
  for (let attempt = 0; attempt < TRIES; attempt++) {
    took.push(await measure(attempt));
    if (took[attempt]! < boundMs) return;
  }
  expect(Math.min(...took)).toBeLessThan(boundMs);
}
