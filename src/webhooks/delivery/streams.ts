import type { Pool } from 'pg';

/** What one endpoint is told of one account, one after the other. */
export interface Stream {
  readonly endpoint: number;
  readonly accountNo: number;
}

/** The next event of a stream, and all that it takes to send it. */
export interface Next {
  /** Where the stream stood when this was read; a replay may set it back meanwhile. */
  readonly delivered: number;
  readonly attempts: number;
  readonly url: string;
  readonly secrets: readonly Buffer[];
  /** Null where nothing is left of what was to be sent. */
  readonly event: {
    readonly id: string;
    readonly sequence: number;
    readonly type: string;
    readonly data: unknown;
    readonly account: string;
    readonly occurredAt: Date;
  } | null;
}

/** Of each endpoint no more than it may have at once, so that one that hangs does not take everybody's turn. */
const DUE = `
SELECT s.endpoint, s.account_no::float8 AS "accountNo"
FROM webhook_endpoints e CROSS JOIN LATERAL (
  SELECT w.endpoint, w.account_no, w.next_attempt_at FROM webhook_streams w
  WHERE w.endpoint = e.no AND w.next_attempt_at <= clock_timestamp()
    AND NOT EXISTS (
      SELECT FROM unnest($1::integer[], $2::bigint[]) AS b(endpoint, account_no)
      WHERE b.endpoint = w.endpoint AND b.account_no = w.account_no)
  ORDER BY w.next_attempt_at
  LIMIT greatest($3 - (SELECT count(*) FROM unnest($1::integer[]) AS b(endpoint) WHERE b.endpoint = e.no), 0)
) s
WHERE e.enabled AND e.deleted_at IS NULL
ORDER BY s.next_attempt_at
LIMIT $4`;

const NEXT = `
SELECT s.delivered_sequence::float8 AS delivered, s.attempts, e.url, n.id AS account,
       ARRAY(SELECT k.secret FROM webhook_secrets k
             WHERE k.endpoint = e.no AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
             ORDER BY k.no DESC) AS secrets,
       v.sequence::float8 AS sequence, v.id, v.type, v.data, v.occurred_at AS "occurredAt"
FROM webhook_streams s
JOIN webhook_endpoints e ON e.no = s.endpoint
JOIN account_names n ON n.account_no = s.account_no
LEFT JOIN LATERAL (
  SELECT d.sequence, o.id, o.type, o.data, o.occurred_at
  FROM webhook_deliveries d JOIN webhook_events o ON o.no = d.event
  WHERE d.endpoint = s.endpoint AND d.account_no = s.account_no AND d.sequence > s.delivered_sequence
  ORDER BY d.sequence LIMIT 1
) v ON true
WHERE s.endpoint = $1 AND s.account_no = $2 AND s.next_attempt_at IS NOT NULL AND e.enabled AND e.deleted_at IS NULL`;

/** Only from where it was read: what a replay has set back meanwhile stays where that put it. */
const DELIVERED = `
UPDATE webhook_streams SET
  delivered_sequence = $4, attempts = 0, failing_since = NULL, last_failure = NULL,
  next_attempt_at = CASE WHEN last_sequence > $4 THEN clock_timestamp() END
WHERE endpoint = $1 AND account_no = $2 AND delivered_sequence = $3`;

/** What was to be sent is older than anything is kept. */
const NOTHING_LEFT = `
UPDATE webhook_streams s SET
  delivered_sequence = s.last_sequence, attempts = 0, failing_since = NULL, last_failure = NULL, next_attempt_at = NULL
WHERE s.endpoint = $1 AND s.account_no = $2 AND s.delivered_sequence = $3
  AND NOT EXISTS (SELECT FROM webhook_deliveries d JOIN webhook_events o ON o.no = d.event
    WHERE d.endpoint = s.endpoint AND d.account_no = s.account_no AND d.sequence > s.delivered_sequence)`;

const FAILED = `
UPDATE webhook_streams SET
  attempts = attempts + 1, failing_since = coalesce(failing_since, clock_timestamp()), last_failure = $4,
  next_attempt_at = clock_timestamp() + $5 * interval '1 millisecond'
WHERE endpoint = $1 AND account_no = $2 AND delivered_sequence = $3`;

const ABANDON = `
UPDATE webhook_deliveries SET abandoned_at = clock_timestamp() WHERE endpoint = $1 AND account_no = $2 AND sequence = $3`;

/** Whether others of the endpoint's events arrived since this one began to fail. */
const TAKES_OTHERS = `
SELECT coalesce(e.last_success_at > s.failing_since, false) AS takes
FROM webhook_streams s JOIN webhook_endpoints e ON e.no = s.endpoint
WHERE s.endpoint = $1 AND s.account_no = $2`;

const DISABLE = `
UPDATE webhook_endpoints SET enabled = false, disabled_because = $2, disabled_at = clock_timestamp()
WHERE no = $1 AND enabled`;

/** Seldom, or every event of every account would write this one row. */
const NOTE_SUCCESS = `
UPDATE webhook_endpoints SET last_success_at = clock_timestamp()
WHERE no = $1 AND (last_success_at IS NULL OR last_success_at < clock_timestamp() - interval '5 seconds')`;
const NOTE_FAILURE = `
UPDATE webhook_endpoints SET last_failure_at = clock_timestamp(), last_failure = $2
WHERE no = $1 AND (last_failure_at IS NULL OR last_failure_at < clock_timestamp() - interval '5 seconds')`;

/** How far each stream is: the truth of what is to be sent. */
export class Streams {
  constructor(private readonly pool: Pool) {}

  /**
   * Those whose next event is due, those first that have waited longest.
   * @param busy those that are at it
   */
  async due(busy: readonly Stream[], mostOfEndpoint: number, limit: number): Promise<Stream[]> {
    const values = [
      busy.map(({ endpoint }) => endpoint),
      busy.map(({ accountNo }) => accountNo),
      mostOfEndpoint,
      limit,
    ];
    return (await this.pool.query<Stream>({ name: 'webhook-streams-due', text: DUE, values })).rows;
  }

  /** Undefined where nothing waits any more, or nothing is to be sent. */
  async next({ endpoint, accountNo }: Stream): Promise<Next | undefined> {
    type Row = Next & { [Key in keyof NonNullable<Next['event']>]: NonNullable<Next['event']>[Key] | null };
    const statement = { name: 'webhook-next', text: NEXT, values: [endpoint, accountNo] };
    const [row] = (await this.pool.query<Row>(statement)).rows;
    if (row === undefined) return undefined;
    const { delivered, attempts, url, secrets, id, sequence, type, data, account, occurredAt } = row;
    const event = id === null ? null : { id, sequence, type, data, account, occurredAt };
    return { delivered, attempts, url, secrets, event: event as Next['event'] };
  }

  async delivered({ endpoint, accountNo }: Stream, from: number, sequence: number): Promise<void> {
    await this.pool.query({
      name: 'webhook-delivered',
      text: DELIVERED,
      values: [endpoint, accountNo, from, sequence],
    });
    await this.pool.query({ name: 'webhook-success', text: NOTE_SUCCESS, values: [endpoint] });
  }

  async nothingLeft({ endpoint, accountNo }: Stream, from: number): Promise<void> {
    await this.pool.query(NOTHING_LEFT, [endpoint, accountNo, from]);
  }

  async failed({ endpoint, accountNo }: Stream, from: number, failure: string, pauseMs: number): Promise<void> {
    await this.pool.query(FAILED, [endpoint, accountNo, from, failure, pauseMs]);
    await this.pool.query(NOTE_FAILURE, [endpoint, failure]);
  }

  async takesOthers({ endpoint, accountNo }: Stream): Promise<boolean> {
    return (await this.pool.query<{ takes: boolean }>(TAKES_OTHERS, [endpoint, accountNo])).rows[0]?.takes === true;
  }

  /** Gives the event up and goes on behind it. */
  async abandon(stream: Stream, from: number, sequence: number): Promise<void> {
    await this.pool.query(ABANDON, [stream.endpoint, stream.accountNo, sequence]);
    await this.pool.query(DELIVERED, [stream.endpoint, stream.accountNo, from, sequence]);
  }

  /** @returns false where it was already */
  async disable(endpoint: number, because: 'gone' | 'failing'): Promise<boolean> {
    return (await this.pool.query(DISABLE, [endpoint, because])).rowCount === 1;
  }
}
