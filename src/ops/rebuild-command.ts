import { ServicesRunning } from '../replay/rebuild/keep-services-out.js';
import { rebuildLedger } from '../replay/rebuild/rebuild-ledger.js';
import { modeFrom } from './arguments.js';
import type { Call, OpsCommand } from './command.js';
import { findAccount } from './find-account.js';
import { Misuse } from './misuse.js';
import { progressBar } from './progress-bar.js';
import { differenceText } from './show-differences.js';

export const REBUILD: OpsCommand = {
  name: 'rebuild',
  usage: `rebuild [--account ID] [--mode live|test] [--dry-run] [--trust-entries]
    Folds every account, and puts what its entries say in the place of rows that differ: account, holds, snapshots.
    Entries, keys and facts are never changed. Stop every service first; what was interrupted is done by the next call.
      --dry-run        only tell what would be rebuilt: exit code 1 where something differs; services may go on
      --trust-entries  also accounts whose rows tell of more entries than there are`,
  options: {
    account: { type: 'string' },
    mode: { type: 'string' },
    'dry-run': { type: 'boolean' },
    'trust-entries': { type: 'boolean' },
  },
  check({ values, positionals }) {
    modeFrom(values['mode']);
    if (positionals.length > 0) {
      throw new Misuse(`rebuild takes no ${JSON.stringify(positionals[0])}: name an account with --account.`);
    }
  },
  run,
};

async function run({ ownerUrl, values, flags }: Call): Promise<boolean> {
  const mode = modeFrom(values['mode']);
  const account = values['account'];
  const accountNo = account === undefined ? null : await findAccount(ownerUrl, account, mode);
  const dryRun = flags.has('dry-run');
  const progress = progressBar(dryRun ? 'comparing' : 'rebuilding');
  const told: string[] = [];
  let [rebuilt, left] = [0, 0];
  try {
    await rebuildLedger({
      ownerUrl,
      accountNo,
      mode,
      dryRun,
      trustEntries: flags.has('trust-entries'),
      onPlan: plan => progress.start(plan.entries),
      onProgress: entries => progress.advance(entries),
      onAccount: found => {
        if (found.left === null) rebuilt++;
        else left++;
        told.push(...found.differences.map(differenceText));
        if (found.left !== null) told.push(`    left as it is: ${found.left}`);
      },
    });
  } catch (error) {
    throw error instanceof ServicesRunning ? new Misuse(error.message) : error;
  } finally {
    progress.stop();
    for (const text of told) console.log(text);
  }
  console.log(`${rebuilt} accounts ${dryRun ? 'differ' : 'rebuilt'}, ${left} left as they are`);
  return left === 0 && (!dryRun || rebuilt === 0);
}
