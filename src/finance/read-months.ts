import type { Queryable } from '../ledger/store/queryable.js';
import type { Mode } from '../ledger/submission.js';

export interface MonthsQuestion {
  readonly mode: Mode;
  /** Months in UTC, both inclusive, such as `2026-11`. */
  readonly from: string;
  readonly to: string;
  readonly currency: string | null;
}

/** What became of the money of one currency and category within a month; in the currency's main unit. */
export interface FinanceMonth {
  readonly month: string;
  readonly currency: string;
  readonly category: string;
  readonly deferred_at_start: string;
  readonly paid: string;
  readonly recognised: string;
  readonly refunded: string;
  readonly breakage: string;
  readonly revoked: string;
  readonly deferred_at_end: string;
}

export type MonthPlace = Pick<FinanceMonth, 'month' | 'currency' | 'category'>;

/** A month in which nothing moved is told of as long as something is deferred. */
const READ_MONTHS = `
WITH asked AS (
  SELECT month::date AS month
  FROM generate_series(($2 || '-01')::timestamp, ($3 || '-01')::timestamp, interval '1 month') month
), kinds AS (
  SELECT currency, category, min(month) AS first FROM finance_months
  WHERE mode = $1 AND ($4::text IS NULL OR currency = $4)
  GROUP BY currency, category
), told AS (
  SELECT a.month, k.currency, k.category, m.month IS NOT NULL AS moved,
         (SELECT coalesce(sum(before.deferred), 0) FROM finance_months before
          WHERE before.mode = $1 AND before.currency = k.currency AND before.category = k.category
            AND before.month < a.month) AS deferred_at_start,
         coalesce(m.paid, 0) AS paid, coalesce(m.recognised, 0) AS recognised, coalesce(m.refunded, 0) AS refunded,
         coalesce(m.breakage, 0) AS breakage, coalesce(m.revoked, 0) AS revoked, coalesce(m.deferred, 0) AS deferred
  FROM asked a JOIN kinds k ON k.first <= a.month
  LEFT JOIN finance_months m
    ON m.mode = $1 AND m.currency = k.currency AND m.category = k.category AND m.month = a.month
  WHERE $5::text IS NULL OR (a.month, k.currency, k.category) > (($5 || '-01')::date, $6, $7)
)
SELECT to_char(month, 'YYYY-MM') AS month, currency, category,
       trim_scale(deferred_at_start)::text AS deferred_at_start, paid::text, recognised::text, refunded::text,
       breakage::text, revoked::text, trim_scale(deferred_at_start + deferred)::text AS deferred_at_end
FROM told
WHERE moved OR deferred_at_start <> 0
ORDER BY told.month, currency, category
LIMIT $8`;

/** An append that was not answered by then never will be: the lanes give one up after ten seconds. */
const READ_STATE = `
SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM') AS "thisMonth",
       (SELECT least(clock_timestamp() - interval '10 seconds', (
          SELECT min(e.recorded_at) FROM entries e WHERE e.position > c.position AND e.position <= c.position + 10000))
        FROM projection_checkpoints c WHERE c.projection = 'finance' AND NOT c.shadow) AS "completeUntil"`;

export interface FinanceState {
  /** In UTC, such as `2026-11`. */
  readonly thisMonth: string;
  /** What was recorded earlier is in the sums that are read from now on; null before the projection has begun. */
  readonly completeUntil: Date | null;
}

/** In the order of month, currency and category, `limit` of them, those after `after`. */
export async function readMonths(
  database: Queryable,
  { mode, from, to, currency }: MonthsQuestion,
  after: MonthPlace | null,
  limit: number,
): Promise<FinanceMonth[]> {
  const place = [after?.month ?? null, after?.currency ?? null, after?.category ?? null];
  const { rows } = await database.query<FinanceMonth>({
    text: READ_MONTHS,
    values: [mode, from, to, currency, ...place, limit],
  });
  return rows;
}

export async function readFinanceState(database: Queryable): Promise<FinanceState> {
  return (await database.query<FinanceState>({ text: READ_STATE })).rows[0]!;
}
