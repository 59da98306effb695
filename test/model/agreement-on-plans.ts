import { expect, it } from '@jest/globals';
import { Coverage, PLAN_SITUATIONS } from './coverage.js';
import { PLANS_WORLD } from './next-plan.js';
import { commandsOr, runRandomCommands, timeoutMsOf } from './random-commands.js';

/** There are two files of them, so that two processors share a million. */
const COMMANDS = commandsOr(500_000);

/**
 * The same commands each time where nobody asks for others: `npm run test:model:plans` runs new ones.
 * @param first seed, of which each round takes the next
 */
export function agreesOnPlans(first: number): void {
  it(
    `agrees with a naive model on ${COMMANDS.toLocaleString('en')} random commands of accounts with plans and members`,
    () => {
      const coverage = new Coverage();
      runRandomCommands(PLANS_WORLD, coverage, COMMANDS, first);
      if (COMMANDS >= 200_000 && coverage.commands >= COMMANDS) expect(coverage.neverMet(PLAN_SITUATIONS)).toEqual([]);
    },
    timeoutMsOf(COMMANDS),
  );
}
