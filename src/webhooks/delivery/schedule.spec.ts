import { describe, expect, test } from '@jest/globals';
import { pauseAfter } from './schedule.js';

describe('the schedule of attempts', () => {
  const pauses = (chance: number): number[] => {
    const found: number[] = [];
    for (let pause = pauseAfter(1, chance); pause !== null; pause = pauseAfter(found.length + 1, chance))
      found.push(pause);
    return found;
  };

  test('has eleven attempts over three days', () => {
    expect(pauses(0.5)).toHaveLength(10);
    const hours = pauses(0.5).reduce((sum, pause) => sum + pause, 0) / 3_600_000;
    expect(hours).toBeGreaterThan(72);
    expect(hours).toBeLessThan(80);
  });

  test('is a fifth shorter or longer by chance', () => {
    expect(pauses(0)[0]).toBe(4_000);
    expect(pauses(1)[0]).toBe(6_000);
  });

  test('waits longer each time, whatever chance says', () => {
    pauses(1).forEach((pause, index) => expect(pauses(0)[index + 1] ?? Infinity).toBeGreaterThan(pause * 0.6));
  });
});
