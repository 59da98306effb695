import type { ClientBase } from 'pg';
import type { PositionRange, Projection, ProjectionSettings } from '../projections/projection.js';

/** Of each account once, whose mode never changes; so the names are read as if they were part of its entries. */
const FOLD = `
INSERT INTO unit_totals AS t (mode, unit, available, held, debt)
SELECT n.mode, e.unit, sum(e.available), sum(e.held), sum(e.debt)
FROM (
  SELECT account_no, unit, sum(coalesce(available, 0)) AS available, sum(coalesce(held, 0)) AS held,
         sum(coalesce(debt, 0)) AS debt
  FROM entries
  WHERE position > $1 AND position <= $2 AND unit IS NOT NULL
  GROUP BY account_no, unit) e
JOIN account_names n USING (account_no)
GROUP BY n.mode, e.unit
ON CONFLICT (mode, unit) DO UPDATE SET
  available = t.available + excluded.available, held = t.held + excluded.held, debt = t.debt + excluded.debt`;

/** What all accounts together have, hold and owe. Costs what is new, never a look at every account. */
export class UnitTotalsProjection implements Projection {
  readonly name = 'unit_totals';
  readonly version = 1;
  readonly tables = ['unit_totals'];
  readonly settings: ProjectionSettings = {};

  async fold(client: ClientBase, { after, upTo }: PositionRange): Promise<void> {
    await client.query(FOLD, [after, upTo]);
  }
}
