import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Payments that brought credits, and every step that was taken for each: what is meant to be done is written first. */
export class StripePayments1700000000024 implements MigrationInterface {
  readonly name = 'StripePayments1700000000024';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(PAYMENTS);
    await queryRunner.query(STEPS);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

// A payment belongs to one account for ever.
const PAYMENTS = `
CREATE TABLE stripe_payments (
  -- Of the payment intent; of the Checkout Session where there was nothing to pay.
  payment text COLLATE "C" CONSTRAINT stripe_payments_once PRIMARY KEY,
  mode text COLLATE "C" NOT NULL CONSTRAINT stripe_payments_mode CHECK (mode IN ('live', 'test')),
  stripe_account text COLLATE "C",
  account text COLLATE "C" NOT NULL,
  -- What was paid, in the smallest unit of the currency.
  paid bigint NOT NULL CONSTRAINT stripe_payments_paid CHECK (paid >= 0),
  currency text COLLATE "C" NOT NULL,
  -- What it brings, amounts as strings of base units.
  lots jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX stripe_payments_by_account ON stripe_payments (mode, account)`;

// Numbered without gaps: whoever decides the next one knows all before it, and of two who decide it one is refused.
const STEPS = `
CREATE TABLE stripe_steps (
  payment text COLLATE "C" NOT NULL CONSTRAINT stripe_steps_payment REFERENCES stripe_payments,
  no integer NOT NULL CONSTRAINT stripe_steps_from_one CHECK (no >= 1),
  previous integer GENERATED ALWAYS AS (nullif(no - 1, 0)) STORED,
  kind text COLLATE "C" NOT NULL CONSTRAINT stripe_steps_kind CHECK (kind IN ('grant', 'revoke', 'reinstate')),
  -- Which of the payment's lots, counted from 0; null for the grant, which makes all of them.
  lot integer,
  -- The step a reinstatement undoes a part of.
  undoes integer,
  amount bigint,
  reason text NOT NULL,
  meant_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Once it is booked: the first entry, and how much was booked, which may be less than was meant.
  seq bigint,
  booked bigint,
  booked_at timestamptz,
  CONSTRAINT stripe_steps_once PRIMARY KEY (payment, no),
  CONSTRAINT stripe_steps_follow FOREIGN KEY (payment, previous) REFERENCES stripe_steps (payment, no),
  CONSTRAINT stripe_steps_undo FOREIGN KEY (payment, undoes) REFERENCES stripe_steps (payment, no),
  CONSTRAINT stripe_steps_first CHECK ((no = 1) = (kind = 'grant')),
  CONSTRAINT stripe_steps_about CHECK (
    (kind = 'grant') = (lot IS NULL) AND (kind = 'grant') = (amount IS NULL) AND (kind = 'reinstate') = (undoes IS NOT NULL)),
  CONSTRAINT stripe_steps_amount CHECK (amount > 0 AND booked BETWEEN 0 AND amount),
  CONSTRAINT stripe_steps_booked CHECK ((booked_at IS NULL) = (seq IS NULL))
)`;

const GRANTS = `
GRANT SELECT, INSERT ON stripe_payments TO credits_ledger_app;
GRANT SELECT, INSERT (payment, no, kind, lot, undoes, amount, reason), UPDATE (seq, booked, booked_at)
  ON stripe_steps TO credits_ledger_app;
GRANT SELECT ON stripe_payments, stripe_steps TO credits_ledger_reader`;

const DROP_EVERYTHING = `DROP TABLE stripe_steps, stripe_payments`;
