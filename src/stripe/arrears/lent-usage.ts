import type { ClientBase } from 'pg';
import type { PositionRange, Projection, ProjectionSettings } from '../../projections/projection.js';

/** By its lot's terms: the reason anybody may give, and an erasure takes away. */
const REMEMBER_LOTS = `
INSERT INTO lent_lots (account_no, lot, subscription, meter)
SELECT account_no, lots[1], details #>> '{made,0,overage,subscription}', details #>> '{made,0,overage,meter}'
FROM entries
WHERE position > $1 AND position <= $2 AND type = 'grant' AND details #> '{made,0,overage}' IS NOT NULL
ON CONFLICT ON CONSTRAINT lent_lots_once DO NOTHING`;

const ANYTHING_LENT = `SELECT EXISTS (SELECT FROM lent_lots) AS "isAny"`;

/** Of each commit and refund, the share of lots that were lent; four numbers a lot: the first is its own, the second its share. */
const REPORT_USE = `
INSERT INTO meter_reports (account_no, seq, place, mode, subscription, meter, unit, quantity, used_at)
SELECT u.account_no, u.seq, row_number() OVER (PARTITION BY u.account_no, u.seq ORDER BY u.subscription, u.meter) - 1,
       u.mode, u.subscription, u.meter, u.unit, u.quantity, u.effective_at
FROM (
  SELECT e.account_no, e.seq, e.position, n.mode, l.subscription, l.meter, e.unit, e.effective_at,
         sum(CASE e.type WHEN 'commit' THEN e.lots[i + 1] ELSE -e.lots[i + 1] END) AS quantity
  FROM entries e
  JOIN account_names n USING (account_no)
  CROSS JOIN LATERAL generate_series(1, cardinality(e.lots), 4) AS i
  JOIN lent_lots l ON l.account_no = e.account_no AND l.lot = e.lots[i]
  WHERE e.position > $1 AND e.position <= $2 AND e.type IN ('commit', 'refund') AND e.lots[i + 1] > 0
  GROUP BY e.account_no, e.seq, e.position, n.mode, l.subscription, l.meter, e.unit, e.effective_at
) AS u
ORDER BY u.position
ON CONFLICT ON CONSTRAINT meter_reports_once DO NOTHING`;

/**
 * Finds what of lent credits was spent, or given back, and puts it down to be reported, in the transaction that moves the
 * checkpoint. It follows entries as projections do, but is none that is ever rebuilt: what was reported stays so.
 */
export class LentUsage implements Projection {
  readonly name = 'lent-usage';
  /** For ever: there is no rebuild that another version could wait for. */
  readonly version = 1;
  readonly settings: ProjectionSettings = {};
  readonly tables = ['lent_lots', 'meter_reports'];

  async fold(client: ClientBase, { after, upTo }: PositionRange): Promise<void> {
    await client.query(REMEMBER_LOTS, [after, upTo]);
    // Most ledgers lend nothing: then this is all it costs them.
    const { rows } = await client.query<{ isAny: boolean }>(ANYTHING_LENT);
    if (rows[0]!.isAny) await client.query(REPORT_USE, [after, upTo]);
  }
}
