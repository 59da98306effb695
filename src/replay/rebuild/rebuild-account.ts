import type { Client } from 'pg';
import type { AccountState } from '../../ledger/domain/account.js';
import { nextDueAt } from '../../ledger/domain/settle-due.js';
import { accountRow } from '../../ledger/store/account-row.js';
import { compareFolded, expectedHolds } from '../compare/compare-folded.js';
import { foldRange, type FoldedAccount, type NamedAs } from '../fold/fold-range.js';
import { writeAccount, writeHolds, writeName, writeSnapshots } from './write-projections.js';

const LOCK_ACCOUNT = `SELECT FROM accounts WHERE account_no = $1 FOR UPDATE`;

/** Keys and facts tell of entries, whatever the account's row says. */
const LAST_SEQ_KNOWN = `
SELECT greatest((SELECT max(seq) FROM outcomes WHERE account_no = $1),
                (SELECT max(seq) FROM facts WHERE account_no = $1), 0)::text AS seq`;

/**
 * Puts what its entries say in the place of an account's rows. Folded again behind the row's lock: what was compared
 * before may have moved since.
 * @returns why it was left as it is, or null
 */
export async function rebuildAccount(owner: Client, accountNo: number, trustEntries: boolean): Promise<string | null> {
  await owner.query('BEGIN');
  try {
    const left = await rebuildBehindLock(owner, accountNo, trustEntries);
    await owner.query(left === null ? 'COMMIT' : 'ROLLBACK');
    return left;
  } catch (error) {
    await owner.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function rebuildBehindLock(owner: Client, no: number, trustEntries: boolean): Promise<string | null> {
  await owner.query(LOCK_ACCOUNT, [no]);
  const options = { mode: null, until: null, progress: () => {} };
  const folded = (await foldRange(owner, { first: no, last: no, inOrder: true }, options)).get(no);
  if (folded === undefined || compareFolded(folded, null).length === 0) return null;
  const { fold } = folded;
  if (fold.violations.length > 0) return 'its entries are damaged: restore them from a backup, then rebuild';
  const name = folded.name ?? folded.account;
  if (name === null) return 'nothing tells its name: restore account_names from a backup, then rebuild';
  if (!trustEntries && (await lastSeqClaimed(owner, folded)) > fold.state.seq) {
    return (
      `its rows tell of entries after the last one there is, ${fold.state.seq}: restore those from a backup, or, where ` +
      'it is certain that there never were any, rebuild with --trust-entries'
    );
  }
  await write(owner, folded, name, fold.state);
  return null;
}

async function lastSeqClaimed(owner: Client, { no, account }: FoldedAccount): Promise<number> {
  const { rows } = await owner.query<{ seq: string }>(LAST_SEQ_KNOWN, [no]);
  return Math.max(account?.row.seq ?? 0, Number(rows[0]!.seq));
}

async function write(
  owner: Client,
  { no, snapshots }: FoldedAccount,
  name: NamedAs,
  state: AccountState,
): Promise<void> {
  await writeName(owner, no, name);
  await writeAccount(owner, no, name, accountRow(state), nextDueAt(state));
  await writeHolds(owner, no, [...expectedHolds(state).values()]);
  const wrong = [...snapshots.wrong.map(({ expected }) => expected.seq), ...snapshots.beyond.map(({ seq }) => seq)];
  const right = [...snapshots.wrong.map(({ expected }) => expected), ...snapshots.lacking];
  await writeSnapshots(owner, no, wrong, right);
}
