import type { Queryable } from '../../ledger/store/queryable.js';
import type { Mode } from '../../ledger/submission.js';
import type { Fate } from './what-came-of-it.js';

export const REPORT_STATES = ['waiting', 'failed', 'reported', 'refused', 'unsure'] as const;
export type ReportState = (typeof REPORT_STATES)[number];

/** What of an entry is reported to a meter. */
export interface MeterReport {
  readonly no: number;
  readonly accountNo: number;
  readonly account: string;
  readonly seq: number;
  readonly place: number;
  readonly mode: Mode;
  readonly subscription: string;
  readonly meter: string;
  readonly unit: string;
  /** Base units; what is given back is negative. */
  readonly quantity: string;
  readonly usedAt: Date;
  readonly state: ReportState;
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
  /** Since when Stripe may have it without having said so. */
  readonly sentAt: Date | null;
  readonly lastError: string | null;
  readonly customer: string | null;
  readonly settledAt: Date | null;
}

export interface TakenReport extends MeterReport {
  /** As it was before it was taken up. */
  readonly sentBefore: Date | null;
}

export interface ReportFilter {
  readonly mode: Mode;
  /** Null for any. */
  readonly states: readonly ReportState[] | null;
  /** Null for all accounts. */
  readonly account: string | null;
  readonly beforeNo: number | null;
}

/** Where a report comes from, which is also what Stripe knows it by. */
export type ReportPlace = Pick<MeterReport, 'accountNo' | 'seq' | 'place'>;

const COLUMNS = `
  r.no::float8 AS no, r.account_no::float8 AS "accountNo", n.id AS account, r.seq::float8 AS seq, r.place, r.mode,
  r.subscription, r.meter, r.unit, r.quantity::text AS quantity, r.used_at AS "usedAt", r.state, r.attempts,
  r.next_attempt_at AS "nextAttemptAt", r.sent_at AS "sentAt", r.last_error AS "lastError", r.customer,
  r.settled_at AS "settledAt"`;

/** Whoever takes one up has it for a while, and from now on Stripe may have it. */
const TAKE = `
WITH due AS (
  SELECT no, sent_at FROM meter_reports
  WHERE next_attempt_at <= clock_timestamp() AND mode = ANY ($3)
  ORDER BY next_attempt_at, no LIMIT $1 FOR UPDATE SKIP LOCKED
), taken AS (
  UPDATE meter_reports m SET attempts = m.attempts + 1, sent_at = coalesce(m.sent_at, clock_timestamp()),
    next_attempt_at = clock_timestamp() + $2 * interval '1 millisecond'
  FROM due WHERE m.no = due.no
  RETURNING m.*, due.sent_at AS sent_before
)
SELECT ${COLUMNS}, r.sent_before AS "sentBefore"
FROM taken r JOIN account_names n ON n.account_no = r.account_no ORDER BY r.no`;

/** Only as long as nobody else has settled it, or set it back, since it was taken up. */
const SETTLE = `
UPDATE meter_reports SET state = $3, last_error = $4, customer = coalesce($5, customer),
  sent_at = CASE WHEN $6 THEN sent_at END,
  next_attempt_at = clock_timestamp() + $7 * interval '1 millisecond',
  settled_at = CASE WHEN $7::float8 IS NULL THEN clock_timestamp() END
WHERE no = $1 AND attempts = $2 AND next_attempt_at IS NOT NULL`;

const LIST = `
SELECT ${COLUMNS} FROM meter_reports r JOIN account_names n ON n.account_no = r.account_no
WHERE r.mode = $1 AND ($2::text[] IS NULL OR r.state = ANY ($2)) AND ($3::text IS NULL OR n.id = $3)
  AND ($4::bigint IS NULL OR r.no < $4)
ORDER BY r.no DESC LIMIT $5`;

const FIND = `
SELECT no::float8 AS no, state FROM meter_reports
WHERE account_no = $1 AND seq = $2 AND place = $3 AND mode = $4 FOR UPDATE`;
/** Somebody has looked: what may have been there is not, or is. */
const AGAIN = `
UPDATE meter_reports SET state = 'waiting', attempts = 0, next_attempt_at = clock_timestamp(), sent_at = NULL,
  last_error = NULL, settled_at = NULL WHERE no = $1`;
const IS_THERE = `
UPDATE meter_reports SET state = 'reported', next_attempt_at = NULL, last_error = NULL, settled_at = clock_timestamp()
WHERE no = $1`;

/** Of items of the subscription at Stripe, or of the account itself: whom Stripe bills for it. */
const SUBSCRIBED = `
SELECT s.subscription FROM stripe_subscription_items i JOIN stripe_subscriptions s USING (subscription)
WHERE i.ledger_id = $1 AND s.mode = $2 AND s.account = $3`;
const CUSTOMER = `SELECT customer FROM stripe_customers WHERE mode = $1 AND account = $2`;

/** What is to be reported to meters, and what came of it: the row is the job. */
export class StoredReports {
  constructor(private readonly database: Queryable) {}

  /** Takes up those that are due, those first that have waited longest. */
  async take(most: number, leaseMs: number, modes: readonly Mode[]): Promise<TakenReport[]> {
    const statement = { name: 'meter-reports-take', text: TAKE, values: [most, leaseMs, modes] };
    return (await this.database.query<TakenReport>(statement)).rows;
  }

  async settle({ no, attempts }: TakenReport, fate: Fate, customer: string | null): Promise<void> {
    const error = fate.state === 'reported' ? null : fate.error;
    const keepsSent = fate.state === 'failed' ? fate.isSent : fate.state !== 'refused';
    const pauseMs = fate.state === 'failed' ? fate.pauseMs : null;
    const values = [no, attempts, fate.state, error, customer, keepsSent, pauseMs];
    await this.database.query({ name: 'meter-report-settle', text: SETTLE, values });
  }

  /** Newest first. */
  async list({ mode, states, account, beforeNo }: ReportFilter, limit: number): Promise<MeterReport[]> {
    const values = [mode, states, account, beforeNo, limit];
    return (await this.database.query<MeterReport>({ text: LIST, values })).rows;
  }

  /** Locks it to the end of the transaction. */
  async find(
    { accountNo, seq, place }: ReportPlace,
    mode: Mode,
  ): Promise<{ no: number; state: ReportState } | undefined> {
    const values = [accountNo, seq, place, mode];
    return (await this.database.query<{ no: number; state: ReportState }>({ text: FIND, values })).rows[0];
  }

  async again(no: number): Promise<void> {
    await this.database.query({ text: AGAIN, values: [no] });
  }

  async isThere(no: number): Promise<void> {
    await this.database.query({ text: IS_THERE, values: [no] });
  }

  /** The subscription at Stripe that what the ledger calls so was paid for with. */
  async stripeSubscription({ subscription, mode, account }: MeterReport): Promise<string | undefined> {
    const values = [subscription, mode, account];
    return (await this.database.query<{ subscription: string }>({ text: SUBSCRIBED, values })).rows[0]?.subscription;
  }

  async customer({ mode, account }: MeterReport): Promise<string | undefined> {
    const found = await this.database.query<{ customer: string | null }>({ text: CUSTOMER, values: [mode, account] });
    return found.rows[0]?.customer ?? undefined;
  }
}
