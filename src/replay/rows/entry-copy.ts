import { entryFromRow, type EntryRow } from '../../ledger/store/entry-row.js';
import type { Entry, EntryType } from '../../ledger/domain/entry.js';
import type { BinaryRow } from './binary-row.js';

/** What a fold reads of `entries`; the words of a reason change nothing. `entryFromCopy` reads in this order. */
export const FOLDED_COLUMNS = `account_no, seq, type, unit, amount, granted, available, held, spent, expired, revoked, debt,
  lots, reservation, closes, target, member, metadata, details, effective_at, recorded_at`;

/** The entry of a row whose `account_no` was read already. */
export function entryFromCopy(row: BinaryRow): Entry {
  const read: EntryRow = {
    seq: row.integer(),
    type: row.wordOrNull() as EntryType,
    unit: row.wordOrNull(),
    amount: row.bigint()!,
    granted: row.bigint(),
    available: row.bigint(),
    held: row.bigint(),
    spent: row.bigint(),
    expired: row.bigint(),
    revoked: row.bigint(),
    debt: row.bigint(),
    lots: row.bigintsOrNull(),
    reservation: row.integerOrNull(),
    closes: row.boolean(),
    target: row.integerOrNull(),
    reason: null,
    member: row.textOrNull(),
    metadata: row.json() as EntryRow['metadata'],
    details: row.json() as EntryRow['details'],
    effectiveAt: row.moment(),
    recordedAt: row.moment(),
  };
  return entryFromRow(read);
}
