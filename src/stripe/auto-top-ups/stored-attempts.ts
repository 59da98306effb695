import type { Mode } from '../../ledger/submission.js';
import type { Queryable } from '../../ledger/store/queryable.js';
import type { Attempt, AttemptState, NewAttempt, Refusal } from './attempt.js';
import type { Owner } from './policy.js';

const MS = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;
const COLUMNS = `id, mode, account, no, pack, sale, price, customer, card, return_url AS "returnUrl", state, payment,
  session, url, ${MS('asked_at')} AS "askedAt", ${MS('url_until')} AS "urlUntil", ${MS('created_at')} AS "createdAt",
  ${MS('settled_at')} AS "settledAt", ${MS('clock_timestamp()')} AS "readAt",
  CASE WHEN code IS NOT NULL THEN json_build_object('code', code, 'declineCode', decline_code, 'message', message) END AS refusal`;

const LAST = `SELECT ${COLUMNS} FROM auto_top_up_attempts WHERE mode = $1 AND account = $2 ORDER BY no DESC LIMIT 1`;
/** Declined ones cost nothing. Attempts are one at a time, so what is under way is among these. */
const MONTH = `
SELECT count(*)::int AS count, coalesce(sum(money) FILTER (WHERE currency = $3), 0)::text AS money,
  ${MS('clock_timestamp()')} AS now
FROM auto_top_up_attempts
WHERE mode = $1 AND account = $2 AND state NOT IN ('declined', 'canceled')
  AND created_at >= date_trunc('month', clock_timestamp(), 'UTC')`;
/** Of two who decided the next one, the second hears that there is one already. Nothing is begun for a policy of before. */
const BEGIN = `
INSERT INTO auto_top_up_attempts (id, mode, account, no, pack, sale, price, money, currency, customer, card, return_url)
SELECT $1, mode, account, $4, $5, $6, $7, $8, $9, $10, $11, $12 FROM auto_top_ups
WHERE mode = $2 AND account = $3 AND puts = $13 AND enabled AND stopped IS NULL FOR SHARE
ON CONFLICT DO NOTHING
RETURNING ${COLUMNS}`;
/** Not one that came to its end meanwhile, nor one of which it is too late to ask. */
const ASKED = `
UPDATE auto_top_up_attempts SET asked_at = coalesce(asked_at, clock_timestamp())
WHERE id = $1 AND settled_at IS NULL AND coalesce(asked_at, clock_timestamp()) > clock_timestamp() - $2 * interval '1 millisecond'
RETURNING id`;
/** Whoever saw it in one state and comes late changes nothing of the next; that it is paid is so in any. */
const STILL = `id = $1 AND settled_at IS NULL AND state = $2`;
const PROCESSING = `UPDATE auto_top_up_attempts SET state = 'processing', payment = $3 WHERE ${STILL}`;
/** Once: whoever is told so may tell others. */
const ACTION = `
UPDATE auto_top_up_attempts SET state = 'action_required', session = $3, url = $4, url_until = to_timestamp($5::float8 / 1000)
WHERE ${STILL}
RETURNING ${COLUMNS}`;
/** As above. */
const END = `
UPDATE auto_top_up_attempts SET state = $3, payment = coalesce($4, payment), code = $5, decline_code = $6, message = $7,
  settled_at = clock_timestamp()
WHERE ${STILL} AND ($8 OR asked_at IS NULL)
RETURNING ${COLUMNS}`;
const PAID = `
UPDATE auto_top_up_attempts SET state = 'paid', payment = $2, settled_at = clock_timestamp()
WHERE id = $1 AND settled_at IS NULL
RETURNING ${COLUMNS}`;

/** What was spent on automatic top-ups in this month of UTC, what is under way included. */
export interface MonthSoFar {
  readonly count: number;
  /** In the smallest unit of the currency that was asked for. */
  readonly money: bigint;
  /** By the database's clock, milliseconds. */
  readonly now: number;
}

/** The table auto_top_up_attempts. */
export class StoredAttempts {
  constructor(private readonly database: Queryable) {}

  async last({ mode, account }: Owner): Promise<Attempt | undefined> {
    const statement = { name: 'auto-top-up-last', text: LAST, values: [mode, account] };
    return (await this.database.query<Attempt>(statement)).rows[0];
  }

  async month({ mode, account }: Owner, currency: string): Promise<MonthSoFar> {
    const statement = { text: MONTH, values: [mode, account, currency] };
    const { rows } = await this.database.query<{ count: number; money: string; now: number }>(statement);
    const { money, ...more } = rows[0]!;
    return { ...more, money: BigInt(money) };
  }

  /**
   * @param puts of the policy that it follows from
   * @returns undefined where one of that number, or one under way, is there already, or the policy is another
   */
  async begin(attempt: NewAttempt, puts: number): Promise<Attempt | undefined> {
    const { id, mode, account, no, pack, sale, price, customer, card, returnUrl } = attempt;
    const { amount, currency } = price;
    const agreed = [JSON.stringify(sale), JSON.stringify(price), amount, currency];
    const values = [id, mode, account, no, pack, ...agreed, customer, card, returnUrl, puts];
    return (await this.database.query<Attempt>({ text: BEGIN, values })).rows[0];
  }

  /** Notes that Stripe is asked now. @returns false where it must not be any more */
  async asked(id: string, withinMs: number): Promise<boolean> {
    return (await this.database.query({ text: ASKED, values: [id, withinMs] })).rows.length === 1;
  }

  async processing({ id, state }: Attempt, payment: string): Promise<void> {
    await this.database.query({ text: PROCESSING, values: [id, state, payment] });
  }

  /** @returns undefined where somebody else was first */
  async needsAction(
    { id, state }: Attempt,
    page: { session: string; url: string; until: number },
  ): Promise<Attempt | undefined> {
    const values = [id, state, page.session, page.url, page.until];
    return (await this.database.query<Attempt>({ text: ACTION, values })).rows[0];
  }

  /** @returns undefined where somebody else was first */
  async paid({ id }: Attempt, payment: string): Promise<Attempt | undefined> {
    return (await this.database.query<Attempt>({ text: PAID, values: [id, payment] })).rows[0];
  }

  /** One that was never asked for ends so only as long as it is not. @returns undefined where somebody else was first */
  async end({ id, state, askedAt }: Attempt, as: EndedAs): Promise<Attempt | undefined> {
    const { payment, refusal } = as;
    const why = [refusal?.code ?? null, refusal?.declineCode ?? null, refusal?.message ?? null];
    const values = [id, state, as.state, payment, ...why, as.state === 'declined' || askedAt !== null];
    return (await this.database.query<Attempt>({ text: END, values })).rows[0];
  }

  /** Whose attempt a payment, a session or an id is; undefined where it is under way no more, or none. */
  async ownerOf(by: 'id' | 'payment', value: string, mode: Mode): Promise<Owner | undefined> {
    const values = [value, mode];
    return (await this.database.query<Owner>({ text: OWNER[by], values })).rows[0];
  }
}

export interface EndedAs {
  readonly state: Extract<AttemptState, 'declined' | 'canceled'>;
  readonly payment: string | null;
  readonly refusal: Refusal | null;
}

const OWNER = {
  id: `SELECT mode, account FROM auto_top_up_attempts WHERE id = $1 AND mode = $2 AND settled_at IS NULL`,
  payment: `SELECT mode, account FROM auto_top_up_attempts WHERE payment = $1 AND mode = $2 AND settled_at IS NULL`,
} as const;
