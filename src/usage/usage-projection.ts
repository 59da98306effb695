import type { ClientBase } from 'pg';
import type { PositionRange, Projection, ProjectionSettings } from '../projections/projection.js';
import { SPEND_COLUMNS, SPENDS } from './spends.js';

const INTO_DAYS = `
INSERT INTO usage_by_day AS u (account_no, day, unit, dimensions, commits, committed, refunded)
SELECT ${SPEND_COLUMNS}
${SPENDS}
WHERE e.position > $1 AND e.position <= $2 AND e.type IN ('commit', 'refund')`;

const ADD_UP = `
GROUP BY 1, 2, 3, 4
ON CONFLICT (account_no, day, unit, dimensions) DO UPDATE SET
  commits = u.commits + excluded.commits,
  committed = u.committed + excluded.committed,
  refunded = u.refunded + excluded.refunded`;

const FOLD = `${INTO_DAYS}${ADD_UP}`;
const FOLD_ACCOUNT = `${INTO_DAYS} AND e.account_no = $4${ADD_UP}`;
const FORGET_ACCOUNT = `DELETE FROM usage_by_day WHERE account_no = $1`;
const FOLDED = `
SELECT position, settings FROM projection_checkpoints WHERE projection = 'usage_by_day' AND NOT shadow FOR UPDATE`;

/** Folds an account anew as far as the projection is, because texts by which it groups were erased. For the owner. */
export async function refoldUsage(client: ClientBase, accountNo: number): Promise<void> {
  const { rows } = await client.query<{ position: string; settings: ProjectionSettings }>(FOLDED);
  if (rows[0] === undefined) return;
  await client.query(FORGET_ACCOUNT, [accountNo]);
  await client.query(FOLD_ACCOUNT, [0, rows[0].position, rows[0].settings['properties'], accountNo]);
}

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
