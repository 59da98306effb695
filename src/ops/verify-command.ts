import { verifyLedger } from '../replay/verify/verify-ledger.js';
import { countFrom, modeFrom, UNTIL_OPTIONS, untilFrom } from './arguments.js';
import type { Call, OpsCommand } from './command.js';
import { findAccount } from './find-account.js';
import { Misuse } from './misuse.js';
import { progressBar } from './progress-bar.js';
import { differenceText } from './show-differences.js';

const DEFAULT_SHOWN = 20;

export const VERIFY: OpsCommand = {
  name: 'verify',
  usage: `verify [--account ID] [--mode live|test] [--until TIME | --until-position N | --until-seq N]
        [--show N] [--threads N]
    Folds all entries under every rule and compares accounts, holds, snapshots, names, keys and facts with them, as of
    one moment; the service may go on writing. Exit code 1 where something differs.
      --account ID     this account only          --mode live|test   accounts of this mode only
      --until TIME     only what had taken effect by then: a beginning of every account's stream, and what derives from it
      --until-position N, --until-seq N           the same up to a position, or up to a seq of the one account
      --show N         show the first N differences (${DEFAULT_SHOWN})
      --threads N      fold in so many threads (as many as pay off)`,
  options: {
    account: { type: 'string' },
    mode: { type: 'string' },
    ...UNTIL_OPTIONS,
    show: { type: 'string' },
    threads: { type: 'string' },
  },
  check({ values, positionals }) {
    read(values);
    if (positionals.length > 0)
      throw new Misuse(`verify takes no ${JSON.stringify(positionals[0])}: name an account with --account.`);
  },
  run,
};

function read(values: Call['values']) {
  return {
    mode: modeFrom(values['mode']),
    until: untilFrom(values),
    shown: countFrom('show', values['show']) ?? DEFAULT_SHOWN,
    threads: countFrom('threads', values['threads']) ?? null,
  };
}

async function run({ ownerUrl, values }: Call): Promise<boolean> {
  const { mode, until, shown, threads } = read(values);
  const account = values['account'];
  const found = account === undefined ? null : await findAccount(ownerUrl, account, mode);
  const progress = progressBar('verifying');
  const report = await verifyLedger({
    ownerUrl,
    accountNo: found?.no ?? null,
    mode,
    until,
    threads,
    onPlan: plan => progress.start(plan.entries),
    onProgress: entries => progress.advance(entries),
  }).finally(() => progress.stop());
  for (const difference of report.differences.slice(0, shown)) console.log(differenceText(difference));
  const hidden = report.differenceCount - Math.min(shown, report.differences.length);
  if (hidden > 0) console.log(`… and ${hidden} more`);
  const { accounts, entries, differenceCount, milliseconds } = report;
  const rate = Math.round((entries / milliseconds) * 1000).toLocaleString('en');
  console.log(
    `${entries.toLocaleString('en')} entries of ${accounts.toLocaleString('en')} accounts in ` +
      `${(milliseconds / 1000).toFixed(1)} s (${rate} entries/s): ` +
      (differenceCount === 0 ? 'no differences' : `${differenceCount.toLocaleString('en')} differences`),
  );
  return differenceCount === 0;
}
