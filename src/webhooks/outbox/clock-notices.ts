import type { Pool, PoolClient } from 'pg';
import type { FollowerLog } from '../../projections/follower.js';
import type { EventType } from '../event.js';
import type { Outbox } from './outbox.js';
import { FollowOutbox } from './follow-outbox.js';
import type { TellExpiringLots } from './tell-expiring-lots.js';
import { TRIAL_ENDS_WITHIN_HOURS, type TellTrials } from './tell-trials.js';

/** What no entry says, because it is still to come. */
const AHEAD: readonly EventType[] = ['credits.expiring', 'subscription.trial_ending'];

/** A call that moves a clock does not wait for an outbox that is far behind; it looks again. */
const LONGEST_FOLLOW_MS = 1_000;

const IS_HEARD = `
SELECT EXISTS (SELECT FROM webhook_endpoints
  WHERE mode = 'test' AND deleted_at IS NULL AND (events IS NULL OR events && $1::text[])) AS heard`;

/** When the next of it is to be told. A rule that another one silences costs a stop at which nothing is told. */
const NEXT = `
SELECT min(notice.at) AS at FROM (
  SELECT l.expires_at - r.value::float8 * interval '1 second' AS at, c.now_at
  FROM test_clocks c JOIN account_clocks k ON k.clock = c.id JOIN accounts a USING (account_no)
  JOIN live_lots l USING (account_no)
  JOIN alert_rules r ON r.mode = a.mode AND (r.account IS NULL OR r.account = a.id) AND r.unit = l.unit
    AND r.enabled AND r.kind = 'expires_within_seconds'
  WHERE c.id = $1
  UNION ALL
  SELECT s.period_end - $2 * interval '1 hour', c.now_at
  FROM test_clocks c JOIN account_clocks k ON k.clock = c.id JOIN subscriptions s USING (account_no)
  WHERE c.id = $1 AND s.status = 'trialing' AND NOT s.cancel_at_end
) notice WHERE notice.at > notice.now_at`;

/** Whether an account of the clock has an entry that the outbox has not seen. */
const IS_BEHIND = `
SELECT EXISTS (
  SELECT FROM account_clocks k
  CROSS JOIN LATERAL (
    SELECT e.position FROM entries e WHERE e.account_no = k.account_no ORDER BY e.seq DESC LIMIT 1) newest
  WHERE k.clock = $1 AND newest.position > (
    SELECT position FROM projection_checkpoints WHERE projection = $2 AND NOT shadow)) AS behind`;

/**
 * Tells of what is to come for accounts that live by a test clock. Live, a job looks ahead by the real time; a clock that is
 * moved has no time before, so it stops where something is to be told, and whoever moves it tells.
 */
export class ClockNotices {
  constructor(
    private readonly pool: Pool,
    private readonly outbox: Outbox,
    private readonly lots: Pick<TellExpiringLots, 'tellByClock'>,
    private readonly trials: Pick<TellTrials, 'tellByClock'>,
    private readonly log: FollowerLog,
  ) {}

  /** When the clock is to stop next; null where nobody listens, or nothing is to come. In the caller's transaction. */
  async nextAt(client: PoolClient, clock: string): Promise<Date | null> {
    if (!(await isHeard(client))) return null;
    return (await client.query<{ at: Date | null }>(NEXT, [clock, TRIAL_ENDS_WITHIN_HOURS])).rows[0]!.at;
  }

  /**
   * Tells of what is to come by the clock's now, each thing once, behind what the entries before it say.
   * @param at the clock's now, at which nothing is due any more; where somebody moved it on since, he tells
   * @returns false where these could not be told yet: then nothing was
   */
  async tell(clock: string, at: Date): Promise<boolean> {
    if (!(await isHeard(this.pool))) return true;
    // One of its own, because calls run at once.
    const follow = new FollowOutbox(this.pool, this.outbox, this.log);
    await follow.run({ signal: AbortSignal.timeout(LONGEST_FOLLOW_MS), failed: () => {} });
    const { rows } = await this.pool.query<{ behind: boolean }>(IS_BEHIND, [clock, this.outbox.name]);
    if (rows[0]!.behind) return false;
    await this.lots.tellByClock(clock, at);
    await this.trials.tellByClock(clock, at);
    return true;
  }
}

async function isHeard(database: Pick<Pool, 'query'> | PoolClient): Promise<boolean> {
  return (await database.query<{ heard: boolean }>(IS_HEARD, [AHEAD])).rows[0]!.heard;
}
