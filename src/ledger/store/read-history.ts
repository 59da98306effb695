import type { Queryable } from './queryable.js';
import type { Entry } from '../domain/entry.js';
import { entryFromRecord, type EntryRecord } from './entry-record.js';

/** Entries of one account that belong together: the one with this `seq`, those that reverse or take from `target`, … */
export interface Ask {
  readonly accountNo: number;
  /**
   * `reservation`: all but the first entry of a reservation, which is the one with its number as `seq`. `freeze`: the last
   * one up to this `seq`.
   */
  readonly by: 'seq' | 'target' | 'reservation' | 'freeze';
  readonly number: number;
}

/** One index look-up for each ask and kind; the constant conditions keep the others from running. */
const READ_HISTORY = `
SELECT ask.place, e.*
FROM unnest($1::bigint[], $2::text[], $3::bigint[]) WITH ORDINALITY AS ask(account_no, by, number, place),
LATERAL (
  SELECT seq, type, unit, amount, granted, available, held, spent, expired, revoked, debt, lots, reservation, closes,
         target, reason, member, metadata, details, effective_at, recorded_at
  FROM entries
  WHERE ask.by = 'seq' AND account_no = ask.account_no AND seq = ask.number
  UNION ALL
  SELECT seq, type, unit, amount, granted, available, held, spent, expired, revoked, debt, lots, reservation, closes,
         target, reason, member, metadata, details, effective_at, recorded_at
  FROM entries
  WHERE ask.by = 'target' AND account_no = ask.account_no AND target = ask.number
  UNION ALL
  SELECT seq, type, unit, amount, granted, available, held, spent, expired, revoked, debt, lots, reservation, closes,
         target, reason, member, metadata, details, effective_at, recorded_at
  FROM entries
  WHERE ask.by = 'reservation' AND account_no = ask.account_no AND reservation = ask.number AND reservation <> seq
  UNION ALL
  (SELECT seq, type, unit, amount, granted, available, held, spent, expired, revoked, debt, lots, reservation, closes,
         target, reason, member, metadata, details, effective_at, recorded_at
  FROM entries
  WHERE ask.by = 'freeze' AND account_no = ask.account_no AND type = 'freeze' AND seq <= ask.number
  ORDER BY seq DESC LIMIT 1)
  LIMIT 1000000
) e
ORDER BY ask.place, e.seq`;

/** The entries of each ask, in their order. */
export async function readHistory(client: Queryable, asks: readonly Ask[]): Promise<Entry[][]> {
  const found: Entry[][] = asks.map(() => []);
  if (asks.length === 0) return found;
  const { rows } = await client.query<EntryRecord & { place: string }>({
    name: 'history',
    text: READ_HISTORY,
    values: [asks.map(ask => ask.accountNo), asks.map(ask => ask.by), asks.map(ask => ask.number)],
  });
  for (const row of rows) found[Number(row.place) - 1]!.push(entryFromRecord(row));
  return found;
}
