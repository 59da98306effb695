import type { Pool, PoolClient } from 'pg';
import { transact } from '../../database/transact.js';
import type { Mode } from '../../keys/api-key.js';
import type { RecurringJob, Run } from '../../workers/recurring-job.js';
import { inWords } from './subscription-happenings.js';
import { readListeners, writeHappenings, type Told } from './write-happenings.js';

/** So long before its end a trial is told of; a shorter one when it begins. */
const AHEAD_DAYS = 3;
/** Trials claimed together. */
const PAGE_LIMIT = 1_000;
const TYPE = 'subscription.trial_ending';

/** Each trial once: those that are claimed here are told of in the same transaction. Cancelled ones end as was said. */
const CLAIM = `
WITH ending AS (
  SELECT s.account_no, s.subscription, s.period_end FROM subscriptions s JOIN account_names n USING (account_no)
  WHERE s.status = 'trialing' AND NOT s.cancel_at_end AND n.mode = ANY ($2)
    AND s.period_end > clock_timestamp() AND s.period_end <= clock_timestamp() + $1 * interval '1 day'
    AND NOT EXISTS (SELECT FROM account_clocks k WHERE k.account_no = s.account_no)
    AND NOT EXISTS (SELECT FROM told_trials t
      WHERE t.account_no = s.account_no AND t.subscription = s.subscription AND t.ends_at = s.period_end)
  ORDER BY s.period_end LIMIT ${PAGE_LIMIT}
), claimed AS (
  INSERT INTO told_trials (account_no, subscription, ends_at) SELECT * FROM ending ON CONFLICT DO NOTHING
  RETURNING account_no, subscription
)
SELECT s.account_no::float8 AS "accountNo", n.mode, s.subscription, s.plan, s.plan_version AS version, s.period_no AS no,
       s.period_start AS start, s.period_end AS end
FROM claimed c JOIN subscriptions s USING (account_no, subscription) JOIN account_names n USING (account_no)
ORDER BY s.account_no, s.subscription`;

interface Trial {
  readonly accountNo: number;
  readonly mode: Mode;
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
    let told = PAGE_LIMIT;
    while (!signal.aborted && told === PAGE_LIMIT) {
      told = await transact(this.pool, tellSome);
    }
  }
}

/** Where nobody listens nothing is told, so that who comes later still is. */
async function tellSome(client: PoolClient): Promise<number> {
  const listeners = await readListeners(client);
  const hearing = listeners.filter(({ events }) => events === null || events.includes(TYPE));
  if (hearing.length === 0) return 0;
  const { rows } = await client.query<Trial>(CLAIM, [AHEAD_DAYS, [...new Set(hearing.map(({ mode }) => mode))]]);
  await writeHappenings(client, rows.map(toldOf), hearing);
  return rows.length;
}

function toldOf({ accountNo, mode, subscription, start, end, no, ...plan }: Trial): Told {
  const period = { no, start: start.getTime(), end: end.getTime() };
  const data = inWords(subscription, { ...plan, status: 'trialing', cancelAtEnd: false, period });
  return { mode, accountNo, happening: { type: TYPE, data }, occurredAt: Date.now(), position: null };
}
