import type { Mode } from '../ledger/submission.js';
import type { Until } from '../replay/fold/until.js';
import { requestAndClaim } from '../runs/claim.js';
import { openRunConnection, performRun } from '../runs/perform-run.js';
import type { ReplayArguments } from '../runs/run.js';
import { modeFrom, UNTIL_OPTIONS, untilFrom } from './arguments.js';
import type { Call, OpsCommand } from './command.js';
import { findAccount } from './find-account.js';
import { Misuse } from './misuse.js';
import { actor, REASON_OPTION, reasonFrom } from './on-record.js';
import { watchRun } from './watch-run.js';

export const REBUILD: OpsCommand = {
  name: 'rebuild',
  leavesNoRecord: true,
  usage: `rebuild [--dry-run] --reason TEXT [--account ID] [--mode live|test] [--trust-entries]
        [--until TIME | --until-position N | --until-seq N]
    Folds every account, and puts what its entries say in the place of rows that differ: account, holds, snapshots; while
    services go on. Entries, keys and facts are never changed. What was interrupted goes on with resume.
      --dry-run        only tell what would be rebuilt: exit code 1 where something differs; needs no --reason
      --reason TEXT    why; stays on record with who rebuilt what
      --until TIME     only what derives from the entries that had taken effect by then; so with a position or a seq
      --trust-entries  also accounts whose rows tell of more entries than there are`,
  options: {
    account: { type: 'string' },
    mode: { type: 'string' },
    'dry-run': { type: 'boolean' },
    'trust-entries': { type: 'boolean' },
    ...UNTIL_OPTIONS,
    ...REASON_OPTION,
  },
  check(call) {
    modeFrom(call.values['mode']);
    untilFrom(call.values);
    if (reasonFrom(call.values) === null && !call.flags.has('dry-run')) {
      throw new Misuse('Say why with --reason, which stays on record, or look first with --dry-run.');
    }
    if (call.positionals.length > 0) {
      throw new Misuse(`rebuild takes no ${JSON.stringify(call.positionals[0])}: name an account with --account.`);
    }
  },
  run,
};

async function run(call: Call): Promise<boolean> {
  const { ownerUrl, values } = call;
  const found = values['account'] === undefined ? null : await findAccount(ownerUrl, values['account'], modeOf(call));
  const owner = await openRunConnection(ownerUrl);
  try {
    const mode = found?.mode ?? modeOf(call);
    const use = { actor: actor(), mode, action: 'rebuild', arguments: { ...asked(call) }, reason: reasonFrom(values) };
    const run = await requestAndClaim(owner, use);
    return await watchRun(run, watch => performRun(owner, ownerUrl, run, watch));
  } finally {
    await owner.end();
  }
}

function modeOf({ values }: Call): Mode | null {
  return modeFrom(values['mode']);
}

function asked({ values, flags }: Call): ReplayArguments {
  const account = values['account'];
  return {
    dry_run: flags.has('dry-run'),
    ...(account !== undefined && { account }),
    ...(flags.has('trust-entries') && { trust_entries: true }),
    ...untilArguments(untilFrom(values)),
  };
}

function untilArguments(until: Until | null): Partial<ReplayArguments> {
  if (until === null) return {};
  if (until.by === 'moment') return { until: new Date(until.at).toISOString() };
  return until.by === 'position' ? { until_position: until.position } : { until_seq: until.seq };
}
