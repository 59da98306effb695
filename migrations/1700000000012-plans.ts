import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The catalogue: what is sold, in versions that never change once they are published. */
export class Plans1700000000012 implements MigrationInterface {
  readonly name = 'Plans1700000000012';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(PLANS);
    await queryRunner.query(PLAN_VERSIONS);
    await queryRunner.query(PLAN_STRIPE_PRICES);
    await queryRunner.query(WHAT_IS_PUBLISHED_STAYS);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

// Its newest version is the one that is sold; there is no pointer that could say otherwise.
const PLANS = `
CREATE TABLE plans (
  id text COLLATE "C" PRIMARY KEY CONSTRAINT plans_id CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  -- What the next version might be; any draft replaces it, publishing ends it.
  draft json,
  draft_saved_at timestamptz,
  -- Not sold any more. Who has it keeps it.
  archived_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT plans_draft CHECK ((draft IS NULL) = (draft_saved_at IS NULL))
)`;

// json and not jsonb: what is shown is what was published, in its order.
const PLAN_VERSIONS = `
CREATE TABLE plan_versions (
  plan text COLLATE "C" NOT NULL CONSTRAINT plan_versions_plan REFERENCES plans (id),
  version integer NOT NULL CONSTRAINT plan_versions_from_one CHECK (version >= 1),
  -- A version follows the one before it: no gaps, whoever inserts.
  previous integer GENERATED ALWAYS AS (nullif(version - 1, 0)) STORED,
  definition json NOT NULL,
  published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- The id of an API key, or user@host of whoever used the command line.
  published_by text NOT NULL CONSTRAINT plan_versions_by CHECK (char_length(published_by) BETWEEN 1 AND 255),
  CONSTRAINT plan_versions_once PRIMARY KEY (plan, version),
  CONSTRAINT plan_versions_follow FOREIGN KEY (plan, previous) REFERENCES plan_versions (plan, version)
)`;

// Whoever pays by a price has its plan, also when a later version no longer names it: never two plans, never another.
const PLAN_STRIPE_PRICES = `
CREATE TABLE plan_stripe_prices (
  stripe_price text COLLATE "C" CONSTRAINT plan_stripe_prices_once PRIMARY KEY,
  plan text COLLATE "C" NOT NULL CONSTRAINT plan_stripe_prices_plan REFERENCES plans (id)
)`;

// Behind the grants: refuses the owner too.
const WHAT_IS_PUBLISHED_STAYS = `
CREATE FUNCTION refuse_change_of_plans() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what was published of plans never changes, % is refused', TG_OP
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'plans_only_published', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER plans_only_published BEFORE UPDATE OR DELETE OR TRUNCATE ON plan_versions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_plans();
CREATE TRIGGER plans_only_published BEFORE UPDATE OR DELETE OR TRUNCATE ON plan_stripe_prices
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_plans();
CREATE TRIGGER plans_only_published BEFORE UPDATE OF id, created_at OR DELETE OR TRUNCATE ON plans
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_plans();
ALTER TABLE plan_versions ENABLE ALWAYS TRIGGER plans_only_published;
ALTER TABLE plan_stripe_prices ENABLE ALWAYS TRIGGER plans_only_published;
ALTER TABLE plans ENABLE ALWAYS TRIGGER plans_only_published`;

const GRANTS = `
GRANT SELECT, INSERT (id), UPDATE (draft, draft_saved_at, archived_at) ON plans TO credits_ledger_app;
GRANT SELECT, INSERT (plan, version, definition, published_by) ON plan_versions TO credits_ledger_app;
GRANT SELECT, INSERT ON plan_stripe_prices TO credits_ledger_app;
GRANT SELECT ON plans, plan_versions, plan_stripe_prices TO credits_ledger_reader`;

const DROP_EVERYTHING = `
DROP TABLE plan_stripe_prices, plan_versions, plans;
DROP FUNCTION refuse_change_of_plans`;
