import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { seededRandom, type SeededRandom } from '../../tools/client/seeded-random.js';
import { eventually } from '../support/data-dir.js';
import { ClockedStory } from './clocked-story.js';

/** `CLOCK_KILLS=100` for the long run; `CLOCK_SEED` for other moments. */
const KILLS = Number(process.env['CLOCK_KILLS'] ?? 6);
const SEED = Number(process.env['CLOCK_SEED'] ?? 5);
/** Between a call that nobody saw move anything yet, or the place on the way that was waited for, and the kill. */
const LONGEST_LIFE_MS = 150;
const LONGEST_RUN_MS = 60_000 * (10 + 2 * KILLS);

describe('kill -9 while a test clock is moved', () => {
  test(
    'doubles nothing, skips nothing, and ends as if nobody had been killed',
    async () => {
      const undisturbed = await ClockedStory.open('all');
      await undisturbed.advance();
      const killed = await ClockedStory.open('all', 'all');
      try {
        await killed.slowDown();
        const random = seededRandom(SEED);
        const stops = new Set<number>();
        for (let kill = 0; kill < KILLS; kill++) {
          // All along the way, and the first one before there is any.
          const goal = killed.start + ((killed.end - killed.start) * kill) / KILLS;
          stops.add(await killOnTheWay(killed, random, goal));
        }
        // Nobody asks again: whoever is left finds it.
        await killed.arrive();
        const halfWay = [...stops].filter(now => now > killed.start && now < killed.end);
        expect(halfWay.length).toBeGreaterThanOrEqual(Math.floor(KILLS / 2));
        const expected = await undisturbed.told();
        for (const [account, told] of await killed.told())
          expect({ account, told }).toEqual({ account, told: expected.get(account) });
        expect(await killed.entries()).toEqual(await undisturbed.entries());
        expect(await killed.faults()).toEqual([]);
      } finally {
        await killed.close();
        await undisturbed.close();
      }
    },
    LONGEST_RUN_MS,
  );
});

/** Both processes move the clock; one of them or both are killed once it is there. @returns where it was then */
async function killOnTheWay(story: ClockedStory, random: SeededRandom, goal: number): Promise<number> {
  story.askAll();
  await eventually(async () => (await story.now()) >= goal);
  await sleep(random.integer(0, LONGEST_LIFE_MS));
  const victims = random.integer(0, 2) === 0 ? [0, 1] : [random.integer(0, 1)];
  await Promise.all(victims.map(index => story.kill(index)));
  // Whoever is left goes no further meanwhile: the next kill is to find him on the way, too.
  return story.stoodStill(() => Promise.all(victims.map(index => story.restart(index))));
}
