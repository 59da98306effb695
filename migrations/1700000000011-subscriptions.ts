import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What accounts have of plans: a row of its own for each subscription, written only when it changes, so that spending pays
 * nothing for plans. A batch that changes none goes on using `append_batch_2`.
 */
export class Subscriptions1700000000011 implements MigrationInterface {
  readonly name = 'Subscriptions1700000000011';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(SUBSCRIBE_ENTRIES);
    await queryRunner.query(SUBSCRIPTIONS);
    await queryRunner.query(APPEND_BATCH);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

// NOT VALID: they allow what the constraints before them did, and more, so no row needs to be looked at again.
export const SUBSCRIBE_ENTRIES = `
ALTER TABLE entries DROP CONSTRAINT entries_type, DROP CONSTRAINT entries_unit,
  ADD CONSTRAINT entries_type CHECK (type IN (
    'reserve', 'commit', 'release', 'expire', 'grant', 'extend', 'refund', 'revoke', 'reinstate', 'rollover',
    'subscribe', 'configure', 'freeze', 'unfreeze')) NOT VALID,
  ADD CONSTRAINT entries_unit CHECK (
    (unit IS NULL) = (type IN ('subscribe', 'configure', 'freeze', 'unfreeze'))) NOT VALID`;

const SUBSCRIPTIONS = `
CREATE TABLE subscriptions (
  account_no bigint NOT NULL,
  subscription text COLLATE "C" NOT NULL CONSTRAINT subscriptions_id CHECK (char_length(subscription) BETWEEN 1 AND 128),
  plan text COLLATE "C" NOT NULL,
  plan_version integer NOT NULL CONSTRAINT subscriptions_version CHECK (plan_version > 0),
  status text COLLATE "C" NOT NULL CONSTRAINT subscriptions_status CHECK (
    status IN ('trialing', 'active', 'waiting', 'ended')),
  anchor timestamptz NOT NULL,
  -- Counted from 1 as they come.
  period_no integer NOT NULL,
  period_start timestamptz NOT NULL,
  period_end timestamptz NOT NULL,
  cancel_at_end boolean NOT NULL,
  -- What the plan was when the subscription took it: amounts as strings of base units.
  terms jsonb NOT NULL,
  -- What comes after the period.
  next jsonb,
  -- Plans whose grants this period has had.
  had text[] COLLATE "C" NOT NULL,
  closed_through integer NOT NULL,
  closed_at timestamptz NOT NULL,
  -- By unit of a limit: start and end of the window opened last, in milliseconds, and what was given for it.
  windows jsonb NOT NULL,
  -- By number, what a lot has of the plan beyond what every lot has.
  lots jsonb NOT NULL,
  CONSTRAINT subscriptions_once PRIMARY KEY (account_no, subscription),
  CONSTRAINT subscriptions_period CHECK (period_no > 0 AND period_end > period_start),
  CONSTRAINT subscriptions_closed CHECK (closed_through BETWEEN 0 AND period_no)
)`;

// Behind append_batch_2, which has locked the rows of all accounts that it did not leave untouched.
const APPEND_BATCH = `
CREATE FUNCTION append_batch_3(
  decided_at timestamptz, tolerance_ms integer, moved account_row_2[], seen seen_account_2[], appended entry_row[],
  ended hold_name[], standing hold_row[], asked outcome_row[], claimed fact_row[],
  subscribed jsonb, -- rows of subscriptions as they are now; one that is forgotten has its names only
  OUT now_ms bigint, OUT too_late boolean, OUT stale bigint[],
  OUT known_keys integer[], OUT known_key_seqs bigint[], OUT known_requests bytea[], OUT known_bodies bytea[],
  OUT known_facts integer[], OUT known_fact_seqs bigint[]
) LANGUAGE plpgsql AS $$
BEGIN
  SELECT b.now_ms, b.too_late, b.stale, b.known_keys, b.known_key_seqs, b.known_requests, b.known_bodies, b.known_facts,
      b.known_fact_seqs
    INTO now_ms, too_late, stale, known_keys, known_key_seqs, known_requests, known_bodies, known_facts, known_fact_seqs
    FROM append_batch_2(decided_at, tolerance_ms, moved, seen, appended, ended, standing, asked, claimed) b;
  IF too_late THEN RETURN; END IF;
  DELETE FROM subscriptions s USING jsonb_to_recordset(subscribed) AS r (account_no bigint, subscription text, plan text)
  WHERE s.account_no = r.account_no AND s.subscription = r.subscription AND r.plan IS NULL
    AND NOT r.account_no = ANY (stale);
  INSERT INTO subscriptions (account_no, subscription, plan, plan_version, status, anchor, period_no, period_start,
    period_end, cancel_at_end, terms, next, had, closed_through, closed_at, windows, lots)
  SELECT account_no, subscription, plan, plan_version, status, anchor, period_no, period_start,
    period_end, cancel_at_end, terms, next, had, closed_through, closed_at, windows, lots
  FROM jsonb_to_recordset(subscribed) AS r (account_no bigint, subscription text, plan text, plan_version integer,
    status text, anchor timestamptz, period_no integer, period_start timestamptz, period_end timestamptz,
    cancel_at_end boolean, terms jsonb, next jsonb, had text[], closed_through integer, closed_at timestamptz,
    windows jsonb, lots jsonb)
  WHERE plan IS NOT NULL AND NOT account_no = ANY (stale)
  ON CONFLICT (account_no, subscription) DO UPDATE SET
    plan = excluded.plan, plan_version = excluded.plan_version, status = excluded.status, anchor = excluded.anchor,
    period_no = excluded.period_no, period_start = excluded.period_start, period_end = excluded.period_end,
    cancel_at_end = excluded.cancel_at_end, terms = excluded.terms, next = excluded.next, had = excluded.had,
    closed_through = excluded.closed_through, closed_at = excluded.closed_at, windows = excluded.windows,
    lots = excluded.lots;
END $$`;

const GRANTS = `
GRANT SELECT, INSERT, UPDATE, DELETE ON subscriptions TO credits_ledger_app;
GRANT SELECT ON subscriptions TO credits_ledger_reader`;

// Entries that subscribe stay, and with them the account is one that only this version or a later one can read.
const DROP_EVERYTHING = `
DROP FUNCTION append_batch_3;
DROP TABLE subscriptions;
ALTER TABLE entries DROP CONSTRAINT entries_type, DROP CONSTRAINT entries_unit,
  ADD CONSTRAINT entries_type CHECK (type IN (
    'reserve', 'commit', 'release', 'expire', 'grant', 'extend', 'refund', 'revoke', 'reinstate', 'rollover',
    'configure', 'freeze', 'unfreeze')) NOT VALID,
  ADD CONSTRAINT entries_unit CHECK ((unit IS NULL) = (type IN ('configure', 'freeze', 'unfreeze'))) NOT VALID`;
