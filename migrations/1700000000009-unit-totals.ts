import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What all accounts together have and hold, by unit: followed from the entries, so that nobody has to read every account. */
export class UnitTotals1700000000009 implements MigrationInterface {
  readonly name = 'UnitTotals1700000000009';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(UNIT_TOTALS);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

// Numeric: accounts are bounded each, not all of them together. Projections have no names for constraints.
const UNIT_TOTALS = `
CREATE TABLE unit_totals (
  mode text NOT NULL,
  unit text COLLATE "C" NOT NULL,
  available numeric NOT NULL,
  held numeric NOT NULL,
  debt numeric NOT NULL,
  PRIMARY KEY (mode, unit)
)`;

const GRANTS = `
GRANT SELECT, INSERT, UPDATE ON unit_totals TO credits_ledger_app;
GRANT SELECT ON unit_totals TO credits_ledger_reader`;

const DROP_EVERYTHING = `
DROP TABLE unit_totals;
DELETE FROM projection_checkpoints WHERE projection = 'unit_totals'`;
