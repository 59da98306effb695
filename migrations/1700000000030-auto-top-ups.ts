import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Credits that are bought by themselves when an account runs low: what each account asked for, and every time it was done. */
export class AutoTopUps1700000000030 implements MigrationInterface {
  readonly name = 'AutoTopUps1700000000030';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(POLICIES);
    await queryRunner.query(ATTEMPTS);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

// The row is the job: it is due for a look at `look_at`. Whoever takes it up moves that moment on, so that it is due again
// if he dies over it.
const POLICIES = `
CREATE TABLE auto_top_ups (
  mode text COLLATE "C" NOT NULL CONSTRAINT auto_top_ups_mode CHECK (mode IN ('live', 'test')),
  account text COLLATE "C" NOT NULL,
  enabled boolean NOT NULL,
  -- As it was asked for.
  policy json NOT NULL,
  -- Why nothing is bought any more, in a word and in words.
  stopped text COLLATE "C"
    CONSTRAINT auto_top_ups_stopped CHECK (stopped IN ('declined', 'no_card', 'payment_returned', 'not_for_sale')),
  stopped_because text,
  -- In a row, of that card.
  declines integer NOT NULL DEFAULT 0 CONSTRAINT auto_top_ups_declines CHECK (declines >= 0),
  declined_card text COLLATE "C",
  -- The month of which it was told that its limit is reached.
  capped_in date,
  puts bigint NOT NULL DEFAULT 1,
  -- When it was put last: what happened before counts no more, but for the month.
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  look_at timestamptz,
  -- Entries that came since; a look that began before them leaves another one behind.
  wakes bigint NOT NULL DEFAULT 0,
  -- Looks so far: one that was overtaken by another changes nothing of when the next is due.
  looks bigint NOT NULL DEFAULT 0,
  CONSTRAINT auto_top_ups_once PRIMARY KEY (mode, account),
  CONSTRAINT auto_top_ups_because CHECK ((stopped IS NULL) = (stopped_because IS NULL)),
  CONSTRAINT auto_top_ups_whose_declines CHECK ((declines = 0) = (declined_card IS NULL))
);
CREATE INDEX auto_top_ups_due ON auto_top_ups (look_at) WHERE look_at IS NOT NULL`;

// Numbered without gaps and one at a time: who decides the next one knows how the one before it ended, and of two who decide
// it one is refused. Written before Stripe is asked; the id is Stripe's idempotency key, and stands in the payment.
const ATTEMPTS = `
CREATE TABLE auto_top_up_attempts (
  id text COLLATE "C" CONSTRAINT auto_top_up_attempts_id PRIMARY KEY,
  mode text COLLATE "C" NOT NULL,
  account text COLLATE "C" NOT NULL,
  no integer NOT NULL CONSTRAINT auto_top_up_attempts_from_one CHECK (no >= 1),
  previous integer GENERATED ALWAYS AS (nullif(no - 1, 0)) STORED,
  pack text COLLATE "C" NOT NULL,
  -- What the payment brings, and what is asked for it, as they were when it was begun.
  sale json NOT NULL,
  price json NOT NULL,
  -- In the smallest unit of the currency.
  money bigint NOT NULL CONSTRAINT auto_top_up_attempts_money CHECK (money > 0),
  currency text COLLATE "C" NOT NULL,
  customer text COLLATE "C" NOT NULL,
  card text COLLATE "C" NOT NULL,
  return_url text NOT NULL,
  state text COLLATE "C" NOT NULL DEFAULT 'asking' CONSTRAINT auto_top_up_attempts_state
    CHECK (state IN ('asking', 'processing', 'action_required', 'paid', 'declined', 'canceled')),
  -- When Stripe was asked first; null where it was not, so that nothing can have been paid.
  asked_at timestamptz,
  payment text COLLATE "C" CONSTRAINT auto_top_up_attempts_one_payment UNIQUE,
  -- Where the owner of the card is asked for his consent.
  session text COLLATE "C" CONSTRAINT auto_top_up_attempts_one_session UNIQUE,
  url text,
  url_until timestamptz,
  code text,
  decline_code text,
  message text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  settled_at timestamptz,
  CONSTRAINT auto_top_up_attempts_once UNIQUE (mode, account, no),
  CONSTRAINT auto_top_up_attempts_of FOREIGN KEY (mode, account) REFERENCES auto_top_ups,
  CONSTRAINT auto_top_up_attempts_follow FOREIGN KEY (mode, account, previous)
    REFERENCES auto_top_up_attempts (mode, account, no),
  CONSTRAINT auto_top_up_attempts_settled CHECK ((settled_at IS NOT NULL) = (state IN ('paid', 'declined', 'canceled'))),
  CONSTRAINT auto_top_up_attempts_paid CHECK (state <> 'paid' OR payment IS NOT NULL),
  CONSTRAINT auto_top_up_attempts_link CHECK (state <> 'action_required' OR session IS NOT NULL AND url IS NOT NULL)
);
CREATE UNIQUE INDEX auto_top_up_attempts_one_in_flight ON auto_top_up_attempts (mode, account) WHERE settled_at IS NULL`;

// Where the owner of the card pays is his alone: readers do not see the URL.
const GRANTS = `
GRANT SELECT, INSERT, UPDATE ON auto_top_ups TO credits_ledger_app;
GRANT SELECT, INSERT,
  UPDATE (state, asked_at, payment, session, url, url_until, code, decline_code, message, settled_at)
  ON auto_top_up_attempts TO credits_ledger_app;
GRANT SELECT ON auto_top_ups TO credits_ledger_reader;
GRANT SELECT (id, mode, account, no, pack, sale, price, money, currency, card, state, asked_at, payment, session, code,
  decline_code, message, created_at, settled_at) ON auto_top_up_attempts TO credits_ledger_reader`;

const DROP_EVERYTHING = `DROP TABLE auto_top_up_attempts, auto_top_ups`;
