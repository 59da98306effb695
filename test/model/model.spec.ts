import * as fc from 'fast-check';
import { expect, it } from '@jest/globals';
import { Coverage } from './coverage.js';
import { GENES } from './genes.js';
import { runSequence } from './run-sequence.js';

/** How many random commands to run, and from which seed; MODEL_PATH leads to the shrunk sequence of a failure. */
const COMMANDS = Number(process.env['MODEL_COMMANDS'] ?? 1_000_000);
const SEED = Number(process.env['MODEL_SEED'] ?? Date.now() % 2 ** 31);
const PATH = process.env['MODEL_PATH'];

const RUNS_PER_ROUND = 500;
/** A quarter of a millisecond a command is what a slow machine needs; the rest is room. */
const TIMEOUT_MS = 60_000 + COMMANDS;

it(
  `agrees with a naive model on ${COMMANDS.toLocaleString('en')} random commands, every rule asserted after each`,
  () => {
    const coverage = new Coverage();
    const property = fc.property(GENES, genes => runSequence(genes, { coverage }) === null);
    for (let round = 0; coverage.commands < COMMANDS; round++) {
      const seed = SEED + round;
      const before = coverage.commands;
      const path = PATH === undefined ? {} : { path: PATH };
      const outcome = fc.check(property, { seed, numRuns: RUNS_PER_ROUND, unbiased: true, ...path });
      if (outcome.failed) throw new Error(story(outcome.counterexample?.[0] ?? [], seed, outcome.counterexamplePath));
      progress(before, coverage.commands);
      if (PATH !== undefined) return;
    }
    if (process.env['MODEL_TABLE'] !== undefined) process.stderr.write(`${coverage.table()}\n`);
    // Fewer commands than this may well miss something rare.
    if (COMMANDS >= 500_000) expect(coverage.neverMet()).toEqual([]);
  },
  TIMEOUT_MS,
);

/** The shrunk sequence, command by command, and how to see it again. */
function story(genes: Parameters<typeof runSequence>[0], seed: number, path: string | null): string {
  const lines: string[] = [];
  const difference = runSequence(genes, { tell: line => lines.push(line) });
  return [
    `The domain and the naive model differ. Again: MODEL_SEED=${seed} MODEL_PATH='${path}' npm run test:model`,
    ...lines,
    `=> ${difference}`,
  ].join('\n');
}

/** A bar for people; for a log, a line for every million. */
function progress(before: number, done: number): void {
  const count = `${done.toLocaleString('en')} commands`;
  if (process.stderr.isTTY) {
    const share = Math.min(1, done / COMMANDS);
    const bar = '#'.repeat(Math.floor(share * 40)).padEnd(40, '.');
    process.stderr.write(`\r[${bar}] ${count}${share === 1 ? '\n' : ''}`);
  } else if (Math.floor(before / 1e6) < Math.floor(done / 1e6)) process.stderr.write(`${count}, no difference\n`);
}
