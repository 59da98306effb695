import { expect, it } from '@jest/globals';
import { Coverage } from './coverage.js';
import { commandsOr, runRandomCommands, timeoutMsOf } from './random-commands.js';
import { CREDITS } from './run-sequence.js';

const COMMANDS = commandsOr(1_000_000);

it(
  `agrees with a naive model on ${COMMANDS.toLocaleString('en')} random commands, every rule asserted after each`,
  () => {
    const coverage = new Coverage();
    runRandomCommands(CREDITS, coverage, COMMANDS, 20_261_123);
    // Fewer commands than this may well miss something rare.
    if (COMMANDS >= 500_000 && coverage.commands >= COMMANDS) expect(coverage.neverMet()).toEqual([]);
  },
  timeoutMsOf(COMMANDS),
);
