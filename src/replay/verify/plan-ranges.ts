import type { Client } from 'pg';
import type { Mode } from '../../ledger/submission.js';
import type { AccountRange } from '../fold/fold-range.js';

/** A range's accounts, holds and, at worst, entries that come early are in memory at once. */
const ENTRIES_PER_RANGE = 20_000;
/** What an account weighs beside its entries: its row, its name, its state. */
const WEIGHT_OF_AN_ACCOUNT = 20;

/**
 * Cuts all accounts into ranges of about as many entries each; an account with more than that is a range of its own.
 * What the rows say about their size is only taken for the cut: what no row tells of falls into a range all the same.
 */
const PLAN = `
SELECT max(account_no) AS last, count(*) AS accounts, sum(seq) AS entries, alone <> 0 AS alone
FROM (
  SELECT account_no, seq, (sum(seq + $1) OVER (ORDER BY account_no) - (seq + $1)) / $2 AS place,
         CASE WHEN seq > $2 THEN account_no ELSE 0 END AS alone
  FROM accounts
  WHERE $3::text IS NULL OR mode = $3) a
GROUP BY floor(place), alone
ORDER BY last`;

export interface Plan {
  readonly ranges: readonly AccountRange[];
  readonly accounts: number;
  /** As the account rows say; for the progress bar. */
  readonly entries: number;
}

interface PlannedRange {
  readonly last: string;
  readonly accounts: string;
  readonly entries: string;
  readonly alone: boolean;
}

export async function planRanges(client: Client, mode: Mode | null): Promise<Plan> {
  const { rows } = await client.query<PlannedRange>(PLAN, [WEIGHT_OF_AN_ACCOUNT, ENTRIES_PER_RANGE, mode]);
  return { ranges: rangesUpTo(rows), accounts: sum(rows, 'accounts'), entries: sum(rows, 'entries') };
}

/** Without gaps, and beyond the last row, so that orphans are found wherever their number lies. */
function rangesUpTo(planned: readonly PlannedRange[]): AccountRange[] {
  const ranges: AccountRange[] = [];
  let first = 0;
  for (const { last, alone } of planned) {
    ranges.push({ first, last: Number(last), inOrder: alone });
    first = Number(last) + 1;
  }
  return [...ranges, { first, last: Number.MAX_SAFE_INTEGER, inOrder: false }];
}

function sum(rows: readonly PlannedRange[], column: 'accounts' | 'entries'): number {
  return rows.reduce((total, row) => total + Number(row[column]), 0);
}
