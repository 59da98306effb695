import type { ClientBase, Pool } from 'pg';
import { FollowProjection } from '../../projections/follow-projection.js';
import type { FollowerLog } from '../../projections/follower.js';
import type { PositionRange, Projection, ProjectionSettings } from '../../projections/projection.js';

const ANY = `SELECT FROM auto_top_ups WHERE enabled LIMIT 1`;
/** One that waits for a moment of its own goes on waiting; one that is being looked at is looked at again. */
const WAKE = `
UPDATE auto_top_ups t SET wakes = wakes + 1, look_at = coalesce(look_at, clock_timestamp())
FROM account_names n
WHERE t.mode = n.mode AND t.account = n.id AND t.enabled AND n.account_no IN (
  SELECT account_no FROM entries
  WHERE position > $1 AND position <= $2 AND (available < 0 OR held < 0 OR debt > 0 OR type = 'unfreeze'))`;

/**
 * Has policies looked at whose accounts may have less than before. It follows entries as projections do, but there is
 * nothing to be made anew: what is done about them is decided by how the account stands when it is looked at.
 */
class Wakes implements Projection {
  readonly name = 'auto-top-ups';
  readonly version = 1;
  readonly settings: ProjectionSettings = {};
  readonly tables = ['auto_top_ups'];

  async fold(client: ClientBase, { after, upTo }: PositionRange): Promise<void> {
    // A policy that is put later is looked at then.
    if ((await client.query(ANY)).rows.length === 0) return;
    await client.query(WAKE, [after, upTo]);
  }
}

export class WakePolicies extends FollowProjection {
  constructor(pool: Pool, log: FollowerLog) {
    super('wake-auto-top-ups', new Wakes(), pool, log);
  }
}
