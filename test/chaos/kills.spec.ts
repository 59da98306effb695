import { describe, expect, it } from '@jest/globals';
import { describeChaos, isProven, lossesOf } from '../../tools/chaos/report.js';
import { HAS_REDIS } from '../support/both-queues.js';
import { runChaos, type ChaosOptions } from '../../tools/chaos/run-chaos.js';

/** The short form; `npm run chaos -- --kills 50` is the long one. */
const SHORT: ChaosOptions = {
  kills: 5,
  target: 'both',
  seed: 11,
  clients: 12,
  unsafe: false,
  // Against workers that are not replaced. The five seconds are for the long form, on a machine that does nothing else.
  punctualWithinMs: 120_000,
};
/** With `synchronous_commit=off` a kill loses what was acknowledged in the last moments, if anything was. */
const MOST_RUNS_UNTIL_LOSS = 3;

/** A loaded machine takes half a minute for a start after a kill. */
const LONGEST_RUN_MS = 600_000;

describe('kill -9 at random moments under load', () => {
  it.each(['service', 'postgres', 'both'] as const)(
    'loses nothing that was acknowledged when it hits %s',
    async target => {
      const options = { ...SHORT, target };
      const result = await runChaos(options);
      expect(isProven(options, result) ? 'proven' : describeChaos(options, result)).toBe('proven');
      expect(result.history.lostAttempts).toBeGreaterThan(0);
    },
    LONGEST_RUN_MS,
  );

  it.each(['worker', ...(HAS_REDIS ? (['redis'] as const) : [])] as const)(
    'keeps workers punctual when it hits %s, and the API right when none runs',
    async target => {
      const options = { ...SHORT, kills: 3, clients: 6, target };
      const result = await runChaos(options);
      expect(isProven(options, result) ? 'proven' : describeChaos(options, result)).toBe('proven');
    },
    LONGEST_RUN_MS,
  );

  it(
    'is noticed to lose acknowledged work with synchronous_commit=off',
    async () => {
      let losses = 0;
      for (let run = 0; run < MOST_RUNS_UNTIL_LOSS && losses === 0; run++) {
        losses = lossesOf(await runChaos({ ...SHORT, seed: SHORT.seed + run, target: 'postgres', unsafe: true }));
      }
      expect(losses).toBeGreaterThan(0);
    },
    MOST_RUNS_UNTIL_LOSS * LONGEST_RUN_MS,
  );
});
