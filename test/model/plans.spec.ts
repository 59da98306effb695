import { expect, it } from '@jest/globals';
import { Coverage, PLAN_SITUATIONS } from './coverage.js';
import { PLANS_WORLD } from './next-plan.js';
import { commandsOr, runRandomCommands, timeoutMsOf } from './random-commands.js';

/** A day with plans is a hundred entries, so that commands are dear here. */
const COMMANDS = commandsOr(60_000);

/** The same commands each time where nobody names another seed: `npm run test:model:plans` runs new ones. */
const FIRST_SEED = 20_261_121;

it(
  `agrees with a naive model on ${COMMANDS.toLocaleString('en')} random commands of accounts with plans`,
  () => {
    const coverage = new Coverage();
    runRandomCommands(PLANS_WORLD, coverage, COMMANDS, FIRST_SEED);
    if (COMMANDS >= 50_000 && coverage.commands >= COMMANDS) expect(coverage.neverMet(PLAN_SITUATIONS)).toEqual([]);
  },
  timeoutMsOf(COMMANDS),
);
