import { expect, test } from '@jest/globals';
import { MOST_ATTEMPTS, pauseAfter } from './patience.js';

test('an event is tried again after a second, twice as long each time, at most an hour, and in the end not any more', () => {
  expect(pauseAfter(1, 1)).toBe(1_000);
  expect(pauseAfter(2, 1)).toBe(2_000);
  expect(pauseAfter(2, 0)).toBe(1_500);
  expect(pauseAfter(20, 1)).toBe(3_600_000);
  expect(pauseAfter(MOST_ATTEMPTS, 1)).toBeNull();
  let allMs = 0;
  for (let attempt = 1; attempt < MOST_ATTEMPTS; attempt++) allMs += pauseAfter(attempt, 0.5)!;
  expect(allMs).toBeGreaterThan(9 * 3_600_000);
});
