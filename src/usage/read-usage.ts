import type { Pool } from 'pg';
import { SPEND_COLUMNS, SPENDS } from './spends.js';

export interface UsageQuestion {
  readonly accountNo: number;
  /** Days in UTC, both inclusive, such as `2026-11-21`. */
  readonly from: string;
  readonly to: string;
  readonly unit: string | null;
  readonly byDay: boolean;
  /** `member`, or names of properties. */
  readonly dimensions: readonly string[];
}

/** What was used by one group. Amounts are sums of base units, and may be more than an account can have at once. */
export interface UsedByGroup {
  /** Null unless asked by day. */
  readonly day: string | null;
  readonly unit: string;
  readonly group: readonly (string | null)[];
  readonly commits: string;
  readonly committed: string;
  readonly refunded: string;
}

/** What a page ended with. */
export type UsagePlace = Pick<UsedByGroup, 'day' | 'unit' | 'group'>;

const READ_PROPERTIES = `
SELECT settings -> 'properties' AS properties FROM projection_checkpoints
WHERE projection = 'usage_by_day' AND NOT shadow`;

/**
 * The projection as far as it is, and the account's entries that it has not reached: all of them stand behind the last one
 * it has, because an account's entries are in the order of their positions. So an answer is never late; a projection that
 * is only makes it slower. One statement, because both must be of one moment.
 */
const READ_USAGE = `
WITH folded AS (
  SELECT coalesce((SELECT position FROM projection_checkpoints WHERE projection = 'usage_by_day' AND NOT shadow), 0) AS upto
), used AS (
  SELECT day, unit, dimensions, commits, committed, refunded FROM usage_by_day
  WHERE account_no = $1 AND day BETWEEN $4 AND $5
  UNION ALL
  SELECT day, unit, dimensions, commits, committed, refunded FROM (
    SELECT ${SPEND_COLUMNS}
    ${SPENDS}
    WHERE e.account_no = $1 AND e.type IN ('commit', 'refund') AND e.seq <= $2 AND e.seq > coalesce(
      (SELECT last.seq FROM entries last, folded
       WHERE last.account_no = $1 AND last.position <= folded.upto ORDER BY last.seq DESC LIMIT 1), 0)
    GROUP BY 1, 2, 3, 4) waiting
  WHERE day BETWEEN $4 AND $5
), grouped AS (
  SELECT CASE WHEN $7 THEN day END AS day, unit,
         ARRAY(SELECT dimensions[place] FROM unnest($8::int[]) WITH ORDINALITY AS asked(place, nth) ORDER BY nth)
           COLLATE "C" AS "group",
         sum(commits) AS commits, sum(committed) AS committed, sum(refunded) AS refunded
  FROM used
  WHERE $6::text IS NULL OR unit = $6
  GROUP BY 1, 2, 3
)
SELECT day::text, unit, "group", commits, committed, refunded FROM grouped
WHERE $9::text IS NULL OR (coalesce(day, 'epoch'), unit, "group") > (coalesce($10::date, 'epoch'), $9, $11::text[])
ORDER BY coalesce(day, 'epoch'), unit, "group"
LIMIT $12`;

/**
 * The names by which usage can be grouped, in the order of `dimensions`: those the projection was folded with, or those
 * it will be.
 */
export async function readDimensions(pool: Pool, configured: readonly string[]): Promise<readonly string[]> {
  const { rows } = await pool.query<{ properties: string[] }>(READ_PROPERTIES);
  return ['member', ...(rows[0]?.properties ?? configured)];
}

/**
 * In the order of day, unit and group, `limit` of them, those after `after`.
 * @param lastSeq of the account, to which the answer is to be complete
 * @param dimensions as `readDimensions` answered; where they have changed meanwhile the answer is worthless
 */
export async function readUsage(
  pool: Pool,
  { accountNo, from, to, unit, byDay, dimensions: asked }: UsageQuestion,
  lastSeq: number,
  dimensions: readonly string[],
  after: UsagePlace | null,
  limit: number,
): Promise<UsedByGroup[]> {
  const places = asked.map(name => dimensions.indexOf(name) + 1);
  const { rows } = await pool.query<UsedByGroup>(READ_USAGE, [
    accountNo,
    lastSeq,
    dimensions.slice(1),
    from,
    to,
    unit,
    byDay,
    places,
    after?.unit ?? null,
    after?.day ?? null,
    after?.group ?? null,
    limit,
  ]);
  return rows;
}
