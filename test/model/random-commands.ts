import * as fc from 'fast-check';
import type { Coverage } from './coverage.js';
import { GENES } from './genes.js';
import { runSequence, type World } from './run-sequence.js';

/** How many random commands to run, where nobody says otherwise. */
export function commandsOr(usual: number): number {
  return Number(process.env['MODEL_COMMANDS'] ?? usual);
}

/** From which seed where it is not the file's own, or `fresh`; MODEL_PATH leads to the shrunk sequence of a failure. */
const SEED = process.env['MODEL_SEED'];
const PATH = process.env['MODEL_PATH'];

const RUNS_PER_ROUND = 500;
/** A quarter of a millisecond a command is what a slow machine needs, with plans one; the rest is room. */
export function timeoutMsOf(commands: number): number {
  return 60_000 + 10 * commands;
}

/**
 * Runs them until there were enough.
 * @param first seed where nobody names another; of fresh ones it keeps files apart that begin at the same time
 * @throws Error with the shrunk sequence, command by command, where model and domain differ
 */
export function runRandomCommands(world: World, coverage: Coverage, commands: number, first: number): void {
  const from = SEED === undefined ? first : SEED === 'fresh' ? (Date.now() + 1_000 * first) % 2 ** 31 : Number(SEED);
  const property = fc.property(GENES, genes => runSequence(genes, { coverage, world }) === null);
  for (let round = 0; coverage.commands < commands; round++) {
    const seed = from + round;
    const before = coverage.commands;
    const path = PATH === undefined ? {} : { path: PATH };
    const outcome = fc.check(property, { seed, numRuns: RUNS_PER_ROUND, unbiased: true, ...path });
    if (outcome.failed) {
      throw new Error(story(outcome.counterexample?.[0] ?? [], world, seed, outcome.counterexamplePath));
    }
    progress(before, coverage.commands, commands);
    if (PATH !== undefined) return;
  }
  if (process.env['MODEL_TABLE'] !== undefined) process.stderr.write(`${coverage.table()}\n`);
}

/** The shrunk sequence, command by command, and how to see it again. */
function story(genes: Parameters<typeof runSequence>[0], world: World, seed: number, path: string | null): string {
  const lines: string[] = [];
  const difference = runSequence(genes, { world, tell: line => lines.push(line) });
  return [
    `The domain and the naive model differ. Again: MODEL_SEED=${seed} MODEL_PATH='${path}' npm run test:model -- --testPathPatterns ${world.spec}`,
    ...lines,
    `=> ${difference}`,
  ].join('\n');
}

/** A bar for people; for a log, a line for every million. */
function progress(before: number, done: number, commands: number): void {
  const count = `${done.toLocaleString('en')} commands`;
  if (process.stderr.isTTY) {
    const share = Math.min(1, done / commands);
    const bar = '#'.repeat(Math.floor(share * 40)).padEnd(40, '.');
    process.stderr.write(`\r[${bar}] ${count}${share === 1 ? '\n' : ''}`);
  } else if (Math.floor(before / 1e6) < Math.floor(done / 1e6)) process.stderr.write(`${count}, no difference\n`);
}
