import type { ClientBase } from 'pg';
import type { PositionRange, Projection, ProjectionSettings } from '../projections/projection.js';
import { SPEND_COLUMNS, SPENDS } from './spends.js';

const FOLD = `
INSERT INTO usage_by_day AS u (account_no, day, unit, dimensions, commits, committed, refunded)
SELECT ${SPEND_COLUMNS}
${SPENDS}
WHERE e.position > $1 AND e.position <= $2 AND e.type IN ('commit', 'refund')
GROUP BY 1, 2, 3, 4
ON CONFLICT (account_no, day, unit, dimensions) DO UPDATE SET
  commits = u.commits + excluded.commits,
  committed = u.committed + excluded.committed,
  refunded = u.refunded + excluded.refunded`;

/** What was committed and given back, by account, day, unit and dimensions: the member, then the chosen properties. */
export class UsageProjection implements Projection {
  readonly name = 'usage_by_day';
  readonly version = 1;
  readonly tables = ['usage_by_day'];
  readonly settings: ProjectionSettings;

  /** @param properties names of metadata that usage can be grouped by */
  constructor(properties: readonly string[]) {
    this.settings = { properties };
  }

  async fold(client: ClientBase, { after, upTo }: PositionRange, settings: ProjectionSettings): Promise<void> {
    await client.query(FOLD, [after, upTo, settings['properties']]);
  }
}
