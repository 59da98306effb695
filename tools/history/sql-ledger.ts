import type { Pool } from 'pg';
import { formatAmount, noSums, SUM_NAMES, type Sums } from './amounts.js';
import type { LedgerAccount, LedgerEntry, LedgerReader } from './ledger-account.js';

/** Amounts here are billionths; a unit's own base unit has as many digits as its scale says. */
const FINEST_SCALE = 9;

/**
 * Reads live accounts from the tables, past the service: an answer of the API could agree with what clients were told
 * and still not be what is on disk.
 */
export class SqlLedger implements LedgerReader {
  readonly #scales = new Map<string, number>();

  constructor(private readonly pool: Pick<Pool, 'query'>) {}

  async readAccount(account: string): Promise<LedgerAccount> {
    await this.#readScales();
    const { rows: found } = await this.pool.query<AccountRow>(ACCOUNT, [account]);
    const row = found[0];
    if (row === undefined) return { account, seq: 0, balances: new Map(), entries: [] };
    const { rows } = await this.pool.query<EntryRow>(ENTRIES, [row.account_no]);
    return {
      account,
      seq: Number(row.seq),
      balances: new Map(row.units.map((unit, place) => [unit, this.#sumsAt(unit, place, row.balances)])),
      entries: rows.map(entry => this.#entry(account, entry)),
    };
  }

  async #readScales(): Promise<void> {
    if (this.#scales.size > 0) return;
    const { rows } = await this.pool.query<{ unit: string; scale: number }>(SCALES);
    for (const { unit, scale } of rows) this.#scales.set(unit, scale);
  }

  /** The table keeps the seven sums of each unit in the order of `SUM_NAMES`. */
  #sumsAt(unit: string, place: number, balances: readonly string[]): Sums {
    const sums = noSums();
    SUM_NAMES.forEach((name, i) => (sums[name] = this.#billionths(unit, balances[place * SUM_NAMES.length + i]!)));
    return sums;
  }

  #entry(account: string, row: EntryRow): LedgerEntry {
    const { type, unit, reason, member, metadata, subscription, effective_at, recorded_at } = row;
    const seq = Number(row.seq);
    const fields = { account, seq, type, unit, reason, member, metadata, effective_at, recorded_at };
    const claimedBy = metadata?.['operation'] ?? reason;
    if (unit === null) return { seq, type, unit, deltas: noSums(), claimedBy, subscription, fields };
    const deltas = noSums();
    for (const name of SUM_NAMES) deltas[name] = this.#billionths(unit, row[name] ?? '0');
    const amount = formatAmount(this.#billionths(unit, row.amount));
    return { seq, type, unit, deltas, claimedBy, subscription, fields: { ...fields, amount, deltas } };
  }

  #billionths(unit: string, baseUnits: string): bigint {
    const scale = this.#scales.get(unit);
    if (scale === undefined) throw new Error(`the ledger counts in ${unit}, which is not a unit`);
    return BigInt(baseUnits) * 10n ** BigInt(FINEST_SCALE - scale);
  }
}

interface AccountRow {
  account_no: string;
  seq: string;
  units: string[];
  balances: string[];
}

type EntryRow = {
  seq: string;
  type: string;
  unit: string | null;
  amount: string;
  reason: string | null;
  member: string | null;
  metadata: Record<string, string> | null;
  subscription: string | null;
  effective_at: string;
  recorded_at: string;
} & Record<(typeof SUM_NAMES)[number], string | null>;

const SCALES = 'SELECT unit, scale FROM units';

const ACCOUNT = `
SELECT account_no::text, seq::text, units, balances::text[]
FROM accounts JOIN account_names USING (account_no)
WHERE account_names.mode = 'live' AND account_names.id = $1`;

// Times as the API writes them.
const ENTRIES = `
SELECT seq::text, type, unit, amount::text, granted::text, available::text, held::text, spent::text, expired::text,
       revoked::text, debt::text, reason, member, metadata,
       details #>> '{made,0,plan,subscription}' AS subscription,
       to_char(effective_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS effective_at,
       to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS recorded_at
FROM entries WHERE account_no = $1 ORDER BY entries.seq`;
