import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the chains of accounts begin with from now on is made from a secret: a proof shows hashes of other accounts' entries,
 * and what enters the first of an account could be guessed. Entries that are hashed already stay as they are.
 */
export class ChainSecret1700000000015 implements MigrationInterface {
  readonly name = 'ChainSecret1700000000015';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(MAKE_SECRET);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_SECRET);
  }
}

const MAKE_SECRET = `
INSERT INTO secrets (name, value)
VALUES ('chains', sha256((gen_random_uuid()::text || gen_random_uuid()::text)::bytea))`;

const DROP_SECRET = `DELETE FROM secrets WHERE name = 'chains'`;
