import { describe, expect, test } from '@jest/globals';
import { maySendAgain, pause, pauseMsAfter } from './retry.js';

describe('pauses', () => {
  test('lie anywhere below a bound that doubles up to 5 s, on top of what the ledger asks for', () => {
    for (const [attempt, bound] of [
      [1, 100],
      [2, 200],
      [6, 3_200],
      [7, 5_000],
      [1_000, 5_000],
    ] as const) {
      const pauses = Array.from({ length: 2_000 }, () => pauseMsAfter(attempt, 1_000) - 1_000);
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(0);
      expect(Math.min(...pauses)).toBeLessThan(bound * 0.05);
      expect(Math.max(...pauses)).toBeLessThanOrEqual(bound);
      expect(Math.max(...pauses)).toBeGreaterThan(bound * 0.95);
    }
  });

  test('end with their signal and leave no listener behind', async () => {
    const abort = new AbortController();
    const long = pause(60_000, abort.signal);
    abort.abort();
    await long;
    await pause(60_000, abort.signal);
  });
});

describe('what may be sent again', () => {
  test.each([
    ['rate_limited', 429, true, true],
    ['busy', 503, true, false],
    ['idempotency_key_in_use', 409, true, false],
    ['unreachable', null, true, false],
    ['timeout', null, true, false],
    ['unexpected_answer', 502, true, false],
    ['unexpected_answer', 200, false, false],
    ['unexpected_answer', 302, false, false],
    ['aborted', null, false, false],
    ['internal', 500, false, false],
    ['insufficient_credits', 402, false, false],
  ] as const)('%s (%s): with a key %s, without %s', (code, status, repeatable, otherwise) => {
    expect(maySendAgain({ code, status }, true)).toBe(repeatable);
    expect(maySendAgain({ code, status }, false)).toBe(otherwise);
  });
});
