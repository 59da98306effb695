import type { Mode } from '../../ledger/submission.js';
import type { Queryable } from '../../ledger/store/queryable.js';
import type { AutoTopUpPolicy, Owner, PolicyState, StopReason } from './policy.js';

const THIS_MONTH = `date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')::date`;
const COLUMNS = `mode, account, policy, stopped, stopped_because AS "stoppedBecause", declines,
  declined_card AS "declinedCard", coalesce(capped_in = ${THIS_MONTH}, false) AS "isCapped", puts::float8 AS puts,
  (extract(epoch FROM started_at) * 1000)::float8 AS "startedAt"`;

/** Whatever stopped it, it begins anew. Also one that is put to be off is looked at: what waits for consent waits no more. */
const PUT = `
INSERT INTO auto_top_ups AS p (mode, account, enabled, policy, look_at) VALUES ($1, $2, $3, $4, clock_timestamp())
ON CONFLICT ON CONSTRAINT auto_top_ups_once DO UPDATE SET enabled = excluded.enabled, policy = excluded.policy,
  stopped = NULL, stopped_because = NULL, declines = 0, declined_card = NULL, capped_in = NULL,
  started_at = clock_timestamp(), puts = p.puts + 1, look_at = clock_timestamp(), wakes = p.wakes + 1
RETURNING ${COLUMNS}`;
const FIND = `SELECT ${COLUMNS} FROM auto_top_ups WHERE mode = $1 AND account = $2`;
const TAKE = `
UPDATE auto_top_ups SET looks = looks + 1, look_at = clock_timestamp() + $2 * interval '1 millisecond'
WHERE (mode, account) IN (
  SELECT mode, account FROM auto_top_ups WHERE look_at <= clock_timestamp() AND mode = ANY ($3)
  ORDER BY look_at LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING ${COLUMNS}, looks::float8 AS looks, wakes::float8 AS wakes`;
/**
 * Where an entry came meanwhile there is another look at once, unless it is known that nothing can be done before then. Who
 * had it looked at now, meanwhile, has left a moment that is over, and that stays.
 */
const NEXT = `
UPDATE auto_top_ups SET look_at = coalesce(clock_timestamp() + $5 * interval '1 millisecond',
  CASE WHEN wakes <> $4 THEN clock_timestamp() END)
WHERE mode = $1 AND account = $2 AND looks = $3 AND look_at > clock_timestamp()`;
const WAKE = `
UPDATE auto_top_ups SET wakes = wakes + 1, look_at = clock_timestamp() WHERE mode = $1 AND account = $2`;
/** Not one that was put anew meanwhile. */
const SAME = `mode = $1 AND account = $2 AND puts = $3`;
const STOP = `
UPDATE auto_top_ups SET stopped = $4, stopped_because = $5 WHERE ${SAME} AND stopped IS NULL RETURNING account`;
const GO_ON = `UPDATE auto_top_ups SET stopped = NULL, stopped_because = NULL WHERE ${SAME}`;
const DECLINED = `
UPDATE auto_top_ups SET declines = CASE WHEN declined_card = $4 THEN declines + 1 ELSE 1 END, declined_card = $4
WHERE ${SAME} RETURNING declines`;
const PAID = `UPDATE auto_top_ups SET declines = 0, declined_card = NULL WHERE mode = $1 AND account = $2`;
const CAP = `
UPDATE auto_top_ups SET capped_in = ${THIS_MONTH} WHERE ${SAME} AND capped_in IS DISTINCT FROM ${THIS_MONTH}
RETURNING account`;

/** Meant is enough: the entry that makes the account short comes after it. */
const RETURNED = `
SELECT s.payment FROM auto_top_ups t JOIN stripe_payments p USING (mode, account) JOIN stripe_steps s USING (payment)
WHERE t.mode = $1 AND t.account = $2 AND s.kind = 'revoke' AND s.meant_at > t.started_at
ORDER BY s.meant_at DESC LIMIT 1`;

/** A policy that somebody has taken up. */
export interface TakenPolicy extends PolicyState {
  readonly looks: number;
  readonly wakes: number;
}

/** The table auto_top_ups. */
export class StoredPolicies {
  constructor(private readonly database: Queryable) {}

  async put({ mode, account }: Owner, policy: AutoTopUpPolicy): Promise<PolicyState> {
    const values = [mode, account, policy.enabled, JSON.stringify(policy)];
    return (await this.database.query<PolicyState>({ text: PUT, values })).rows[0]!;
  }

  async find({ mode, account }: Owner): Promise<PolicyState | undefined> {
    return (await this.database.query<PolicyState>({ text: FIND, values: [mode, account] })).rows[0];
  }

  /** Takes up those that are due, those first that have waited longest. */
  async take(most: number, leaseMs: number, modes: readonly Mode[]): Promise<TakenPolicy[]> {
    const statement = { name: 'auto-top-ups-take', text: TAKE, values: [most, leaseMs, modes] };
    return (await this.database.query<TakenPolicy>(statement)).rows;
  }

  /** @param pauseMs until the next look; null where there is nothing to do before something happens */
  async next({ mode, account, looks, wakes }: TakenPolicy, pauseMs: number | null): Promise<void> {
    const values = [mode, account, looks, wakes, pauseMs];
    await this.database.query({ name: 'auto-top-ups-next', text: NEXT, values });
  }

  /** Has it looked at now. */
  async wake({ mode, account }: Owner): Promise<void> {
    await this.database.query({ text: WAKE, values: [mode, account] });
  }

  /** @returns whether it was this that stopped it */
  async stop(state: PolicyState, reason: StopReason, because: string): Promise<boolean> {
    const values = [...sameOf(state), reason, because];
    return (await this.database.query({ text: STOP, values })).rows.length === 1;
  }

  async goOn(state: PolicyState): Promise<void> {
    await this.database.query({ text: GO_ON, values: sameOf(state) });
  }

  /** @returns how often in a row this card was declined by now; undefined where it was put anew meanwhile */
  async declined(state: PolicyState, card: string): Promise<number | undefined> {
    const { rows } = await this.database.query<{ declines: number }>({
      text: DECLINED,
      values: [...sameOf(state), card],
    });
    return rows[0]?.declines;
  }

  async paid({ mode, account }: Owner): Promise<void> {
    await this.database.query({ text: PAID, values: [mode, account] });
  }

  /** A payment of the account, whichever, of which money went back since the policy was put; undefined where there is none. */
  async returnedPayment({ mode, account }: Owner): Promise<string | undefined> {
    return (await this.database.query<{ payment: string }>({ text: RETURNED, values: [mode, account] })).rows[0]
      ?.payment;
  }

  /** @returns whether nobody was told so this month */
  async cap(state: PolicyState): Promise<boolean> {
    return (await this.database.query({ text: CAP, values: sameOf(state) })).rows.length === 1;
  }
}

function sameOf({ mode, account, puts }: PolicyState): unknown[] {
  return [mode, account, puts];
}
