import type { ClientBase } from 'pg';
import type { Mode } from '../../keys/api-key.js';
import type { Entry } from '../../ledger/domain/entry.js';
import { entryFromRecord, type EntryRecord } from '../../ledger/store/entry-record.js';
import type { PositionRange } from '../../projections/projection.js';

/** An entry, whose it is, and where it stands among all of them. */
export interface PlacedEntry {
  readonly accountNo: number;
  readonly mode: Mode;
  readonly account: string;
  readonly position: number;
  readonly entry: Entry;
  /** What came back, by unit, where the entry ends a reservation whose time was over; else empty. */
  readonly cameBack: readonly { readonly unit: string; readonly amount: bigint }[];
}

/** The entries that end one reservation are one append: whoever sees the last of them sees all. */
const READ_ENTRIES = `
SELECT e.account_no::float8 AS account_no, n.mode, n.id, e.position::float8 AS position, e.seq, e.type, e.unit, e.amount,
       e.granted, e.available, e.held, e.spent, e.expired, e.revoked, e.debt, e.lots, e.reservation, e.closes, e.target,
       e.reason, e.member, e.metadata, e.details, e.effective_at, e.recorded_at,
       CASE WHEN e.type = 'expire' AND e.reservation IS NOT NULL AND e.closes THEN (
         SELECT jsonb_agg(jsonb_build_array(b.unit, b.amount::text) ORDER BY b.seq) FROM entries b
         WHERE b.account_no = e.account_no AND b.reservation = e.reservation AND b.reservation <> b.seq
           AND b.type = 'expire' AND b.seq <= e.seq
       ) END AS came_back
FROM entries e JOIN account_names n USING (account_no)
WHERE e.position > $1 AND e.position <= $2 AND n.mode = ANY ($3)
ORDER BY e.position`;

interface Row extends EntryRecord {
  readonly account_no: number;
  readonly mode: Mode;
  readonly id: string;
  readonly position: number;
  readonly came_back: readonly (readonly [unit: string, amount: string])[] | null;
}

/** Those of accounts of these modes, in order. */
export async function readEntries(
  client: ClientBase,
  { after, upTo }: PositionRange,
  modes: readonly Mode[],
): Promise<PlacedEntry[]> {
  return (await client.query<Row>(READ_ENTRIES, [after, upTo, modes])).rows.map(row => ({
    accountNo: row.account_no,
    mode: row.mode,
    account: row.id,
    position: row.position,
    entry: entryFromRecord(row),
    cameBack: (row.came_back ?? []).map(([unit, amount]) => ({ unit, amount: BigInt(amount) })),
  }));
}
