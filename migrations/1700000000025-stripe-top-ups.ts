import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is sold for money once: packs, top-ups that were begun, and the customer that each account is to Stripe. */
export class StripeTopUps1700000000025 implements MigrationInterface {
  readonly name = 'StripeTopUps1700000000025';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(PACKS);
    await queryRunner.query(CUSTOMERS);
    await queryRunner.query(TOP_UPS);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

// What was agreed on is copied into each top-up: a pack may change at any time.
const PACKS = `
CREATE TABLE packs (
  id text COLLATE "C" PRIMARY KEY CONSTRAINT packs_id CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  active boolean NOT NULL,
  -- Of a pack whose buyer chooses the amount: such a one is found by its currency.
  open_currency text COLLATE "C",
  definition json NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX packs_one_open ON packs (open_currency) WHERE active AND open_currency IS NOT NULL`;

// The token makes Stripe create one customer, however often it is asked to at once.
const CUSTOMERS = `
CREATE TABLE stripe_customers (
  mode text COLLATE "C" NOT NULL CONSTRAINT stripe_customers_mode CHECK (mode IN ('live', 'test')),
  account text COLLATE "C" NOT NULL,
  token uuid NOT NULL DEFAULT gen_random_uuid(),
  customer text COLLATE "C",
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT stripe_customers_once PRIMARY KEY (mode, account),
  CONSTRAINT stripe_customers_one_account UNIQUE (customer)
)`;

const TOP_UPS = `
CREATE TABLE top_ups (
  id text COLLATE "C" PRIMARY KEY,
  mode text COLLATE "C" NOT NULL CONSTRAINT top_ups_mode CHECK (mode IN ('live', 'test')),
  account text COLLATE "C" NOT NULL,
  idempotency_key text COLLATE "C" NOT NULL,
  fingerprint bytea NOT NULL,
  pack text COLLATE "C" NOT NULL,
  -- What the payment brings, and what is asked for it, as they were agreed on.
  sale json NOT NULL,
  price json NOT NULL,
  -- Null until Stripe has made the session.
  session text COLLATE "C" CONSTRAINT top_ups_one_session UNIQUE,
  url text,
  state text COLLATE "C" NOT NULL DEFAULT 'open'
    CONSTRAINT top_ups_state CHECK (state IN ('open', 'processing', 'paid', 'failed', 'expired')),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT top_ups_once UNIQUE (mode, account, idempotency_key)
)`;

// Where the buyer pays is his alone: readers do not see the URL.
const GRANTS = `
GRANT SELECT, INSERT, UPDATE ON packs TO credits_ledger_app;
GRANT SELECT, INSERT, UPDATE (customer) ON stripe_customers TO credits_ledger_app;
GRANT SELECT, INSERT, DELETE, UPDATE (session, url, state) ON top_ups TO credits_ledger_app;
GRANT SELECT ON packs, stripe_customers TO credits_ledger_reader;
GRANT SELECT (id, mode, account, pack, sale, price, session, state, created_at) ON top_ups TO credits_ledger_reader`;

const DROP_EVERYTHING = `DROP TABLE top_ups, stripe_customers, packs`;
