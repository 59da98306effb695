import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Free credits for whoever claims them, and who did: once per account and once per key, over all accounts of a mode. */
export class Campaigns1700000000027 implements MigrationInterface {
  readonly name = 'Campaigns1700000000027';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(CAMPAIGNS);
    await queryRunner.query(CLAIMS);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

const CAMPAIGNS = `
CREATE TABLE campaigns (
  mode text COLLATE "C" NOT NULL CONSTRAINT campaigns_mode CHECK (mode IN ('live', 'test')),
  id text COLLATE "C" NOT NULL,
  unit text COLLATE "C" NOT NULL,
  -- In base units.
  amount bigint NOT NULL CONSTRAINT campaigns_amount CHECK (amount > 0),
  priority smallint NOT NULL,
  expires_after_ms bigint CONSTRAINT campaigns_expiry CHECK (expires_after_ms > 0),
  applies_to jsonb,
  starts_at timestamptz,
  ends_at timestamptz,
  most_claims bigint CONSTRAINT campaigns_most CHECK (most_claims >= 0),
  -- Rows of campaign_claims, so that none is one too many.
  claims bigint NOT NULL DEFAULT 0 CONSTRAINT campaigns_claims CHECK (claims >= 0),
  -- Keys of claims are kept as hashes with this: nobody finds an address by hashing it.
  secret bytea NOT NULL CONSTRAINT campaigns_secret CHECK (length(secret) = 32),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT campaigns_once PRIMARY KEY (mode, id)
)`;

// A claim comes before its grant, so that two accounts never get one for the same key, whatever crashes in between. By the
// account's name: it may have no entry yet.
const CLAIMS = `
CREATE TABLE campaign_claims (
  no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  mode text COLLATE "C" NOT NULL,
  campaign text COLLATE "C" NOT NULL,
  account text COLLATE "C" NOT NULL,
  key_hash bytea NOT NULL CONSTRAINT campaign_claims_hash CHECK (length(key_hash) = 32),
  -- What is granted for it, whatever becomes of the campaign meanwhile: amounts as strings of base units.
  terms jsonb NOT NULL,
  -- Until when somebody works on it; null once it is granted.
  leased_until timestamptz,
  claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT campaign_claims_of FOREIGN KEY (mode, campaign) REFERENCES campaigns,
  CONSTRAINT campaign_claims_account UNIQUE (mode, campaign, account),
  CONSTRAINT campaign_claims_key UNIQUE (mode, campaign, key_hash)
);
CREATE INDEX campaign_claims_listed ON campaign_claims (mode, campaign, no);
CREATE INDEX campaign_claims_left ON campaign_claims (leased_until) WHERE leased_until IS NOT NULL`;

const GRANTS = `
GRANT SELECT, INSERT, UPDATE ON campaigns TO credits_ledger_app;
GRANT SELECT, INSERT, UPDATE (leased_until), DELETE ON campaign_claims TO credits_ledger_app;
GRANT SELECT (mode, id, unit, amount, priority, expires_after_ms, applies_to, starts_at, ends_at, most_claims, claims,
  created_at) ON campaigns TO credits_ledger_reader;
GRANT SELECT ON campaign_claims TO credits_ledger_reader`;

// Grants stay, and with them the facts: whoever had a campaign does not get it again from one of the same id.
const DROP_EVERYTHING = `
DROP TABLE campaign_claims, campaigns`;
