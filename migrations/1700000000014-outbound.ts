import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is told to others by itself: alert rules, events, and where each endpoint is with the events of each account. */
export class Outbound1700000000014 implements MigrationInterface {
  readonly name = 'Outbound1700000000014';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(ALERT_RULES);
    await queryRunner.query(LEVELS);
    await queryRunner.query(ENDPOINTS);
    await queryRunner.query(EVENTS);
    await queryRunner.query(STREAMS);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

// By the account's name, not its number: a rule may be there before the account's first entry.
const ALERT_RULES = `
CREATE TABLE alert_rules (
  no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  mode text COLLATE "C" NOT NULL CONSTRAINT alert_rules_mode CHECK (mode IN ('live', 'test')),
  -- Null for every account that has no rule of this name of its own.
  account text COLLATE "C",
  name text COLLATE "C" NOT NULL,
  enabled boolean NOT NULL,
  unit text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL CONSTRAINT alert_rules_kind
    CHECK (kind IN ('amount', 'percent', 'runs_out_within_seconds', 'expires_within_seconds')),
  -- Whole units, percent or seconds.
  value numeric NOT NULL CONSTRAINT alert_rules_value CHECK (value >= 0),
  measure text COLLATE "C" NOT NULL CONSTRAINT alert_rules_measure CHECK (measure IN ('unspent', 'available')),
  CONSTRAINT alert_rules_once UNIQUE NULLS NOT DISTINCT (mode, account, name)
);
CREATE TABLE told_expiries (
  account_no bigint NOT NULL,
  lot bigint NOT NULL,
  rule integer NOT NULL REFERENCES alert_rules ON DELETE CASCADE,
  expires_at timestamptz NOT NULL,
  CONSTRAINT told_expiries_once PRIMARY KEY (account_no, lot, rule)
);
CREATE INDEX told_expiries_of_rule ON told_expiries (rule)`;

// Only a memory: good where its seq is the one before the next entry, else made anew from the entries.
const LEVELS = `
CREATE TABLE account_levels (
  account_no bigint PRIMARY KEY,
  seq bigint NOT NULL,
  levels jsonb NOT NULL
) WITH (fillfactor = 70)`;

// Secrets sign, so they are kept as they are; a hash would not do. Nobody but the service may read them.
const ENDPOINTS = `
CREATE TABLE webhook_endpoints (
  no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL DEFAULT 'whe_' || replace(gen_random_uuid()::text, '-', '')
    CONSTRAINT webhook_endpoints_id UNIQUE,
  mode text COLLATE "C" NOT NULL CONSTRAINT webhook_endpoints_mode CHECK (mode IN ('live', 'test')),
  url text NOT NULL,
  description text NOT NULL,
  -- Null for every type there is, and will be.
  events text[] COLLATE "C",
  enabled boolean NOT NULL DEFAULT true,
  disabled_because text COLLATE "C" CONSTRAINT webhook_endpoints_disabled_because
    CHECK (disabled_because IN ('asked', 'gone', 'failing')),
  disabled_at timestamptz,
  -- It is told of entries behind this one.
  from_position bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  deleted_at timestamptz,
  -- A few seconds old at most: not written for each event.
  last_success_at timestamptz,
  last_failure_at timestamptz,
  last_failure text,
  CONSTRAINT webhook_endpoints_says_why CHECK (enabled = (disabled_because IS NULL) AND enabled = (disabled_at IS NULL))
);
CREATE TABLE webhook_secrets (
  endpoint integer NOT NULL REFERENCES webhook_endpoints,
  no integer GENERATED ALWAYS AS IDENTITY,
  secret bytea NOT NULL CONSTRAINT webhook_secrets_length CHECK (length(secret) = 32),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Null for the newest; the others sign beside it until then.
  expires_at timestamptz,
  CONSTRAINT webhook_secrets_once PRIMARY KEY (endpoint, no)
)`;

const EVENTS = `
CREATE SEQUENCE webhook_event_numbers;
CREATE TABLE webhook_events (
  no bigint PRIMARY KEY,
  id text COLLATE "C" NOT NULL DEFAULT 'evt_' || replace(gen_random_uuid()::text, '-', ''),
  account_no bigint NOT NULL,
  type text COLLATE "C" NOT NULL,
  data jsonb NOT NULL,
  occurred_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX webhook_events_by_age ON webhook_events USING brin (created_at) WITH (pages_per_range = 32)`;

// A stream is what one endpoint is told of one account: numbered without gaps, delivered one after the other.
const STREAMS = `
CREATE TABLE webhook_streams (
  endpoint integer NOT NULL,
  account_no bigint NOT NULL,
  last_sequence bigint NOT NULL,
  delivered_sequence bigint NOT NULL DEFAULT 0,
  -- Of the next one: how often it was tried, since when it fails, and when it is tried again; null where nothing waits.
  attempts integer NOT NULL DEFAULT 0,
  failing_since timestamptz,
  next_attempt_at timestamptz,
  last_failure text,
  CONSTRAINT webhook_streams_once PRIMARY KEY (endpoint, account_no),
  CONSTRAINT webhook_streams_in_order CHECK (delivered_sequence BETWEEN 0 AND last_sequence)
) WITH (fillfactor = 70);
CREATE INDEX webhook_streams_waiting ON webhook_streams (endpoint, next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE TABLE webhook_deliveries (
  endpoint integer NOT NULL,
  account_no bigint NOT NULL,
  sequence bigint NOT NULL,
  event bigint NOT NULL,
  -- It was tried for days in vain, and those behind it went on.
  abandoned_at timestamptz,
  CONSTRAINT webhook_deliveries_once PRIMARY KEY (endpoint, account_no, sequence)
);
CREATE INDEX webhook_deliveries_by_event ON webhook_deliveries (event)`;

// A URL may have a secret in it: readers do not see it.
const GRANTS = `
GRANT SELECT, INSERT, UPDATE, DELETE ON alert_rules, told_expiries, account_levels, webhook_endpoints, webhook_secrets,
  webhook_events, webhook_streams, webhook_deliveries TO credits_ledger_app;
GRANT USAGE ON SEQUENCE webhook_event_numbers TO credits_ledger_app;
GRANT SELECT ON alert_rules, told_expiries, webhook_events, webhook_streams, webhook_deliveries TO credits_ledger_reader;
GRANT SELECT (no, id, mode, description, events, enabled, disabled_because, disabled_at, created_at, deleted_at,
  last_success_at, last_failure_at, last_failure) ON webhook_endpoints TO credits_ledger_reader`;

const DROP_EVERYTHING = `
DROP TABLE webhook_deliveries, webhook_streams, webhook_events, webhook_secrets, webhook_endpoints, account_levels,
  told_expiries, alert_rules;
DROP SEQUENCE webhook_event_numbers;
DELETE FROM projection_checkpoints WHERE projection = 'webhooks'`;
