import { Client } from 'pg';
import type { Mode } from '../../ledger/submission.js';
import type { Difference } from '../compare/difference.js';
import { foldRange, type AccountRange } from '../fold/fold-range.js';
import { LedgerSnapshot } from '../ledger-snapshot.js';
import { planRanges, type Plan } from '../verify/plan-ranges.js';
import { differencesOf } from '../verify/verify-range.js';
import { keepServicesOut } from './keep-services-out.js';
import { rebuildAccount } from './rebuild-account.js';

export interface RebuildOptions {
  readonly ownerUrl: string;
  readonly accountNo: number | null;
  readonly mode: Mode | null;
  /** Only tells what would be rebuilt; the service may go on. */
  readonly dryRun: boolean;
  /** Also rebuilds accounts whose tables claim more entries than there are. */
  readonly trustEntries: boolean;
  readonly onPlan?: (plan: Plan) => void;
  readonly onProgress?: (entries: number) => void;
  /** Called for each account that differs, after it was rebuilt where it could be. */
  readonly onAccount: (rebuilt: RebuiltAccount) => void;
}

export interface RebuiltAccount {
  readonly accountNo: number;
  readonly differences: readonly Difference[];
  /** Why it was left as it is; null where it was (or, in a dry run, would be) rebuilt. */
  readonly left: string | null;
}

const NOTHING = (): void => {};

/**
 * Folds every account beside its rows, compares, and puts what the entries say in the place of what differs, one account
 * a transaction behind its row's lock. Entries, keys and facts are only read. Killed in between it has done some accounts
 * and not touched the others: the next call goes on, because only those still differ.
 * @throws ServicesRunning unless it is a dry run: a service may hold what it believes of an account in memory, at the very
 * seq that is rebuilt, and would write it again
 */
export async function rebuildLedger(options: RebuildOptions): Promise<void> {
  const { ownerUrl, accountNo, mode, dryRun, onPlan, onProgress = NOTHING } = options;
  const owner = new Client({ connectionString: ownerUrl, application_name: 'credits-ledger rebuild' });
  owner.on('error', NOTHING);
  await owner.connect();
  try {
    if (!dryRun) await keepServicesOut(owner);
    const plan = await planOf(ownerUrl, accountNo, mode);
    onPlan?.(plan);
    for (const range of plan.ranges) {
      for (const found of await differing(ownerUrl, range, mode, onProgress)) {
        const left = dryRun ? null : await rebuildAccount(owner, found.accountNo, options.trustEntries);
        options.onAccount({ ...found, left });
      }
    }
  } finally {
    await owner.end();
  }
}

async function planOf(ownerUrl: string, accountNo: number | null, mode: Mode | null): Promise<Plan> {
  if (accountNo !== null) {
    return { ranges: [{ first: accountNo, last: accountNo, inOrder: true }], accounts: 1, entries: 0 };
  }
  const snapshot = await LedgerSnapshot.take(ownerUrl);
  try {
    return await planRanges(snapshot.client, mode);
  } finally {
    await snapshot.close();
  }
}

async function differing(
  ownerUrl: string,
  range: AccountRange,
  mode: Mode | null,
  progress: (entries: number) => void,
): Promise<{ accountNo: number; differences: Difference[] }[]> {
  const snapshot = await LedgerSnapshot.take(ownerUrl);
  try {
    const folded = await foldRange(snapshot.client, range, { mode, until: null, progress });
    const accounts = [...folded.values()].map(account => {
      return { accountNo: account.no, differences: differencesOf(account, null) };
    });
    return accounts.filter(({ differences }) => differences.length > 0);
  } finally {
    await snapshot.close();
  }
}
