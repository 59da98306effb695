import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MixedLoad } from '../../tools/client/mixed-load.js';
import { eventually } from '../support/data-dir.js';
import { ReplicatedService } from './replicated-service.js';

/** Until it has met what it is about; then whichever of the other two comes first. */
const FEWEST_OPERATIONS = 500;
const MOST_OPERATIONS = 6_000;
const LOAD_MS = 8_000;
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
      const { history } = service;
      const isMet = () =>
        history.size > FEWEST_OPERATIONS &&
        history.lostAttempts > 0 &&
        history.replays > 0 &&
        history.refusalsByCode.has('insufficient_credits');
      await eventually(() => isMet() && (performance.now() > enough || history.size >= MOST_OPERATIONS));
      await load.stop();

      expect(await service.settleAndCompare()).toBe('');
    },
    TEST_TIMEOUT_MS,
  );
});
