import type { Pool, PoolClient } from 'pg';
import { transact } from '../../database/transact.js';
import type { Mode } from '../../keys/api-key.js';
import type { RecurringJob, Run } from '../../workers/recurring-job.js';
import { inWords } from './subscription-happenings.js';
import { readListeners, writeHappenings, type Told } from './write-happenings.js';

/** So long before its end a trial is told of; a shorter one when it begins. Of exactly so many hours, in any time zone. */
export const TRIAL_ENDS_WITHIN_HOURS = 72;
/** Trials claimed together. */
const PAGE_LIMIT = 1_000;
const TYPE = 'subscription.trial_ending';

/** Those of accounts by the real time, and those of accounts that live by a test clock, by that clock. */
const BY_REAL_TIME = `
  SELECT s.account_no, s.subscription, s.period_end, clock_timestamp() AS now
  FROM subscriptions s JOIN account_names n USING (account_no)
  WHERE s.period_end > clock_timestamp() AND s.period_end <= clock_timestamp() + $1 * interval '1 hour'
    AND NOT EXISTS (SELECT FROM account_clocks k WHERE k.account_no = s.account_no)`;
const BY_CLOCK = (which: string): string => `
  SELECT s.account_no, s.subscription, s.period_end, c.now_at AS now
  FROM test_clocks c JOIN account_clocks k ON k.clock = c.id
  JOIN subscriptions s USING (account_no) JOIN account_names n USING (account_no)
  WHERE ${which} AND s.period_end > c.now_at AND s.period_end <= c.now_at + $1 * interval '1 hour'`;

/** Each trial once: those that are claimed here are told of in the same transaction. Cancelled ones end as was said. */
const CLAIM = (ending: string): string => `
WITH ending AS MATERIALIZED (${ending}
    AND s.status = 'trialing' AND NOT s.cancel_at_end AND n.mode = ANY ($2)
    AND NOT EXISTS (SELECT FROM told_trials t
      WHERE t.account_no = s.account_no AND t.subscription = s.subscription AND t.ends_at = s.period_end)
  ORDER BY s.period_end LIMIT ${PAGE_LIMIT}
), claimed AS (
  INSERT INTO told_trials (account_no, subscription, ends_at) SELECT account_no, subscription, period_end FROM ending
  ON CONFLICT DO NOTHING
  RETURNING account_no, subscription
)
SELECT s.account_no::float8 AS "accountNo", n.mode, e.now, s.subscription, s.plan, s.plan_version AS version,
       s.period_no AS no, s.period_start AS start, s.period_end AS end
FROM claimed c JOIN ending e USING (account_no, subscription) JOIN subscriptions s USING (account_no, subscription)
JOIN account_names n USING (account_no)
ORDER BY s.account_no, s.subscription`;
const CLAIM_BY_REAL_TIME = CLAIM(BY_REAL_TIME);
/** Of a clock that is on its way whoever moves it tells, when it has come there. */
const CLAIM_BY_STANDING_CLOCKS = CLAIM(BY_CLOCK('c.target_at IS NULL'));
const CLAIM_BY_ONE_CLOCK = CLAIM(BY_CLOCK('c.id = $3 AND c.now_at = $4'));

interface Trial {
  readonly accountNo: number;
  readonly mode: Mode;
  /** The account's own now. */
  readonly now: Date;
  readonly subscription: string;
  readonly plan: string;
  readonly version: number;
  readonly no: number;
  readonly start: Date;
  readonly end: Date;
}

/** Tells of trials before they end, which no entry says. */
export class TellTrials implements RecurringJob {
  readonly name = 'tell-trials';
  readonly everyMs = 60_000;

  constructor(private readonly pool: Pool) {}

  async run({ signal }: Run): Promise<void> {
    const mayGoOn = (): boolean => !signal.aborted;
    await this.tellOf(CLAIM_BY_REAL_TIME, [], mayGoOn);
    await this.tellOf(CLAIM_BY_STANDING_CLOCKS, [], mayGoOn);
  }

  /** Of the accounts of this test clock, where it is at that moment. */
  tellByClock(clock: string, at: Date): Promise<void> {
    return this.tellOf(CLAIM_BY_ONE_CLOCK, [clock, at], () => true);
  }

  private async tellOf(claim: string, of: readonly unknown[], mayGoOn: () => boolean): Promise<void> {
    let told = PAGE_LIMIT;
    while (mayGoOn() && told === PAGE_LIMIT) {
      told = await transact(this.pool, client => tellSome(client, claim, of));
    }
  }
}

/** Where nobody listens nothing is told, so that who comes later still is. */
async function tellSome(client: PoolClient, claim: string, of: readonly unknown[]): Promise<number> {
  const listeners = await readListeners(client);
  const hearing = listeners.filter(({ events }) => events === null || events.includes(TYPE));
  if (hearing.length === 0) return 0;
  const modes = [...new Set(hearing.map(({ mode }) => mode))];
  const { rows } = await client.query<Trial>(claim, [TRIAL_ENDS_WITHIN_HOURS, modes, ...of]);
  await writeHappenings(client, rows.map(toldOf), hearing);
  return rows.length;
}

function toldOf({ accountNo, mode, now, subscription, start, end, no, ...plan }: Trial): Told {
  const period = { no, start: start.getTime(), end: end.getTime() };
  const data = inWords(subscription, { ...plan, status: 'trialing', cancelAtEnd: false, period });
  return { mode, accountNo, happening: { type: TYPE, data }, occurredAt: now.getTime(), position: null };
}
