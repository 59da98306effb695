import { performance } from 'node:perf_hooks';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { DbClock } from './db-clock.js';

describe("the database's clock", () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('is what the database said and the time since, in whole milliseconds', () => {
    const monotonic = jest.spyOn(performance, 'now').mockReturnValue(1_000.9);
    const clock = new DbClock();
    clock.heard(1_700_000_000_000);
    monotonic.mockReturnValue(1_250.5);
    expect(clock.now()).toBe(1_700_000_000_249);
  });

  it('does not care what this machine takes the time to be', () => {
    const clock = new DbClock();
    clock.heard(1_700_000_000_000);
    jest.spyOn(Date, 'now').mockReturnValue(0);
    expect(clock.now()).toBeGreaterThanOrEqual(1_700_000_000_000);
    expect(clock.now()).toBeLessThan(1_700_000_060_000);
  });

  it('follows the database when that is set back', () => {
    const clock = new DbClock();
    clock.heard(1_700_000_000_000);
    clock.heard(1_600_000_000_000);
    expect(clock.now()).toBeLessThan(1_600_000_060_000);
  });
});
