import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What plans bill later: the lots that were lent, and what of them is to be reported to meters of Stripe's. */
export class MeterReports1700000000032 implements MigrationInterface {
  readonly name = 'MeterReports1700000000032';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(LENT_LOTS);
    await queryRunner.query(REPORTS);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

const LENT_LOTS = `
CREATE TABLE lent_lots (
  account_no bigint NOT NULL,
  lot bigint NOT NULL,
  subscription text COLLATE "C" NOT NULL,
  meter text COLLATE "C" NOT NULL,
  CONSTRAINT lent_lots_once PRIMARY KEY (account_no, lot)
)`;

// Written by whoever follows the entries, with its checkpoint. The row is the job, as with Stripe's events.
const REPORTS = `
CREATE TABLE meter_reports (
  no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_no bigint NOT NULL,
  -- The commit or refund, and which of its reports: more than one only where it is billed to several meters.
  seq bigint NOT NULL,
  place smallint NOT NULL CONSTRAINT meter_reports_place CHECK (place >= 0),
  mode text COLLATE "C" NOT NULL CONSTRAINT meter_reports_mode CHECK (mode IN ('live', 'test')),
  subscription text COLLATE "C" NOT NULL,
  meter text COLLATE "C" NOT NULL,
  unit text COLLATE "C" NOT NULL,
  -- Base units; what is given back is negative.
  quantity numeric NOT NULL CONSTRAINT meter_reports_quantity CHECK (quantity <> 0),
  used_at timestamptz NOT NULL,
  state text COLLATE "C" NOT NULL DEFAULT 'waiting'
    CONSTRAINT meter_reports_state CHECK (state IN ('waiting', 'failed', 'reported', 'refused', 'unsure')),
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz DEFAULT clock_timestamp(),
  -- Since when Stripe may have it without having said so; null where it certainly has not.
  sent_at timestamptz,
  last_error text,
  customer text COLLATE "C",
  settled_at timestamptz,
  CONSTRAINT meter_reports_once UNIQUE (account_no, seq, place),
  CONSTRAINT meter_reports_due CHECK ((next_attempt_at IS NOT NULL) = (state IN ('waiting', 'failed')))
) WITH (fillfactor = 80);
CREATE INDEX meter_reports_waiting ON meter_reports (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX meter_reports_by_state ON meter_reports (mode, state, no);
CREATE INDEX meter_reports_by_use ON meter_reports (mode, used_at)`;

// What was used never changes; what became of its report does.
const GRANTS = `
GRANT SELECT, INSERT ON lent_lots TO credits_ledger_app;
GRANT SELECT, INSERT, UPDATE (state, attempts, next_attempt_at, sent_at, last_error, customer, settled_at)
  ON meter_reports TO credits_ledger_app;
GRANT SELECT ON lent_lots, meter_reports TO credits_ledger_reader`;

// Whoever comes back begins anew.
const DROP_EVERYTHING = `
DROP TABLE meter_reports, lent_lots;
DELETE FROM projection_checkpoints WHERE projection = 'lent-usage'`;
