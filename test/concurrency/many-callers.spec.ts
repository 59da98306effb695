import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { MixedLoad } from '../../tools/client/mixed-load.js';
import { ReplicatedService } from './replicated-service.js';

/** Whichever comes first: enough to meet everything, or as much as a slow machine gets done. */
const MOST_OPERATIONS = 6_000;
const LOAD_MS = 8_000;
const FEWEST_OPERATIONS = 500;
const TEST_TIMEOUT_MS = 600_000;

describe.each([1, 3])('64 callers on a hot account and 1,000 spread ones, processes: %d', processes => {
  let service: ReplicatedService;

  beforeAll(async () => {
    service = await ReplicatedService.start(processes);
  });

  afterAll(() => service.stop());

  it(
    'keep every rule although they hang up, retry elsewhere and run dry',
    async () => {
      const load = new MixedLoad(service.caller, {
        prefix: `load-${processes}`,
        clients: 64,
        spreadAccounts: 1_000,
        hotShare: 0.4,
        seed: 7,
        longestPatienceMs: 2_000,
      });
      await load.fund();
      load.start();
      const enough = performance.now() + LOAD_MS;
      while (performance.now() < enough && service.history.size < MOST_OPERATIONS) await sleep(20);
      await load.stop();
      const operations = service.history.size;

      expect(await service.settleAndCompare()).toBe('');
      // The run must have met what it is about.
      expect(operations).toBeGreaterThan(FEWEST_OPERATIONS);
      expect(service.history.lostAttempts).toBeGreaterThan(0);
      expect(service.history.replays).toBeGreaterThan(0);
      expect(service.history.refusalsByCode.get('insufficient_credits')).toBeGreaterThan(0);
    },
    TEST_TIMEOUT_MS,
  );
});
