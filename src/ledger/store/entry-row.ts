import type { Metadata, Moment } from '../domain/account.js';
import type { Entry, EntryType, LotChange } from '../domain/entry.js';
import {
  detailsToJson,
  eventFromJson,
  madeFromJson,
  openedWindowsFromJson,
  settingsFromJson,
  termsFromJson,
  type EntryDetails,
} from './entry-details.js';
import type { RowArray } from './row-array.js';
import { changeFromJson } from './subscription-json.js';

const NUMBERS_PER_CHANGE = 4;
const NOTHING_MADE: Entry['made'] = [];
const NO_LOTS: Entry['lots'] = [];

/** A row of `entries` as values. Null deltas are zero. */
export interface EntryRow {
  readonly seq: number;
  readonly type: EntryType;
  readonly unit: string | null;
  readonly amount: bigint;
  readonly granted: bigint | null;
  readonly available: bigint | null;
  readonly held: bigint | null;
  readonly spent: bigint | null;
  readonly expired: bigint | null;
  readonly revoked: bigint | null;
  readonly debt: bigint | null;
  /** Four for each lot: its number, its share of the amount, the change of what remains, the change of what is held. */
  readonly lots: readonly bigint[] | null;
  readonly reservation: number | null;
  readonly closes: boolean;
  readonly target: number | null;
  readonly reason: string | null;
  readonly member: string | null;
  readonly metadata: Metadata | null;
  readonly details: EntryDetails | null;
  readonly effectiveAt: Moment;
  readonly recordedAt: Moment;
}

/** What to select, in the order of `EntryRow`. */
export const ENTRY_COLUMNS = `seq, type, unit, amount, granted, available, held, spent, expired, revoked, debt, lots,
  reservation, closes, target, reason, member, metadata, details, effective_at, recorded_at`;

export function entryFromRow(row: EntryRow): Entry {
  const { details } = row;
  return {
    seq: row.seq,
    type: row.type,
    unit: row.unit,
    amount: row.amount,
    deltas: {
      granted: row.granted ?? 0n,
      available: row.available ?? 0n,
      held: row.held ?? 0n,
      spent: row.spent ?? 0n,
      expired: row.expired ?? 0n,
      revoked: row.revoked ?? 0n,
      debt: row.debt ?? 0n,
    },
    lots: row.lots === null ? NO_LOTS : lotChanges(row.lots),
    made: details?.made?.map(made => madeFromJson(made, row.unit!)) ?? NOTHING_MADE,
    reservation: row.reservation,
    target: row.target,
    terms: details?.terms === undefined ? null : termsFromJson(details.terms, row.member),
    expiresAt: details?.expires_at ?? null,
    closes: row.closes,
    settings: details?.settings === undefined ? null : settingsFromJson(details.settings),
    event: details?.event === undefined ? null : eventFromJson(details.event),
    subscription: details?.subscription === undefined ? null : changeFromJson(details.subscription),
    opens: openedWindowsFromJson(details?.opens),
    providerCost: details?.provider_cost ?? null,
    reason: row.reason,
    member: row.member,
    metadata: row.metadata,
    effectiveAt: row.effectiveAt,
    recordedAt: row.recordedAt,
  };
}

/** Writes one `entry_row`. */
export function writeEntry(rows: RowArray, accountNo: number, entry: Entry): void {
  const { deltas } = entry;
  rows.startRow();
  rows.integer(accountNo);
  rows.integer(entry.seq);
  rows.text(entry.type);
  rows.text(entry.unit);
  rows.bigint(entry.amount);
  rows.delta(deltas.granted);
  rows.delta(deltas.available);
  rows.delta(deltas.held);
  rows.delta(deltas.spent);
  rows.delta(deltas.expired);
  rows.delta(deltas.revoked);
  rows.delta(deltas.debt);
  rows.bigints(entry.lots.length === 0 ? null : lotNumbers(entry.lots));
  rows.integer(entry.reservation);
  rows.boolean(entry.closes);
  rows.integer(entry.target);
  rows.text(entry.reason);
  rows.text(entry.member);
  rows.json(entry.metadata);
  rows.json(detailsToJson(entry));
  rows.moment(entry.effectiveAt);
  rows.moment(entry.recordedAt);
  rows.endRow();
}

function lotNumbers(changes: readonly LotChange[]): bigint[] {
  const numbers: bigint[] = [];
  for (const { lot, amount, remaining, held } of changes) numbers.push(BigInt(lot), amount, remaining, held);
  return numbers;
}

function lotChanges(numbers: readonly bigint[]): LotChange[] {
  const changes: LotChange[] = [];
  for (let at = 0; at < numbers.length; at += NUMBERS_PER_CHANGE) {
    changes.push({
      lot: Number(numbers[at]),
      amount: numbers[at + 1]!,
      remaining: numbers[at + 2]!,
      held: numbers[at + 3]!,
    });
  }
  return changes;
}
