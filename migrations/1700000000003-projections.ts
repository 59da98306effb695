import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What follows the entries instead of being written with them: how far each projection is, and the first of them, usage
 * by day. A projection and its checkpoint move in one transaction.
 */
export class Projections1700000000003 implements MigrationInterface {
  readonly name = 'Projections1700000000003';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(CHECKPOINTS);
    await queryRunner.query(USAGE_BY_DAY);
    await queryRunner.query(POSITIONS_ARE_SUMMARISED);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

const CHECKPOINTS = `
CREATE TABLE projection_checkpoints (
  projection text COLLATE "C" NOT NULL,
  -- Of the tables that a rebuild fills beside those in use.
  shadow boolean NOT NULL,
  -- How its tables were folded: the version of the code, and what the operator had chosen.
  version integer NOT NULL CONSTRAINT projection_checkpoints_version CHECK (version > 0),
  settings jsonb NOT NULL,
  -- Every entry up to here is folded, none beyond.
  position bigint NOT NULL CONSTRAINT projection_checkpoints_position CHECK (position >= 0),
  -- Why it stands still, since when, and before which entry; null where it does not.
  failure text,
  failed_at timestamptz,
  failed_position bigint,
  PRIMARY KEY (projection, shadow)
)`;

// Tables of projections have no names for constraints, no storage options and no triggers: a rebuild makes them anew with
// CREATE TABLE … (LIKE … INCLUDING ALL), which keeps none of these.
//
// Sums are numeric: what is spent, refunded and spent again within a day may exceed what an account can ever have.
const USAGE_BY_DAY = `
CREATE TABLE usage_by_day (
  account_no bigint NOT NULL,
  -- In UTC, of when the commit or refund took effect.
  day date NOT NULL,
  unit text COLLATE "C" NOT NULL,
  -- The member, then the values of the chosen properties, each null where the spend had none.
  dimensions text[] COLLATE "C" NOT NULL,
  commits bigint NOT NULL,
  committed numeric NOT NULL,
  refunded numeric NOT NULL,
  PRIMARY KEY (account_no, day, unit, dimensions)
)`;

// Else a follower would read all that was appended since the last vacuum, each time.
const POSITIONS_ARE_SUMMARISED = `
ALTER INDEX entries_by_position SET (autosummarize = on)`;

// Where the follower has to stop is read from the sequence.
const GRANTS = `
GRANT SELECT ON SEQUENCE entry_positions TO credits_ledger_app, credits_ledger_reader;
GRANT SELECT, INSERT, UPDATE ON projection_checkpoints, usage_by_day TO credits_ledger_app;
GRANT SELECT ON projection_checkpoints, usage_by_day TO credits_ledger_reader`;

const DROP_EVERYTHING = `
DROP SCHEMA IF EXISTS projection_shadows CASCADE;
DROP TABLE usage_by_day, projection_checkpoints;
REVOKE SELECT ON SEQUENCE entry_positions FROM credits_ledger_app, credits_ledger_reader;
ALTER INDEX entries_by_position RESET (autosummarize)`;
