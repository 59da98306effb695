import type { ClientBase } from 'pg';
import type { PositionRange, Projection, ProjectionSettings } from '../projections/projection.js';

/**
 * Adds what was committed and given back, by account, day, unit and dimensions. A refund counts on the day it took effect,
 * so that days that are over do not change, and under the member and the properties of the commit it reverses. A commit's
 * properties are those of its own metadata, else of its reservation's; longer values count by their first 64 characters,
 * because a row's key has to fit into its index.
 */
const FOLD = `
INSERT INTO usage_by_day AS u (account_no, day, unit, dimensions, commits, committed, refunded)
SELECT e.account_no, (e.effective_at AT TIME ZONE 'UTC')::date, e.unit,
       ARRAY[s.member] || ARRAY(
         SELECT left(coalesce(s.metadata ->> chosen.property, r.metadata ->> chosen.property), 64)
         FROM unnest($3::text[]) WITH ORDINALITY AS chosen(property, place) ORDER BY place),
       count(*) FILTER (WHERE e.type = 'commit'),
       coalesce(sum(e.spent) FILTER (WHERE e.type = 'commit'), 0),
       coalesce(-sum(e.spent) FILTER (WHERE e.type = 'refund'), 0)
FROM entries e
CROSS JOIN LATERAL (
  SELECT e.member, e.metadata, e.reservation WHERE e.type = 'commit'
  UNION ALL
  SELECT c.member, c.metadata, c.reservation FROM entries c
  WHERE e.type = 'refund' AND c.account_no = e.account_no AND c.seq = e.target) s
LEFT JOIN LATERAL (
  SELECT reserved.metadata FROM entries reserved
  WHERE reserved.account_no = e.account_no AND reserved.seq = s.reservation LIMIT 1) r ON true
WHERE e.position > $1 AND e.position <= $2 AND e.type IN ('commit', 'refund')
GROUP BY 1, 2, 3, 4
ON CONFLICT (account_no, day, unit, dimensions) DO UPDATE SET
  commits = u.commits + excluded.commits,
  committed = u.committed + excluded.committed,
  refunded = u.refunded + excluded.refunded`;

/** What is spent, by day. */
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
