import type { Mode } from '../../ledger/submission.js';
import type { Queryable } from '../../ledger/store/queryable.js';
import type { ToldEvent } from './event-envelope.js';
import type { SubjectKind } from './subject.js';

export const EVENT_STATES = ['received', 'failed', 'processed', 'ignored', 'dead'] as const;
export type EventState = (typeof EVENT_STATES)[number];

/** An event that somebody has taken up. */
export interface TakenEvent {
  readonly no: string;
  readonly id: string;
  readonly mode: Mode;
  readonly stripeAccount: string | null;
  readonly subjectKind: SubjectKind;
  readonly subject: string;
  /** This one included. */
  readonly attempts: number;
}

/** An event as operators see it. */
export interface StoredEvent {
  readonly no: number;
  readonly id: string;
  readonly mode: Mode;
  readonly stripeAccount: string | null;
  readonly type: string;
  readonly subjectKind: SubjectKind | null;
  readonly subject: string | null;
  readonly occurredAt: Date;
  readonly receivedAt: Date;
  readonly state: EventState;
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
  readonly lastError: string | null;
  readonly outcome: string | null;
  readonly settledAt: Date | null;
}

/** What is asked for of the inbox. */
export interface EventFilter {
  readonly mode: Mode;
  readonly state: EventState | null;
  readonly subject: string | null;
  /** Only those that came before this one; null from the newest on. */
  readonly beforeNo: number | null;
}

const COLUMNS = `no::float8 AS no, id, mode, stripe_account AS "stripeAccount", type, subject_kind AS "subjectKind", subject,
  occurred_at AS "occurredAt", received_at AS "receivedAt", state, attempts, next_attempt_at AS "nextAttemptAt",
  last_error AS "lastError", outcome, settled_at AS "settledAt"`;
const TAKEN = `no::text AS no, id, mode, stripe_account AS "stripeAccount", subject_kind AS "subjectKind", subject, attempts`;

/** One statement: it is there, or it was there before. */
const INSERT = `
INSERT INTO stripe_events (id, mode, stripe_account, type, subject_kind, subject, body, occurred_at, state, next_attempt_at,
  outcome, settled_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $9::text IS NULL THEN 'received' ELSE 'ignored' END,
  CASE WHEN $9::text IS NULL THEN clock_timestamp() END, $9, CASE WHEN $9::text IS NOT NULL THEN clock_timestamp() END)
ON CONFLICT ON CONSTRAINT stripe_events_once DO NOTHING
RETURNING no::text AS no, next_attempt_at IS NOT NULL AS "isDue"`;

/** Whoever takes one up has it for a while: if he dies over it, it is due again afterwards. */
const TAKE = `
UPDATE stripe_events SET attempts = attempts + 1, next_attempt_at = clock_timestamp() + $2 * interval '1 millisecond'
WHERE no = ANY (ARRAY(
  SELECT no FROM stripe_events
  WHERE next_attempt_at <= clock_timestamp() AND mode = ANY ($3)
  ORDER BY next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED))
RETURNING ${TAKEN}`;
const TAKE_ONE = `
UPDATE stripe_events SET attempts = attempts + 1, next_attempt_at = clock_timestamp() + $2 * interval '1 millisecond'
WHERE no = $1 AND next_attempt_at <= clock_timestamp() AND mode = ANY ($3)
RETURNING ${TAKEN}`;

/** Only as long as nobody else has settled it, or set it back, since it was taken up. */
const SETTLE = `
UPDATE stripe_events SET state = $3, outcome = $4, last_error = NULL, next_attempt_at = NULL, settled_at = clock_timestamp()
WHERE no = $1 AND attempts = $2 AND next_attempt_at IS NOT NULL`;
const FAIL = `
UPDATE stripe_events SET last_error = $3, state = CASE WHEN $4::float8 IS NULL THEN 'dead' ELSE 'failed' END,
  next_attempt_at = clock_timestamp() + $4 * interval '1 millisecond',
  settled_at = CASE WHEN $4::float8 IS NULL THEN clock_timestamp() END
WHERE no = $1 AND attempts = $2 AND next_attempt_at IS NOT NULL`;

const LIST = `
SELECT ${COLUMNS} FROM stripe_events
WHERE mode = $1 AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR subject = $3) AND ($4::bigint IS NULL OR no < $4)
ORDER BY no DESC LIMIT $5`;
const FIND = `SELECT ${COLUMNS}, body FROM stripe_events WHERE id = $1 AND mode = $2`;
const AGAIN = `
UPDATE stripe_events SET state = 'received', attempts = 0, next_attempt_at = clock_timestamp(), outcome = NULL,
  last_error = NULL, settled_at = NULL
WHERE id = ANY ($1) AND mode = $2 AND subject IS NOT NULL
RETURNING id`;

/** What Stripe told, and what became of it: the row is the job. */
export class StoredEvents {
  constructor(private readonly database: Queryable) {}

  /**
   * @param ignored why nothing is to be done about it; null where something is
   * @returns undefined where it was there before
   */
  async insert(event: ToldEvent, ignored: string | null): Promise<{ no: string; isDue: boolean } | undefined> {
    const { id, mode, stripeAccount, type, subject, body, occurredAt } = event;
    const values = [id, mode, stripeAccount, type, subject?.kind, subject?.id, body, occurredAt, ignored];
    const statement = { name: 'stripe-event-insert', text: INSERT, values };
    return (await this.database.query<{ no: string; isDue: boolean }>(statement)).rows[0];
  }

  /** Takes up those that are due, those first that have waited longest. */
  async take(most: number, leaseMs: number, modes: readonly Mode[]): Promise<TakenEvent[]> {
    const statement = { name: 'stripe-events-take', text: TAKE, values: [most, leaseMs, modes] };
    return (await this.database.query<TakenEvent>(statement)).rows;
  }

  /** Undefined where it is not due: settled, or in somebody's hands. */
  async takeOne(no: string, leaseMs: number, modes: readonly Mode[]): Promise<TakenEvent | undefined> {
    const statement = { name: 'stripe-event-take', text: TAKE_ONE, values: [no, leaseMs, modes] };
    return (await this.database.query<TakenEvent>(statement)).rows[0];
  }

  async settle({ no, attempts }: TakenEvent, state: 'processed' | 'ignored', outcome: string): Promise<void> {
    await this.database.query({ name: 'stripe-event-settle', text: SETTLE, values: [no, attempts, state, outcome] });
  }

  /** @param pauseMs until it is tried again; null where it is given up */
  async fail({ no, attempts }: TakenEvent, error: string, pauseMs: number | null): Promise<void> {
    await this.database.query({ name: 'stripe-event-fail', text: FAIL, values: [no, attempts, error, pauseMs] });
  }

  /** Newest first. */
  async list({ mode, state, subject, beforeNo }: EventFilter, limit: number): Promise<StoredEvent[]> {
    const values = [mode, state, subject, beforeNo, limit];
    return (await this.database.query<StoredEvent>({ text: LIST, values })).rows;
  }

  async find(id: string, mode: Mode): Promise<(StoredEvent & { readonly body: unknown }) | undefined> {
    const found = await this.database.query<StoredEvent & { body: unknown }>({ text: FIND, values: [id, mode] });
    return found.rows[0];
  }

  /** Has these worked on once more, whatever became of them; those that are about nothing stay as they are. */
  async again(ids: readonly string[], mode: Mode): Promise<string[]> {
    const { rows } = await this.database.query<{ id: string }>({ text: AGAIN, values: [ids, mode] });
    return rows.map(({ id }) => id);
  }
}
