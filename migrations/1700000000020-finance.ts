import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What became of the money that was paid for credits, by month: followed from the entries. */
export class Finance1700000000020 implements MigrationInterface {
  readonly name = 'Finance1700000000020';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(PAYMENTS);
    await queryRunner.query(LOTS);
    await queryRunner.query(MONTHS);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

// A payment is a grant with a cost; its number is that of the lot it made. Projections have no names for constraints.
const PAYMENTS = `
CREATE TABLE finance_payments (
  account_no bigint NOT NULL,
  root bigint NOT NULL,
  mode text COLLATE "C" NOT NULL,
  category text COLLATE "C" NOT NULL,
  currency text COLLATE "C" NOT NULL,
  -- Digits of the cost, which is a whole number of steps of that size; up to 64 digits of it.
  scale smallint NOT NULL,
  cost numeric NOT NULL CHECK (cost >= 0),
  -- Credits in base units: all of them, those still there, those that expired, those revoked in its name.
  granted bigint NOT NULL CHECK (granted > 0),
  live bigint NOT NULL CHECK (live >= 0),
  expired bigint NOT NULL CHECK (expired >= 0 AND live + expired::numeric <= granted),
  revoked bigint NOT NULL CHECK (revoked >= 0),
  PRIMARY KEY (account_no, root)
)`;

// Which payment a lot's credits are of: its own, or that of the lot it carries or replaces.
const LOTS = `
CREATE TABLE finance_lots (
  account_no bigint NOT NULL,
  lot bigint NOT NULL,
  root bigint NOT NULL,
  expires_at timestamptz,
  PRIMARY KEY (account_no, lot)
)`;

// What moved within the month, in the currency's main unit. Numeric: of all accounts together.
const MONTHS = `
CREATE TABLE finance_months (
  mode text COLLATE "C" NOT NULL,
  currency text COLLATE "C" NOT NULL,
  category text COLLATE "C" NOT NULL,
  -- Its first day, in UTC.
  month date NOT NULL,
  paid numeric NOT NULL,
  recognised numeric NOT NULL,
  refunded numeric NOT NULL,
  breakage numeric NOT NULL,
  revoked numeric NOT NULL,
  deferred numeric NOT NULL CHECK (paid = recognised + breakage + revoked + deferred),
  PRIMARY KEY (mode, currency, category, month)
)`;

const GRANTS = `
GRANT SELECT, INSERT, UPDATE ON finance_payments, finance_lots, finance_months TO credits_ledger_app;
GRANT SELECT ON finance_payments, finance_lots, finance_months TO credits_ledger_reader`;

const DROP_EVERYTHING = `
DROP TABLE finance_months, finance_lots, finance_payments;
DELETE FROM projection_checkpoints WHERE projection = 'finance'`;
