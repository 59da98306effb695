import type { Pool, PoolClient } from 'pg';

/** What of one account waits for an endpoint. */
export interface Waiting {
  readonly accountNo: number;
  readonly account: string;
  /** Of the event that is next. */
  readonly nextSequence: number;
  readonly lastSequence: number;
  readonly attempts: number;
  readonly nextAttemptAt: Date;
  readonly failingSince: Date | null;
  readonly lastFailure: string | null;
}

/** From where on everything is sent again. */
export type ReplayFrom =
  | { readonly account: string; readonly sequence: number }
  | { readonly account: string | null; readonly createdAt: number };

export interface Replayed {
  readonly accounts: number;
  readonly events: number;
}

const WAITING = `
SELECT s.account_no::float8 AS "accountNo", n.id AS account, s.delivered_sequence::float8 + 1 AS "nextSequence",
       s.last_sequence::float8 AS "lastSequence", s.attempts, s.next_attempt_at AS "nextAttemptAt",
       s.failing_since AS "failingSince", s.last_failure AS "lastFailure"
FROM webhook_streams s JOIN account_names n USING (account_no)
WHERE s.endpoint = $1 AND s.account_no > $2 AND s.next_attempt_at IS NOT NULL
ORDER BY s.account_no LIMIT $3`;

/** Where each stream is set back to; what is no longer kept cannot be sent. */
const FIRST_BY_SEQUENCE = `
SELECT account_no, min(sequence) AS sequence FROM webhook_deliveries
WHERE endpoint = $1 AND sequence >= $3
  AND account_no = (SELECT account_no FROM account_names WHERE mode = $4 AND id = $2)
GROUP BY account_no`;
const FIRST_BY_TIME = `
SELECT d.account_no, min(d.sequence) AS sequence
FROM webhook_deliveries d
WHERE d.endpoint = $1
  AND d.event >= (SELECT min(no) FROM webhook_events WHERE created_at >= to_timestamp($3::float8 / 1000))
  AND ($2::text IS NULL OR d.account_no = (SELECT account_no FROM account_names WHERE mode = $4 AND id = $2))
GROUP BY d.account_no`;

/** Only ever back: what waits is not left out. Rows are taken in the order of their keys, as everybody does. */
const SET_BACK = (first: string): string => `
WITH wanted AS (${first}),
     taken AS (
       SELECT s.account_no, s.last_sequence, least(s.delivered_sequence, w.sequence - 1) AS back_to
       FROM webhook_streams s JOIN wanted w USING (account_no)
       WHERE s.endpoint = $1 ORDER BY s.account_no FOR UPDATE OF s),
     moved AS (
       UPDATE webhook_streams s SET
         delivered_sequence = t.back_to, attempts = 0, failing_since = NULL, last_failure = NULL,
         next_attempt_at = clock_timestamp()
       FROM taken t WHERE s.endpoint = $1 AND s.account_no = t.account_no
       RETURNING t.last_sequence - t.back_to AS events)
SELECT count(*)::int AS accounts, coalesce(sum(events), 0)::float8 AS events FROM moved`;
const FROM_SEQUENCE = SET_BACK(FIRST_BY_SEQUENCE);
const FROM_TIME = SET_BACK(FIRST_BY_TIME);

/** By account, those after the account of this number. */
export async function readWaiting(pool: Pool, endpoint: number, afterNo: number, limit: number): Promise<Waiting[]> {
  return (await pool.query<Waiting>(WAITING, [endpoint, afterNo, limit])).rows;
}

/** Sets the endpoint's streams back, so that all that came since is sent again, in order and with the same ids. */
export async function setBack(
  client: PoolClient,
  endpoint: { readonly no: number; readonly mode: string },
  from: ReplayFrom,
): Promise<Replayed> {
  const [text, first] = 'sequence' in from ? [FROM_SEQUENCE, from.sequence] : [FROM_TIME, from.createdAt];
  return (await client.query<Replayed>(text, [endpoint.no, from.account, first, endpoint.mode])).rows[0]!;
}
