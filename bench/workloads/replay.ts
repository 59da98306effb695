import type { VerifyReport } from '../../src/replay/verify/verify-ledger.js';
import type { Result } from '../result.js';
import { interleave } from '../rounds.js';
import { spreadOf } from '../statistics.js';
import { targetOf } from '../targets.js';
import type { GrownLedger } from './growth.js';

type Verify = typeof import('../../src/replay/verify/verify-ledger.js');

/** As built: its threads are started from files, which a loader that compiles on the way does not serve. */
const BUILT = new URL('../../dist/src/replay/verify/verify-ledger.js', import.meta.url).href;

/** Folds every entry of the grown ledger under every rule and compares all projections, as `npm run ops -- verify` does. */
export async function replay(grown: GrownLedger): Promise<Result> {
  const { verifyLedger } = (await import(BUILT)) as Verify;
  const { server, options } = grown.arena;
  const ownerUrl = server.url(await grown.database());
  const slots = [
    { name: '1 thread', threads: 1 },
    { name: 'as many threads as pay off', threads: null },
  ].map(({ name, threads }) => ({
    name,
    run: () => verifyLedger({ ownerUrl, accountNo: null, mode: null, until: null, threads }),
  }));
  const rounds = await interleave(slots, options.rounds);
  const figures = [...rounds].map(([setting, reports]) => ({
    contestant: 'ours',
    setting,
    value: spreadOf(reports.map(entriesPerSecond)),
    unit: 'entries/s' as const,
    notes: `${reports[0]!.entries.toLocaleString('en-US')} entries of ${reports[0]!.accounts.toLocaleString('en-US')} accounts`,
  }));
  return {
    title: 'replay: every entry folded under every rule, every projection compared',
    figures,
    ratios: [
      {
        label: `entries/s, ${figures.at(-1)!.setting}`,
        value: figures.at(-1)!.value,
        target: targetOf('replay', 'itself'),
      },
    ],
  };
}

/** @throws Error where the replay found a difference: then there is nothing to be fast about */
function entriesPerSecond({ entries, milliseconds, differenceCount, differences }: VerifyReport): number {
  if (differenceCount > 0) throw new Error(`${differenceCount} differences, first ${JSON.stringify(differences[0])}`);
  return entries / (milliseconds / 1000);
}
