import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lots that were paid for and end with a period of a subscription. */
export class FinancePeriods1700000000035 implements MigrationInterface {
  readonly name = 'FinancePeriods1700000000035';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(COLUMNS);
    await queryRunner.query(INDEX);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

// Both null for every lot so far: none that a plan gave had a cost.
const COLUMNS = `
ALTER TABLE finance_lots
  ADD COLUMN subscription text COLLATE "C",
  -- Its last period there, by number; null where periods do not matter to it.
  ADD COLUMN through integer`;

const INDEX = `
CREATE INDEX finance_lots_of_subscription ON finance_lots (account_no, subscription) WHERE subscription IS NOT NULL`;

const DROP_EVERYTHING = `
DROP INDEX finance_lots_of_subscription;
ALTER TABLE finance_lots DROP COLUMN subscription, DROP COLUMN through`;
