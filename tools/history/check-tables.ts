import type { Pool } from 'pg';
import type { Difference } from './difference.js';

/**
 * What must hold in the tables of every account, whoever wrote it, asked in SQL: seqs 1..n, the account row is the sum
 * of its entries, what is held is the sum of the open holds.
 */
export async function checkTables(pool: Pick<Pool, 'query'>): Promise<Difference[]> {
  const { rows: gaps } = await pool.query<Finding>(SEQ_GAPS);
  const { rows: sums } = await pool.query<Finding>(SUMS_THAT_DIFFER);
  const { rows: holds } = await pool.query<Finding>(HOLDS_THAT_DIFFER);
  return [
    ...gaps.map(finding => ({ ...finding, rule: 'seq_gap' as const })),
    ...sums.map(finding => ({ ...finding, rule: 'balances_differ' as const })),
    ...holds.map(finding => ({ ...finding, rule: 'balances_differ' as const })),
  ];
}

interface Finding {
  account: string;
  message: string;
}

const SEQ_GAPS = `
SELECT coalesce(a.id, 'account number ' || e.account_no) AS account,
       format('the row stands at seq %s, entries are %s from %s to %s', a.seq, e.entries, e.first, e.last) AS message
FROM accounts a
FULL JOIN (SELECT account_no, count(*) AS entries, min(seq) AS first, max(seq) AS last FROM entries GROUP BY account_no) e
  USING (account_no)
WHERE (a.seq, e.entries, e.first) IS DISTINCT FROM (e.last, e.last, 1)`;

const SUMS_THAT_DIFFER = `
SELECT a.id AS account, format('%s: the row has %s, the entries sum up to %s', b.unit, b.sums, f.sums) AS message
FROM accounts a
CROSS JOIN LATERAL (
  SELECT unit, a.balances[place * 7 - 6 : place * 7] AS sums FROM unnest(a.units) WITH ORDINALITY AS u(unit, place)) b
LEFT JOIN (
  SELECT account_no, unit, ARRAY[sum(granted), sum(available), sum(held), sum(spent), sum(expired), sum(revoked), sum(debt)]
    AS sums
  FROM (SELECT account_no, unit, coalesce(granted, 0) AS granted, coalesce(available, 0) AS available,
          coalesce(held, 0) AS held, coalesce(spent, 0) AS spent, coalesce(expired, 0) AS expired,
          coalesce(revoked, 0) AS revoked, coalesce(debt, 0) AS debt
        FROM entries WHERE unit IS NOT NULL) d
  GROUP BY account_no, unit) f ON f.account_no = a.account_no AND f.unit = b.unit
WHERE b.sums::numeric[] IS DISTINCT FROM coalesce(f.sums, array_fill(0::numeric, ARRAY[7]))`;

const HOLDS_THAT_DIFFER = `
SELECT a.id AS account, format('%s: %s is held, the open holds have %s', b.unit, b.held, h.held) AS message
FROM accounts a
CROSS JOIN LATERAL (
  SELECT unit, a.balances[place * 7 - 4] AS held FROM unnest(a.units) WITH ORDINALITY AS u(unit, place)) b
CROSS JOIN LATERAL (
  SELECT coalesce(sum(holds.held[i + 2]), 0) AS held
  FROM holds CROSS JOIN LATERAL generate_series(1, cardinality(holds.held), 3) AS i
  WHERE holds.account_no = a.account_no AND holds.units[holds.held[i]] = b.unit) h
WHERE b.held <> h.held`;
