import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far Stripe's own list of events was compared with what webhooks told. */
export class StripeBookmarks1700000000028 implements MigrationInterface {
  readonly name = 'StripeBookmarks1700000000028';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(BOOKMARKS);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

const BOOKMARKS = `
CREATE TABLE stripe_bookmarks (
  mode text COLLATE "C" CONSTRAINT stripe_bookmarks_once PRIMARY KEY
    CONSTRAINT stripe_bookmarks_mode CHECK (mode IN ('live', 'test')),
  -- All that Stripe lists up to this moment of its own clock is among stripe_events.
  listed_through timestamptz NOT NULL
)`;

const GRANTS = `
GRANT SELECT, INSERT, UPDATE ON stripe_bookmarks TO credits_ledger_app;
GRANT SELECT ON stripe_bookmarks TO credits_ledger_reader`;

const DROP_EVERYTHING = `DROP TABLE stripe_bookmarks`;
