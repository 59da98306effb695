import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whose each subscription of Stripe's is, and under which name the account has what its items pay for. */
export class StripeSubscriptions1700000000026 implements MigrationInterface {
  readonly name = 'StripeSubscriptions1700000000026';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(SUBSCRIPTIONS);
    await queryRunner.query(ITEMS);
    await queryRunner.query(PERIODS);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

// One at a time looks at a subscription and changes the ledger by what he saw; whoever dies over it loses it after a while.
const SUBSCRIPTIONS = `
CREATE TABLE stripe_subscriptions (
  subscription text COLLATE "C" CONSTRAINT stripe_subscriptions_once PRIMARY KEY,
  mode text COLLATE "C" NOT NULL CONSTRAINT stripe_subscriptions_mode CHECK (mode IN ('live', 'test')),
  stripe_account text COLLATE "C",
  account text COLLATE "C" NOT NULL,
  taken_until timestamptz,
  taken_by uuid,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT stripe_subscriptions_taken CHECK ((taken_until IS NULL) = (taken_by IS NULL))
)`;

// The first item that a plan is bought with has the subscription's own id in the ledger, any other the item's.
const ITEMS = `
CREATE TABLE stripe_subscription_items (
  item text COLLATE "C" CONSTRAINT stripe_subscription_items_once PRIMARY KEY,
  subscription text COLLATE "C" NOT NULL REFERENCES stripe_subscriptions,
  ledger_id text COLLATE "C" NOT NULL CONSTRAINT stripe_subscription_items_name UNIQUE,
  CONSTRAINT stripe_subscription_items_named CHECK (ledger_id IN (item, subscription))
);
CREATE INDEX stripe_subscription_items_of ON stripe_subscription_items (subscription)`;

// What a period was meant to give, written before it is begun: a quantity multiplies what one of the plan gave at first.
const PERIODS = `
CREATE TABLE stripe_periods (
  item text COLLATE "C" NOT NULL REFERENCES stripe_subscription_items,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  plan text COLLATE "C" NOT NULL,
  quantity integer NOT NULL CONSTRAINT stripe_periods_quantity CHECK (quantity >= 1),
  -- By unit, what one gives, in base units as strings.
  each_gives jsonb NOT NULL,
  CONSTRAINT stripe_periods_once PRIMARY KEY (item, starts_at),
  CONSTRAINT stripe_periods_length CHECK (ends_at > starts_at)
)`;

const GRANTS = `
GRANT SELECT, INSERT, UPDATE (taken_until, taken_by) ON stripe_subscriptions TO credits_ledger_app;
GRANT SELECT, INSERT ON stripe_subscription_items, stripe_periods TO credits_ledger_app;
GRANT SELECT ON stripe_subscriptions, stripe_subscription_items, stripe_periods TO credits_ledger_reader`;

const DROP_EVERYTHING = `DROP TABLE stripe_periods, stripe_subscription_items, stripe_subscriptions`;
