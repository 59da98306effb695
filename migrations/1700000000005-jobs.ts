import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What recurring jobs rest on: when each ran, and where the accounts are that time has something to do to. */
export class Jobs1700000000005 implements MigrationInterface {
  readonly name = 'Jobs1700000000005';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(JOB_RUNS);
    await queryRunner.query(ACCOUNTS_BY_DUE_BOUND);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

// One row a job, whoever ran it and whatever told it to.
const JOB_RUNS = `
CREATE TABLE job_runs (
  name text COLLATE "C" PRIMARY KEY,
  started_at timestamptz NOT NULL,
  -- Of the last run that did all it had to.
  succeeded_at timestamptz,
  -- Runs in a row that did not, and what the last of them said.
  failures integer NOT NULL DEFAULT 0 CONSTRAINT job_runs_failures CHECK (failures >= 0),
  last_error text
) WITH (fillfactor = 50)`;

// due_bound moves when a hold is the first to end, or when what was due is settled: once in many commands of a busy
// account. Those updates are not HOT, all others still are.
const ACCOUNTS_BY_DUE_BOUND = `
CREATE INDEX accounts_by_due_bound ON accounts (due_bound) WHERE due_bound IS NOT NULL`;

const GRANTS = `
GRANT SELECT, INSERT, UPDATE ON job_runs TO credits_ledger_app;
GRANT SELECT ON job_runs TO credits_ledger_reader`;

const DROP_EVERYTHING = `
DROP INDEX accounts_by_due_bound;
DROP TABLE job_runs`;
