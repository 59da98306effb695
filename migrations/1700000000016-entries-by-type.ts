import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Finds the few entries of a type in an account that has many of others: who asks when an account was granted something
 * does not have all it ever spent read for it. Reserves, commits and releases are what accounts have many of; they are
 * not in the index, so the append of a spend does not pay for it.
 */
export class EntriesByType1700000000016 implements MigrationInterface {
  readonly name = 'EntriesByType1700000000016';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(INDEX);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX entries_of_rare_types');
  }
}

const INDEX = `
CREATE INDEX entries_of_rare_types ON entries (account_no, type, seq)
  WHERE type NOT IN ('reserve', 'commit', 'release')`;
