import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { zeroBalance, type Balance, type Moment } from '../ledger/domain/account.js';
import { balanceAt, SUMS } from '../ledger/store/account-row.js';

export interface AsOf {
  /** Of the last entry that had taken effect. */
  readonly seq: number;
  readonly balances: ReadonlyMap<string, Balance>;
}

interface Snapshot {
  readonly seq: string;
  readonly units: string[];
  readonly balances: string[];
}

interface Moved extends Record<(typeof SUMS)[number], string> {
  readonly unit: string | null;
  readonly last_seq: string;
}

/** effective_at never decreases along seq, so what had taken effect by a moment is a beginning of the stream. */
const LAST_SNAPSHOT = `
SELECT seq, units, balances FROM balance_snapshots
WHERE account_no = $1 AND effective_at <= to_timestamp($2::float8 / 1000)
ORDER BY seq DESC LIMIT 1`;

/** What came after that snapshot, as far as the moment, or as far as the snapshot that lies beyond it. */
const MOVED_SINCE = `
SELECT unit, max(seq) AS last_seq,
       coalesce(sum(granted), 0)::bigint AS granted, coalesce(sum(available), 0)::bigint AS available,
       coalesce(sum(held), 0)::bigint AS held, coalesce(sum(spent), 0)::bigint AS spent,
       coalesce(sum(expired), 0)::bigint AS expired, coalesce(sum(revoked), 0)::bigint AS revoked,
       coalesce(sum(debt), 0)::bigint AS debt
FROM entries
WHERE account_no = $1 AND seq > $3
  AND seq <= coalesce((SELECT min(seq) FROM balance_snapshots WHERE account_no = $1 AND seq > $3), 9223372036854775807)
  AND effective_at <= to_timestamp($2::float8 / 1000)
GROUP BY unit
ORDER BY min(seq)`;

/** Folds balances as they were: the nearest snapshot before the moment, and the entries since. */
@Injectable()
export class PastBalances {
  constructor(private readonly pool: Pool) {}

  async asOf(accountNo: number, moment: Moment): Promise<AsOf> {
    const { rows: snapshots } = await this.pool.query<Snapshot>(LAST_SNAPSHOT, [accountNo, moment]);
    const from = snapshots[0] ?? { seq: '0', units: [], balances: [] };
    const numbers = from.balances.map(BigInt);
    const balances = new Map<string, Balance>(from.units.map((unit, index) => [unit, balanceAt(numbers, index)]));
    let seq = Number(from.seq);
    const { rows: moves } = await this.pool.query<Moved>(MOVED_SINCE, [accountNo, moment, from.seq]);
    for (const moved of moves) {
      seq = Math.max(seq, Number(moved.last_seq));
      if (moved.unit !== null) balances.set(moved.unit, sum(balances.get(moved.unit) ?? zeroBalance(), moved));
    }
    return { seq, balances };
  }
}

function sum(balance: Balance, moved: Moved): Balance {
  for (const name of SUMS) balance[name] += BigInt(moved[name]);
  return balance;
}
