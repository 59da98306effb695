import { DatabaseError, type Client } from 'pg';
import { nextDueAt } from '../../ledger/domain/settle-due.js';
import { accountRow } from '../../ledger/store/account-row.js';
import { compareFolded, expectedHolds, expectedMembers, expectedSubscriptions } from '../compare/compare-folded.js';
import type { Deviation } from '../compare/difference.js';
import { foldOn } from '../fold/fold-on.js';
import type { FoldedAccount } from '../fold/fold-range.js';
import type { Until } from '../fold/until.js';
import { writeMembers } from './write-members.js';
import {
  writeAccount,
  writeClock,
  writeHolds,
  writeName,
  writeSnapshots,
  writeSubscriptions,
} from './write-projections.js';

/** SQLSTATE lock_not_available. */
const LOCK_NOT_AVAILABLE = '55P03';

const LOCK_ACCOUNT = `SELECT FROM accounts WHERE account_no = $1 FOR UPDATE`;

/** Keys and facts tell of entries, whatever the account's row says. */
const LAST_SEQ_KNOWN = `
SELECT greatest((SELECT max(seq) FROM outcomes WHERE account_no = $1),
                (SELECT max(seq) FROM facts WHERE account_no = $1), 0)::text AS seq`;

export interface RebuiltAccount {
  /** What was not as its entries say, seen behind the row's lock; nothing where somebody else has put it right. */
  readonly deviations: readonly Deviation[];
  /** Why it was left as it is; null where it was rebuilt. */
  readonly left: string | null;
}

export interface AccountRebuild {
  readonly until: Until | null;
  /** Also where tables tell of more entries than there are. */
  readonly trustEntries: boolean;
  /** Called within the transaction, behind what it wrote: what the caller records of it is there or not with it. */
  readonly rebuilt: (rebuilt: RebuiltAccount) => Promise<void>;
}

/**
 * Puts what its entries say in the place of an account's rows, in one short transaction behind its row's lock. What was
 * folded before is folded on there: the account may have moved since. Every service forgets what it holds in memory of
 * an account that was rebuilt: see `revision` of the table.
 */
export async function rebuildAccount(owner: Client, folded: FoldedAccount, options: AccountRebuild): Promise<void> {
  await owner.query('BEGIN');
  try {
    await owner.query(LOCK_ACCOUNT, [folded.no]);
    const current = await foldOn(owner, folded, options.until);
    const deviations = compareFolded(current, options.until);
    await options.rebuilt({ deviations, left: await swap(owner, current, deviations, options) });
    await owner.query('COMMIT');
  } catch (error) {
    await owner.query('ROLLBACK').catch(() => {});
    if (!(error instanceof DatabaseError) || error.code !== LOCK_NOT_AVAILABLE) throw error;
    const left = 'another session has its row locked: end that session, then rebuild';
    await options.rebuilt({ deviations: compareFolded(folded, options.until), left });
  }
}

async function swap(
  owner: Client,
  folded: FoldedAccount,
  deviations: readonly Deviation[],
  { until, trustEntries }: AccountRebuild,
): Promise<string | null> {
  const { no, fold, account, holds, subscriptions, members, snapshots } = folded;
  if (deviations.length === 0) return null;
  if (fold.violations.length > 0) return 'its entries are damaged: restore them from a backup, then rebuild';
  const name = folded.name ?? account;
  if (name === null) return 'nothing tells its name: restore account_names from a backup, then rebuild';
  if (until === null && !trustEntries && (await lastSeqClaimed(owner, folded)) > fold.state.seq) {
    return (
      `its rows tell of entries after the last one there is, ${fold.state.seq}: restore those from a backup, or, where ` +
      'it is certain that there never were any, rebuild with --trust-entries'
    );
  }
  if (deviations.some(({ place }) => place !== 'balance_snapshots')) {
    if (!(await writeName(owner, no, name))) {
      return 'its name belongs to another account by now: restore account_names from a backup, then rebuild';
    }
    const { testClock } = fold.state;
    const dueAt = nextDueAt(fold.state);
    await writeAccount(owner, no, name, accountRow(fold.state), testClock === null ? dueAt : null);
    await writeClock(owner, no, testClock === null ? null : { clock: testClock, dueBound: dueAt });
    await writeHolds(owner, no, holds, expectedHolds(fold.state));
    await writeSubscriptions(owner, no, subscriptions, expectedSubscriptions(fold.state));
    await writeMembers(owner, no, members, expectedMembers(fold.state));
  }
  const beyond = until === null ? snapshots.beyond.map(({ seq }) => seq) : [];
  const wrong = snapshots.wrong.map(({ expected }) => expected);
  await writeSnapshots(owner, no, beyond, [...wrong, ...snapshots.lacking]);
  return null;
}

async function lastSeqClaimed(owner: Client, { no, account }: FoldedAccount): Promise<number> {
  const { rows } = await owner.query<{ seq: string }>(LAST_SEQ_KNOWN, [no]);
  return Math.max(account?.row.seq ?? 0, Number(rows[0]!.seq));
}
