import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What webhooks tell of subscriptions: what was, beside which an entry says only what changed; and trials told of ahead. */
export class ToldSubscriptions1700000000029 implements MigrationInterface {
  readonly name = 'ToldSubscriptions1700000000029';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(FOLLOWED);
    await queryRunner.query(TRIALS);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX subscriptions_in_trial; DROP TABLE told_trials, followed_subscriptions');
  }
}

// Only a memory: with the entries behind its seq it is what all of them say.
const FOLLOWED = `
CREATE TABLE followed_subscriptions (
  account_no bigint PRIMARY KEY,
  seq bigint NOT NULL,
  subscriptions jsonb NOT NULL
)`;

const TRIALS = `
CREATE TABLE told_trials (
  account_no bigint NOT NULL,
  subscription text COLLATE "C" NOT NULL,
  ends_at timestamptz NOT NULL,
  CONSTRAINT told_trials_once PRIMARY KEY (account_no, subscription, ends_at)
);
CREATE INDEX subscriptions_in_trial ON subscriptions (period_end) WHERE status = 'trialing'`;

const GRANTS = `
GRANT SELECT, INSERT, UPDATE, DELETE ON followed_subscriptions, told_trials TO credits_ledger_app;
GRANT SELECT ON followed_subscriptions, told_trials TO credits_ledger_reader`;
