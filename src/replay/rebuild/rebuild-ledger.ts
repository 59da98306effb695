import type { Client } from 'pg';
import type { Mode } from '../../ledger/submission.js';
import { compareFolded } from '../compare/compare-folded.js';
import { foldRange, type AccountRange, type FoldedAccount } from '../fold/fold-range.js';
import type { Until } from '../fold/until.js';
import { LedgerSnapshot } from '../ledger-snapshot.js';
import { planRanges, type Plan } from '../verify/plan-ranges.js';
import { rebuildAccount, type RebuiltAccount } from './rebuild-account.js';

/** What a replay is about. */
export interface ReplayScope {
  /** One account only. */
  readonly accountNo: number | null;
  readonly mode: Mode | null;
  readonly until: Until | null;
}

export interface RebuildOptions extends ReplayScope {
  readonly ownerUrl: string;
  /** Only tells what would be rebuilt. */
  readonly dryRun: boolean;
  /** Also rebuilds accounts whose tables claim more entries than there are. */
  readonly trustEntries: boolean;
  /** The account number to begin at, where a replay was interrupted. */
  readonly first: number;
  readonly onPlan: (plan: Plan) => void;
  /** Called every few thousand entries with how many more were folded. May throw to end the replay. */
  readonly onProgress: (entries: number) => void;
  /**
   * Called once for each account, in the order of their numbers, when nothing is left to do with it. Where it was rebuilt,
   * still within the transaction.
   */
  readonly onAccount: (account: ReplayedAccount) => Promise<void>;
  /** All accounts below this number are done, those that nothing is known of included. */
  readonly onRange: (next: number) => Promise<void>;
}

export interface ReplayedAccount extends RebuiltAccount {
  readonly folded: FoldedAccount;
}

/**
 * Folds every account beside its rows, as of one moment for each range of accounts, and compares. What differs is put
 * right account by account while services go on. Entries, keys and facts are only read.
 * @param owner a connection of the login that migrates; everything that is written goes over it
 */
export async function rebuildLedger(owner: Client, options: RebuildOptions): Promise<void> {
  const plan = await planOf(options);
  options.onPlan(plan);
  for (const { first, last, inOrder } of plan.ranges) {
    if (last < options.first) continue;
    await replayRange(owner, { first: Math.max(first, options.first), last, inOrder }, options);
    await options.onRange(last + 1);
  }
}

async function replayRange(owner: Client, range: AccountRange, options: RebuildOptions): Promise<void> {
  const { until, dryRun, trustEntries, onAccount } = options;
  for (const folded of await foldInOrder(range, options)) {
    const deviations = compareFolded(folded, until);
    if (dryRun || deviations.length === 0) await onAccount({ folded, deviations, left: null });
    else {
      const rebuilt = (found: RebuiltAccount): Promise<void> => onAccount({ folded, ...found });
      await rebuildAccount(owner, folded, { until, trustEntries, rebuilt });
    }
  }
}

async function foldInOrder(range: AccountRange, options: RebuildOptions): Promise<FoldedAccount[]> {
  const { ownerUrl, mode, until, onProgress } = options;
  const snapshot = await LedgerSnapshot.take(ownerUrl);
  try {
    const folded = await foldRange(snapshot.client, range, { mode, until, progress: onProgress });
    return [...folded.values()].sort((a, b) => a.no - b.no);
  } finally {
    await snapshot.close();
  }
}

async function planOf({ ownerUrl, accountNo, mode }: RebuildOptions): Promise<Plan> {
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
