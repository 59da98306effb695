import type { Client } from 'pg';
import type { HoldRow } from '../../ledger/store/hold-row.js';
import type { MemberRow } from '../../ledger/store/member-row.js';
import type { SubscriptionRow } from '../../ledger/store/subscription-row.js';
import type { Mode } from '../../ledger/submission.js';
import { BinaryRow } from '../rows/binary-row.js';
import { copyOut } from '../../database/copy-out.js';
import { entryFromCopy } from '../rows/entry-copy.js';
import {
  accountFromCopy,
  clockFromCopy,
  holdFromCopy,
  memberFromCopy,
  snapshotFromCopy,
  subscriptionFromCopy,
  type ClockRow,
  type StoredAccount,
} from '../rows/projection-copy.js';
import { AccountFold, TooMuchDisorder } from './account-fold.js';
import { LookingBack } from './looks-back.js';
import {
  ACCOUNTS_OF_RANGE,
  CHOOSE_RANGE,
  CLOCKS_OF_RANGE,
  entriesOfRange,
  HOLDS_OF_RANGE,
  LOOKING_BACK_IN_RANGE,
  MEMBERS_OF_RANGE,
  NAMES_OF_RANGE,
  SNAPSHOTS_OF_RANGE,
  SUBSCRIPTIONS_OF_RANGE,
} from './range-queries.js';
import { SnapshotFold } from './snapshot-fold.js';
import { untilSetting, type Until } from './until.js';

/** Accounts that are folded together: small enough to be held in memory, large enough to be worth its queries. */
export interface AccountRange {
  readonly first: number;
  readonly last: number;
  /** Entries are sorted by the database; for accounts too large to wait in memory for those before them. */
  readonly inOrder: boolean;
}

export interface RangeOptions {
  readonly mode: Mode | null;
  /** The last entry that counts; null for all. */
  readonly until: Until | null;
  /** Called every few thousand entries with how many more were folded. */
  readonly progress: (entries: number) => void;
}

export interface NamedAs {
  readonly mode: string;
  readonly id: string;
}

/** What the tables have of one account, and what its entries say. */
export interface FoldedAccount {
  readonly no: number;
  /** As the directory has it. */
  name: NamedAs | null;
  account: (StoredAccount & NamedAs) | null;
  readonly holds: Map<number, HoldRow>;
  readonly subscriptions: Map<string, SubscriptionRow>;
  readonly members: Map<string, MemberRow>;
  clock: ClockRow | null;
  readonly snapshots: SnapshotFold;
  readonly fold: AccountFold;
}

const PROGRESS_EVERY_ENTRIES = 4096;

/** Reads and folds all accounts of a range, within the caller's transaction and as of its snapshot. */
export async function foldRange(
  client: Client,
  range: AccountRange,
  options: RangeOptions,
): Promise<Map<number, FoldedAccount>> {
  try {
    return await fold(client, range, options);
  } catch (error) {
    if (!(error instanceof TooMuchDisorder)) throw error;
    return fold(client, { ...range, inOrder: true }, options);
  }
}

async function fold(
  client: Client,
  range: AccountRange,
  { mode, until, progress }: RangeOptions,
): Promise<Map<number, FoldedAccount>> {
  await client.query(CHOOSE_RANGE, [String(range.first), String(range.last), mode ?? '', untilSetting(until)]);
  const row = new BinaryRow();
  const read = (query: string, take: (accountNo: number) => void): Promise<number> =>
    copyOut(client, query, (bytes, at) => {
      row.start(bytes, at);
      take(row.integer());
    });

  const lookingBack = new LookingBack();
  const accounts = new Map<number, FoldedAccount>();
  const of = (no: number): FoldedAccount => {
    let known = accounts.get(no);
    if (known === undefined) {
      const snapshots = new SnapshotFold();
      const fold = new AccountFold(range.inOrder, lookingBack.of(no), state => snapshots.folded(state));
      const rows = { holds: new Map(), subscriptions: new Map(), members: new Map(), clock: null };
      known = { no, name: null, account: null, ...rows, snapshots, fold };
      accounts.set(no, known);
    }
    return known;
  };

  await read(LOOKING_BACK_IN_RANGE, no => lookingBack.read(no, row));
  await read(NAMES_OF_RANGE, no => (of(no).name = { mode: row.text(), id: row.text() }));
  await read(ACCOUNTS_OF_RANGE, no => (of(no).account = { mode: row.text(), id: row.text(), ...accountFromCopy(row) }));
  await read(HOLDS_OF_RANGE, no => {
    const hold = holdFromCopy(row);
    of(no).holds.set(hold.reservation, hold);
  });
  await read(SUBSCRIPTIONS_OF_RANGE, no => {
    const subscription = subscriptionFromCopy(row);
    of(no).subscriptions.set(subscription.subscription, subscription);
  });
  await read(MEMBERS_OF_RANGE, no => {
    const member = memberFromCopy(row);
    of(no).members.set(member.member, member);
  });
  await read(CLOCKS_OF_RANGE, no => (of(no).clock = clockFromCopy(row)));
  await read(SNAPSHOTS_OF_RANGE, no => of(no).snapshots.stored.push(snapshotFromCopy(row)));

  let sinceProgress = 0;
  await read(entriesOfRange(until, range.inOrder), no => {
    of(no).fold.add(entryFromCopy(row));
    if (++sinceProgress < PROGRESS_EVERY_ENTRIES) return;
    progress(sinceProgress);
    sinceProgress = 0;
  });
  progress(sinceProgress);
  for (const { fold } of accounts.values()) fold.finish();
  return accounts;
}
