import type { Client } from 'pg';
import type { Mode } from '../../ledger/submission.js';
import type { Difference, Place } from '../compare/difference.js';

/** Of each check. */
const MOST_FOUND = 100;

interface Found {
  readonly account_no: string | null;
  readonly mode: string | null;
  readonly id: string | null;
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * An answer that was given must point at an entry that is there, or at none yet. OFFSET keeps the join apart: for the sake
 * of the LIMIT each row's account would be looked up one by one, which takes three times as long.
 */
const OUTCOMES = `
SELECT o.account_no, n.mode, n.id, 'key ' || encode(o.key_hash, 'hex') AS field,
       'an entry up to ' || coalesce(o.last, 0) AS expected, 'seq ' || o.seq AS found
FROM (SELECT o.account_no, o.key_hash, o.seq, a.seq AS last
      FROM outcomes o LEFT JOIN accounts a USING (account_no)
      WHERE ($1::bigint IS NULL OR o.account_no = $1) AND (o.seq < 0 OR a.seq IS NULL OR o.seq > a.seq)
      OFFSET 0) o
LEFT JOIN account_names n USING (account_no)
WHERE ($2::text IS NULL OR n.mode = $2)
  AND (o.seq < 0 OR o.seq > coalesce(o.last, (SELECT max(e.seq) FROM entries e WHERE e.account_no = o.account_no), 0))
LIMIT $3`;

const FACTS = `
SELECT f.account_no, n.mode, n.id, f.fact AS field,
       'an entry from 1 to ' || coalesce(f.last, 0) AS expected, 'seq ' || f.seq AS found
FROM (SELECT f.account_no, f.fact, f.seq, a.seq AS last
      FROM facts f LEFT JOIN accounts a USING (account_no)
      WHERE ($1::bigint IS NULL OR f.account_no = $1) AND (f.seq < 1 OR a.seq IS NULL OR f.seq > a.seq)
      OFFSET 0) f
LEFT JOIN account_names n USING (account_no)
WHERE ($2::text IS NULL OR n.mode = $2)
  AND (f.seq < 1 OR f.seq > coalesce(f.last, (SELECT max(e.seq) FROM entries e WHERE e.account_no = f.account_no), 0))
LIMIT $3`;

/** A name is given together with the account's row. Where entries tell what the row should be, the fold does. */
const NAMES = `
SELECT n.account_no, n.mode, n.id, 'row' AS field, 'an account' AS expected, 'a name and nothing else' AS found
FROM account_names n LEFT JOIN accounts a USING (account_no)
WHERE ($1::bigint IS NULL OR n.account_no = $1) AND ($2::text IS NULL OR n.mode = $2)
  AND a.account_no IS NULL AND NOT EXISTS (SELECT FROM entries e WHERE e.account_no = n.account_no)
LIMIT $3`;

/** The scale of a unit in use never changes, or its amounts would read as others. */
const UNITS = `
SELECT min(u.account_no) AS account_no, NULL AS mode, NULL AS id, u.unit AS field, 'in use' AS expected,
       CASE WHEN bool_and(units.unit IS NULL) THEN 'missing' ELSE 'not marked as in use' END AS found
FROM (SELECT account_no, mode, unnest(units) AS unit FROM accounts
      WHERE ($1::bigint IS NULL OR account_no = $1) AND ($2::text IS NULL OR mode = $2)) u
LEFT JOIN units USING (unit)
WHERE units.in_use IS NOT TRUE
GROUP BY u.unit
LIMIT $3`;

/** Entries name a clock, but what time it has no entry says: without its row an account cannot be written. */
const TEST_CLOCKS = `
SELECT k.account_no, n.mode, n.id, k.clock AS field, 'a clock' AS expected, 'missing' AS found
FROM account_clocks k LEFT JOIN account_names n USING (account_no)
WHERE ($1::bigint IS NULL OR k.account_no = $1) AND ($2::text IS NULL OR n.mode = $2)
  AND NOT EXISTS (SELECT FROM test_clocks c WHERE c.id = k.clock)
LIMIT $3`;

const CHECKS: readonly { readonly place: Place; readonly query: string }[] = [
  { place: 'outcomes', query: OUTCOMES },
  { place: 'facts', query: FACTS },
  { place: 'account_names', query: NAMES },
  { place: 'units', query: UNITS },
  { place: 'test_clocks', query: TEST_CLOCKS },
];

/** What no fold tells: keys, facts, names and units against the accounts they belong to. */
export async function crossCheck(client: Client, accountNo: number | null, mode: Mode | null): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const { place, query } of CHECKS) {
    const { rows } = await client.query<Found>(query, [accountNo, mode, MOST_FOUND]);
    for (const { account_no, mode: of, id, field, expected, found } of rows) {
      const no = account_no === null ? null : Number(account_no);
      differences.push({ place, field, expected, found, accountNo: no, mode: of, account: id });
    }
  }
  return differences;
}
