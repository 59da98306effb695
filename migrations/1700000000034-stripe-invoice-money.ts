import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What paid invoices brought, by item, and which credits it paid for; a period that was bought more of while it runs; what blocks an account. */
export class StripeInvoiceMoney1700000000034 implements MigrationInterface {
  readonly name = 'StripeInvoiceMoney1700000000034';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(MONEY);
    await queryRunner.query(GROWN);
    await queryRunner.query(BLOCKS);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

const MONEY = `
CREATE TABLE stripe_invoice_money (
  invoice text COLLATE "C" NOT NULL,
  item text COLLATE "C" NOT NULL REFERENCES stripe_subscription_items,
  -- In the smallest unit of the currency, without tax.
  amount bigint NOT NULL CONSTRAINT stripe_invoice_money_amount CHECK (amount > 0),
  currency text COLLATE "C" NOT NULL,
  -- What gives the credits it is the price of, written before they are given; null: the next thing that gives any.
  fact text COLLATE "C",
  -- The first entry of that, once it is booked.
  seq bigint,
  CONSTRAINT stripe_invoice_money_once PRIMARY KEY (invoice, item),
  CONSTRAINT stripe_invoice_money_booked CHECK (seq IS NULL OR fact IS NOT NULL)
);
CREATE INDEX stripe_invoice_money_of ON stripe_invoice_money (item, fact)`;

const GROWN = `
ALTER TABLE stripe_periods
  -- The quantity within the period, where it is another than the one it began with.
  ADD COLUMN quantity_now integer CONSTRAINT stripe_periods_quantity_now CHECK (quantity_now >= 1)`;

const BLOCKS = `
ALTER TABLE stripe_subscriptions
  -- It has frozen its account, because it is past due.
  ADD COLUMN blocks boolean NOT NULL DEFAULT false`;

const GRANTS = `
GRANT SELECT, INSERT (invoice, item, amount, currency, fact), UPDATE (fact, seq) ON stripe_invoice_money TO credits_ledger_app;
GRANT UPDATE (quantity_now) ON stripe_periods TO credits_ledger_app;
GRANT UPDATE (blocks) ON stripe_subscriptions TO credits_ledger_app;
GRANT SELECT ON stripe_invoice_money TO credits_ledger_reader`;

const DROP_EVERYTHING = `
DROP TABLE stripe_invoice_money;
ALTER TABLE stripe_periods DROP COLUMN quantity_now;
ALTER TABLE stripe_subscriptions DROP COLUMN blocks`;
