import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rate cards in versions. A version is a draft until it is published, and never changes after. */
export class RateCards1700000000013 implements MigrationInterface {
  readonly name = 'RateCards1700000000013';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(RATE_CARDS);
    await queryRunner.query(PUBLISHED_VERSIONS_STAY);
    await queryRunner.query(ENTRIES_BY_TIME);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

const RATE_CARDS = `
CREATE TABLE rate_card_versions (
  card text COLLATE "C" NOT NULL CONSTRAINT rate_cards_id CHECK (card ~ '^[A-Za-z0-9_-]{1,64}$'),
  version integer NOT NULL CONSTRAINT rate_cards_version CHECK (version > 0),
  definition jsonb NOT NULL,
  -- Null while it is a draft.
  published_at timestamptz,
  -- When it begins to price events; until a later one does.
  effective_at timestamptz,
  CONSTRAINT rate_cards_in_effect CHECK (
    (published_at IS NULL) = (effective_at IS NULL) AND effective_at >= published_at),
  CONSTRAINT rate_cards_once PRIMARY KEY (card, version)
);
CREATE UNIQUE INDEX rate_cards_one_draft ON rate_card_versions (card) WHERE published_at IS NULL;
CREATE INDEX rate_cards_by_effect ON rate_card_versions (card, effective_at DESC, version DESC)
  WHERE published_at IS NOT NULL`;

// Entries name the version that priced them, so it has to say for ever what it said then. Behind the grants: refuses the
// owner too, also in a session that replicates.
const PUBLISHED_VERSIONS_STAY = `
CREATE FUNCTION refuse_change_of_rate_cards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a published version of a rate card never changes, % is refused', TG_OP
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'rate_cards_stay', TABLE = 'rate_card_versions';
END $$;
CREATE TRIGGER rate_cards_stay BEFORE UPDATE OR DELETE ON rate_card_versions
  FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION refuse_change_of_rate_cards();
CREATE TRIGGER rate_cards_stay_all BEFORE TRUNCATE ON rate_card_versions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_rate_cards();
ALTER TABLE rate_card_versions ENABLE ALWAYS TRIGGER rate_cards_stay;
ALTER TABLE rate_card_versions ENABLE ALWAYS TRIGGER rate_cards_stay_all`;

// To find what was used in a month without reading every entry; costs the append next to nothing.
const ENTRIES_BY_TIME = `
CREATE INDEX entries_by_time ON entries USING brin (recorded_at) WITH (pages_per_range = 32)`;

const GRANTS = `
GRANT SELECT, INSERT, UPDATE ON rate_card_versions TO credits_ledger_app;
GRANT SELECT ON rate_card_versions TO credits_ledger_reader`;

const DROP_EVERYTHING = `
DROP INDEX entries_by_time;
DROP TABLE rate_card_versions;
DROP FUNCTION refuse_change_of_rate_cards`;
