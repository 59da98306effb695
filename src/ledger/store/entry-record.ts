import type { Metadata } from '../domain/account.js';
import type { Entry, EntryType } from '../domain/entry.js';
import type { EntryDetails } from './entry-details.js';
import { entryFromRow } from './entry-row.js';

/** A row of `entries` as the driver gives it for `ENTRY_COLUMNS`. */
export interface EntryRecord {
  readonly seq: string;
  readonly type: EntryType;
  readonly unit: string | null;
  readonly amount: string;
  readonly granted: string | null;
  readonly available: string | null;
  readonly held: string | null;
  readonly spent: string | null;
  readonly expired: string | null;
  readonly revoked: string | null;
  readonly debt: string | null;
  readonly lots: string[] | null;
  readonly reservation: string | null;
  readonly closes: boolean;
  readonly target: string | null;
  readonly reason: string | null;
  readonly member: string | null;
  readonly metadata: Metadata | null;
  readonly details: EntryDetails | null;
  readonly effective_at: Date;
  readonly recorded_at: Date;
}

export function entryFromRecord(record: EntryRecord): Entry {
  return entryFromRow({
    ...record,
    seq: Number(record.seq),
    amount: BigInt(record.amount),
    granted: big(record.granted),
    available: big(record.available),
    held: big(record.held),
    spent: big(record.spent),
    expired: big(record.expired),
    revoked: big(record.revoked),
    debt: big(record.debt),
    lots: record.lots?.map(BigInt) ?? null,
    reservation: integer(record.reservation),
    target: integer(record.target),
    effectiveAt: record.effective_at.getTime(),
    recordedAt: record.recorded_at.getTime(),
  });
}

function big(text: string | null): bigint | null {
  return text === null ? null : BigInt(text);
}

function integer(text: string | null): number | null {
  return text === null ? null : Number(text);
}
