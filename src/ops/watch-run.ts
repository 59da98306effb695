import type { RunWatch } from '../runs/perform-run.js';
import type { ReplayResult, Run, RunState } from '../runs/run.js';
import { Misuse } from './misuse.js';
import { progressBar } from './progress-bar.js';
import { differenceText } from './show-differences.js';

const MOST_TOLD = 1_000;

/**
 * Shows a run while it is worked on, and what came of it. Ctrl-C ends it as cancelled; a kill leaves it to whoever works
 * on runs, or to `resume`.
 * @returns true where all is well
 */
export async function watchRun(
  run: Run,
  perform: (watch: RunWatch) => Promise<{ state: RunState; result: ReplayResult }>,
): Promise<boolean> {
  const dryRun = run.arguments['dry_run'] === true;
  const progress = progressBar(dryRun ? 'comparing' : 'rebuilding');
  const told: string[] = [];
  let untold = 0;
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  process.once('SIGINT', interrupt);
  try {
    const { state, result } = await perform({
      signal: interrupted.signal,
      onPlan: plan => progress.start(plan.entries),
      onProgress: entries => progress.advance(entries),
      onAccount: ({ folded, deviations, left }) => {
        if (told.length >= MOST_TOLD) return void untold++;
        const { mode = null, id = null } = folded.name ?? folded.account ?? {};
        const who = { accountNo: folded.no, mode, account: id };
        told.push(...deviations.map(deviation => differenceText({ ...deviation, ...who })));
        if (left !== null) told.push(`    left as it is: ${left}`);
      },
    });
    progress.stop();
    for (const text of told) console.log(text);
    if (untold > 0) console.log(`… and ${untold} accounts more`);
    if (state === 'failed') throw new Misuse(`${run.id} failed: ${result.error}`);
    if (state === 'cancelled') throw new Misuse(`${run.id} is cancelled. To go on: npm run ops -- resume ${run.id}`);
    return sayHowItEnded(run, result, dryRun);
  } finally {
    process.off('SIGINT', interrupt);
    progress.stop();
  }
}

function sayHowItEnded({ id }: Run, result: ReplayResult, dryRun: boolean): boolean {
  const differ = dryRun ? result.accounts_that_differ : result.accounts_rebuilt;
  console.log(`${id}: ${differ} accounts ${dryRun ? 'differ' : 'rebuilt'}, ${result.accounts_left} left as they are`);
  return result.accounts_left === 0 && (!dryRun || result.differences === 0);
}
