import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What Stripe told: each event once, kept before Stripe is answered, and what became of it. */
export class StripeEvents1700000000023 implements MigrationInterface {
  readonly name = 'StripeEvents1700000000023';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(EVENTS);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

// The row is the job: whoever finds it due works on it, and a queue that forgot it changes nothing.
const EVENTS = `
CREATE TABLE stripe_events (
  no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL CONSTRAINT stripe_events_once UNIQUE,
  mode text COLLATE "C" NOT NULL CONSTRAINT stripe_events_mode CHECK (mode IN ('live', 'test')),
  -- The connected account it is about; null for the platform's own.
  stripe_account text COLLATE "C",
  type text COLLATE "C" NOT NULL,
  -- What it is about, where it is anything that is acted on: the kind and the id of a Stripe object.
  subject_kind text COLLATE "C",
  subject text COLLATE "C",
  -- As it came, byte for byte; json and not jsonb, so that it stays that.
  body json NOT NULL,
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  state text COLLATE "C" NOT NULL CONSTRAINT stripe_events_state
    CHECK (state IN ('received', 'failed', 'processed', 'ignored', 'dead')),
  -- How often it was taken up since it came or was last set back.
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,
  last_error text,
  -- In words, what came of it.
  outcome text,
  settled_at timestamptz,
  CONSTRAINT stripe_events_subject CHECK ((subject IS NULL) = (subject_kind IS NULL)),
  -- Exactly those that are still to be done have a moment at which somebody takes them up.
  CONSTRAINT stripe_events_due CHECK ((next_attempt_at IS NOT NULL) = (state IN ('received', 'failed')))
) WITH (fillfactor = 80);
CREATE INDEX stripe_events_waiting ON stripe_events (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX stripe_events_by_state ON stripe_events (mode, state, no);
CREATE INDEX stripe_events_by_subject ON stripe_events (subject) WHERE subject IS NOT NULL`;

// What was told never changes; what became of it does.
const GRANTS = `
GRANT SELECT, INSERT, UPDATE (state, attempts, next_attempt_at, last_error, outcome, settled_at)
  ON stripe_events TO credits_ledger_app;
GRANT SELECT (no, id, mode, stripe_account, type, subject_kind, subject, occurred_at, received_at, state, attempts,
  next_attempt_at, last_error, outcome, settled_at) ON stripe_events TO credits_ledger_reader`;

const DROP_EVERYTHING = `DROP TABLE stripe_events`;
