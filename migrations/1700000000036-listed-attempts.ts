import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Operators page through automatic top-ups of all accounts, the latest first: by a number of the whole list. */
export class ListedAttempts1700000000036 implements MigrationInterface {
  readonly name = 'ListedAttempts1700000000036';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(LISTED);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE auto_top_up_attempts DROP COLUMN listed');
  }
}

const LISTED = `
ALTER TABLE auto_top_up_attempts ADD COLUMN listed bigint GENERATED ALWAYS AS IDENTITY
  CONSTRAINT auto_top_up_attempts_listed UNIQUE;
CREATE INDEX auto_top_up_attempts_by_state ON auto_top_up_attempts (mode, state, listed);
GRANT SELECT (listed) ON auto_top_up_attempts TO credits_ledger_reader`;
