import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The record of operations: who used an ops call, on what, why, and what came of it. */
export class OpsRuns1700000000006 implements MigrationInterface {
  readonly name = 'OpsRuns1700000000006';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(OPS_RUNS);
    await queryRunner.query(WHAT_WAS_ASKED_STAYS);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

// A use that is over with its call is `recorded`, and that is all. Those that take long are `queued` for whoever works on
// runs: a session that holds the advisory lock of the run's number. That lock, and not a row, says that somebody does, so
// that a process that was killed holds nothing.
const OPS_RUNS = `
CREATE TABLE ops_runs (
  no integer GENERATED ALWAYS AS IDENTITY,
  id text COLLATE "C" NOT NULL DEFAULT 'run_' || replace(gen_random_uuid()::text, '-', '')
    CONSTRAINT ops_runs_id UNIQUE,
  -- The id of an API key, or user@host of whoever used the command line.
  actor text NOT NULL CONSTRAINT ops_runs_actor CHECK (char_length(actor) BETWEEN 1 AND 255),
  -- Whose data it is about; null for both, which only the command line may ask for.
  mode text COLLATE "C" CONSTRAINT ops_runs_mode CHECK (mode IN ('live', 'test')),
  action text COLLATE "C" NOT NULL CONSTRAINT ops_runs_action CHECK (char_length(action) BETWEEN 1 AND 64),
  arguments jsonb NOT NULL,
  reason text CONSTRAINT ops_runs_reason CHECK (char_length(reason) BETWEEN 1 AND 255),
  requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- What follows moves while it is worked on; nothing else ever does.
  state text COLLATE "C" NOT NULL CONSTRAINT ops_runs_state
    CHECK (state IN ('recorded', 'queued', 'running', 'done', 'failed', 'cancelled')),
  cancel_requested boolean NOT NULL DEFAULT false,
  started_at timestamptz,
  finished_at timestamptz,
  -- How far it came: what a killed run goes on from.
  progress jsonb,
  result jsonb,
  CONSTRAINT ops_runs_once PRIMARY KEY (no)
);
CREATE INDEX ops_runs_unfinished ON ops_runs (no) WHERE state IN ('queued', 'running')`;

// Behind the grants: refuses the owner too.
const WHAT_WAS_ASKED_STAYS = `
CREATE FUNCTION refuse_change_of_ops_runs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what was asked of operations stays on record, % is refused', TG_OP
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ops_runs_stay', TABLE = 'ops_runs';
END $$;
CREATE TRIGGER ops_runs_stay BEFORE DELETE OR TRUNCATE OR
    UPDATE OF no, id, actor, mode, action, arguments, reason, requested_at ON ops_runs
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_ops_runs();
ALTER TABLE ops_runs ENABLE ALWAYS TRIGGER ops_runs_stay`;

const GRANTS = `
GRANT SELECT, INSERT (actor, mode, action, arguments, reason, state),
  UPDATE (state, cancel_requested, started_at, finished_at, progress, result) ON ops_runs TO credits_ledger_app;
GRANT SELECT ON ops_runs TO credits_ledger_reader`;

const DROP_EVERYTHING = `
DROP TABLE ops_runs;
DROP FUNCTION refuse_change_of_ops_runs`;
