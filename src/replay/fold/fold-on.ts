import type { Client } from 'pg';
import { entryFromRecord, type EntryRecord } from '../../ledger/store/entry-record.js';
import { foldRange, type FoldedAccount } from './fold-range.js';
import type { Until } from './until.js';

const ENTRIES_SINCE = `
SELECT seq, type, unit, amount, granted, available, held, spent, expired, revoked, debt, lots, reservation, closes,
       target, reason, member, metadata, details, effective_at, recorded_at
FROM entries WHERE account_no = $1 AND seq > $2
ORDER BY seq`;

/** Only the rows: no entry has this seq. */
const NO_ENTRIES: Until = { by: 'seq', seq: 0 };
const NOTHING = (): void => {};

/**
 * The same account with its rows as they are now, and, unless the fold ended on purpose, with the entries appended since.
 * Folded from the beginning again only where an entry since looks back at what the fold has forgotten.
 */
export async function foldOn(client: Client, folded: FoldedAccount, until: Until | null): Promise<FoldedAccount> {
  const { no, fold, snapshots } = folded;
  const range = { first: no, last: no, inOrder: true };
  const since = until === null ? await entriesSince(client, folded) : [];
  const looksBack = since.some(({ target }) => target !== null);
  if (until === null && (fold.broken || looksBack || snapshots.beyond.length > 0)) {
    const again = await foldRange(client, range, { mode: null, until, progress: NOTHING });
    return again.get(no) ?? folded;
  }
  const rows = (await foldRange(client, range, { mode: null, until: NO_ENTRIES, progress: NOTHING })).get(no);
  const { seq } = fold.state;
  if (until === null) snapshots.stored.push(...(rows?.snapshots.stored ?? []).filter(stored => stored.seq > seq));
  for (const record of since) fold.add(entryFromRecord(record));
  if (since.length > 0) fold.finish();
  const { name = null, account = null, clock = null } = rows ?? {};
  const { holds = new Map(), subscriptions = new Map(), members = new Map() } = rows ?? {};
  return { no, fold, snapshots, name, account, holds, subscriptions, members, clock };
}

async function entriesSince(client: Client, { no, fold }: FoldedAccount): Promise<EntryRecord[]> {
  return (await client.query<EntryRecord>(ENTRIES_SINCE, [no, fold.state.seq])).rows;
}
