import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The ledger. `entries` is the truth, only ever inserted; `accounts` and `holds` are its fold, moved in the same
 * transaction; `outcomes` and `facts` make each request and each event in the world take effect once.
 *
 * Everything but the directory of names is keyed by `account_no` first, so that a distributed PostgreSQL could shard by
 * it. There are no foreign keys: one lane writes all of an account's rows in one statement, and a check per row would
 * cost more than the row.
 */
export class Ledger1700000000001 implements MigrationInterface {
  readonly name = 'Ledger1700000000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(UNITS);
    await queryRunner.query(API_KEYS);
    await queryRunner.query(SECRETS);
    await queryRunner.query(DIRECTORY);
    await queryRunner.query(BALANCE_RULES);
    await queryRunner.query(ACCOUNTS);
    await queryRunner.query(LIVE_LOTS);
    await queryRunner.query(ENTRIES);
    await queryRunner.query(ENTRIES_ARE_ONLY_INSERTED);
    await queryRunner.query(ENTRIES_HAVE_NO_GAPS);
    await queryRunner.query(HOLDS);
    await queryRunner.query(OUTCOMES_AND_FACTS);
    await queryRunner.query(BALANCE_SNAPSHOTS);
    await queryRunner.query(ROWS_OF_A_BATCH);
    await queryRunner.query(APPEND_BATCH);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

const UNITS = `
CREATE TABLE units (
  unit text COLLATE "C" PRIMARY KEY CONSTRAINT units_name CHECK (unit ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  kind text NOT NULL CONSTRAINT units_kind CHECK (kind IN ('prepaid', 'allowance')),
  -- Digits after the point.
  scale smallint NOT NULL CONSTRAINT units_scale CHECK (scale BETWEEN 0 AND 9),
  -- Once true, kind and scale never change.
  in_use boolean NOT NULL DEFAULT false
);
INSERT INTO units (unit, kind, scale, in_use) VALUES ('credits', 'prepaid', 6, false)`;

const API_KEYS = `
CREATE TABLE api_keys (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  mode text NOT NULL CONSTRAINT api_keys_mode CHECK (mode IN ('live', 'test')),
  scopes text[] NOT NULL,
  rate_limit_per_second integer CONSTRAINT api_keys_rate_limit CHECK (rate_limit_per_second > 0),
  prefix text NOT NULL,
  secret_hash bytea NOT NULL CONSTRAINT api_keys_hash CHECK (length(secret_hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz
)`;

// Ids on the wire are encrypted numbers. A version 4 UUID has 122 random bits; hashing two of them leaves 128 good ones.
const SECRETS = `
CREATE TABLE secrets (
  name text PRIMARY KEY,
  value bytea NOT NULL
);
INSERT INTO secrets (name, value)
VALUES ('ids', substr(sha256((gen_random_uuid()::text || gen_random_uuid()::text)::bytea), 1, 16))`;

const DIRECTORY = `
CREATE SEQUENCE account_numbers;
CREATE TABLE account_names (
  mode text COLLATE "C" NOT NULL CONSTRAINT account_names_mode CHECK (mode IN ('live', 'test')),
  id text COLLATE "C" NOT NULL CONSTRAINT account_names_id CHECK (char_length(id) BETWEEN 1 AND 255),
  account_no bigint NOT NULL CONSTRAINT account_names_number UNIQUE CHECK (account_no > 0),
  CONSTRAINT account_names_once PRIMARY KEY (mode, id)
)`;

// Seven sums a unit: granted, available, held, spent, expired, revoked, debt. Twelve numbers a lot: see LIVE_LOTS.
// Almost every account has one unit and few lots; the tables' CHECKs call these only for the others.
const BALANCE_RULES = `
CREATE FUNCTION balances_add_up(balances bigint[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF cardinality(balances) % 7 <> 0 OR 0 > ANY (balances) THEN RETURN false; END IF;
  FOR i IN 1 .. cardinality(balances) BY 7 LOOP
    IF balances[i] <> balances[i + 1] + balances[i + 2] + balances[i + 3] + balances[i + 4] + balances[i + 5] - balances[i + 6]
       OR (balances[i + 6] > 0 AND balances[i + 1] > 0) THEN
      RETURN false;
    END IF;
  END LOOP;
  RETURN true;
END $$;

CREATE FUNCTION lots_make_up_balances(lots bigint[], balances bigint[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  remaining bigint[] := array_fill(0::bigint, ARRAY[cardinality(balances) / 7]);
  held bigint[] := remaining;
  unit integer;
BEGIN
  IF cardinality(lots) % 12 <> 0 OR 0 > ANY (lots) THEN RETURN false; END IF;
  FOR i IN 1 .. cardinality(lots) BY 12 LOOP
    unit := lots[i + 11];
    remaining[unit] := remaining[unit] + lots[i + 2];
    held[unit] := held[unit] + lots[i + 3];
  END LOOP;
  FOR i IN 1 .. cardinality(balances) / 7 LOOP
    IF remaining[i] IS DISTINCT FROM balances[i * 7 - 5] OR held[i] IS DISTINCT FROM balances[i * 7 - 4] THEN
      RETURN false;
    END IF;
  END LOOP;
  RETURN true;
END $$;

CREATE FUNCTION lot_changes_add_up(lots bigint[], available bigint, held bigint) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  remaining bigint := 0;
  under_hold bigint := 0;
BEGIN
  IF cardinality(lots) % 4 <> 0 THEN RETURN false; END IF;
  FOR i IN 1 .. cardinality(lots) BY 4 LOOP
    IF lots[i + 1] < 0 THEN RETURN false; END IF;
    remaining := remaining + lots[i + 2];
    under_hold := under_hold + lots[i + 3];
  END LOOP;
  RETURN remaining = available AND under_hold = held;
END $$`;

// One row an account carries all that a command needs. due_bound is no fold of the entries but a moment before which
// nothing falls due. fillfactor leaves room for the next version of a row on its page, and no column that moves is
// indexed, so that every update is HOT.
const ACCOUNTS = `
CREATE TABLE accounts (
  account_no bigint PRIMARY KEY,
  mode text COLLATE "C" NOT NULL CONSTRAINT accounts_mode CHECK (mode IN ('live', 'test')),
  id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL CONSTRAINT accounts_seq CHECK (seq >= 0),
  created_at timestamptz NOT NULL,
  last_effective_at timestamptz NOT NULL CONSTRAINT accounts_time CHECK (last_effective_at >= created_at),
  due_bound timestamptz,
  frozen boolean NOT NULL,
  -- Base units by unit, as strings; null for none.
  overdraft_limits jsonb,
  metadata jsonb,
  units text[] COLLATE "C" NOT NULL,
  balances bigint[] NOT NULL CONSTRAINT accounts_balances CHECK (
    cardinality(balances) = 7 * cardinality(units) AND
    CASE WHEN cardinality(balances) = 7
      THEN balances[1] = balances[2] + balances[3] + balances[4] + balances[5] + balances[6] - balances[7]
        AND NOT 0 > ANY (balances)
        AND (balances[7] = 0 OR balances[2] = 0)
      ELSE balances_add_up(balances)
    END),
  lots bigint[] NOT NULL CONSTRAINT accounts_lots CHECK (
    CASE WHEN cardinality(lots) = 12 AND cardinality(balances) = 7
      THEN NOT 0 > ANY (lots) AND lots[12] = 1 AND lots[3] = balances[2] AND lots[4] = balances[3]
      ELSE lots_make_up_balances(lots, balances)
    END),
  -- Conditions, cost and rollover of the lots that have any, by lot number; null for none.
  lot_terms jsonb
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05)`;

// The twelve numbers of a lot, for people and reports; nothing on the hot path reads this.
const LIVE_LOTS = `
CREATE VIEW live_lots AS
SELECT a.account_no,
       a.units[a.lots[i + 11]] AS unit,
       a.lots[i] AS lot,
       a.lots[i + 1] AS granted,
       a.lots[i + 2] AS remaining,
       a.lots[i + 3] AS held,
       a.lots[i + 4] AS carried,
       a.lots[i + 5] AS revoked,
       to_timestamp(a.lots[i + 6] / 1000.0) AS created_at,
       to_timestamp(nullif(a.lots[i + 7], 0) / 1000.0) AS expires_at,
       a.lots[i + 8] AS priority,
       (ARRAY['paid', 'included', 'promotional', 'compensation'])[a.lots[i + 9] + 1] AS category,
       nullif(a.lots[i + 10], 0) AS carried_from,
       a.lot_terms -> a.lots[i]::text AS terms
FROM accounts a CROSS JOIN LATERAL generate_series(1, cardinality(a.lots), 12) AS i`;

// Null deltas are zero: most entries move two or three of the seven.
const ENTRIES = `
CREATE SEQUENCE entry_positions;
CREATE TABLE entries (
  account_no bigint NOT NULL,
  seq bigint NOT NULL CONSTRAINT entries_seq CHECK (seq > 0),
  -- Global, in the order of insertion, not of commit: a follower must not pass what transactions in flight may write.
  position bigint NOT NULL DEFAULT nextval('entry_positions'),
  type text COLLATE "C" NOT NULL CONSTRAINT entries_type CHECK (type IN (
    'reserve', 'commit', 'release', 'expire', 'grant', 'extend', 'refund', 'revoke', 'reinstate', 'rollover',
    'configure', 'freeze', 'unfreeze')),
  unit text COLLATE "C" CONSTRAINT entries_unit CHECK ((unit IS NULL) = (type IN ('configure', 'freeze', 'unfreeze'))),
  amount bigint NOT NULL CONSTRAINT entries_amount CHECK (amount >= 0),
  granted bigint,
  available bigint,
  held bigint,
  spent bigint,
  expired bigint,
  revoked bigint,
  debt bigint,
  CONSTRAINT entries_deltas CHECK (coalesce(granted, 0) = coalesce(available, 0) + coalesce(held, 0) + coalesce(spent, 0)
    + coalesce(expired, 0) + coalesce(revoked, 0) - coalesce(debt, 0)),
  -- Four numbers a lot: its number, its share of the amount, the change of what remains, the change of what is held.
  lots bigint[] CONSTRAINT entries_lots CHECK (
    CASE cardinality(lots)
      WHEN 4 THEN lots[2] >= 0 AND lots[3] = coalesce(available, 0) AND lots[4] = coalesce(held, 0)
      ELSE lot_changes_add_up(lots, coalesce(available, 0), coalesce(held, 0))
    END),
  reservation bigint CONSTRAINT entries_reservation CHECK (reservation BETWEEN 1 AND seq),
  closes boolean NOT NULL,
  target bigint,
  reason text,
  member text,
  metadata jsonb,
  -- What only some entries have: terms of a reservation, lots made, settings, a new end, the provider's cost.
  details jsonb,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  CONSTRAINT entries_lots_move CHECK (lots IS NOT NULL OR (coalesce(available, 0) = 0 AND coalesce(held, 0) = 0)),
  CONSTRAINT entries_once PRIMARY KEY (account_no, seq)
);
CREATE INDEX entries_of_reservation ON entries (account_no, reservation, seq)
  WHERE reservation IS NOT NULL AND reservation <> seq;
CREATE INDEX entries_by_target ON entries (account_no, target) WHERE target IS NOT NULL;
CREATE INDEX entries_making_lots ON entries (account_no, seq) WHERE details ? 'made';
CREATE INDEX entries_by_position ON entries USING brin (position) WITH (pages_per_range = 32)`;

// Behind the grants: refuses the owner too, also in a session that replicates.
const ENTRIES_ARE_ONLY_INSERTED = `
CREATE FUNCTION refuse_change_of_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'entries are only ever inserted, % is refused', TG_OP
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'entries_only_inserted', TABLE = 'entries';
END $$;
CREATE TRIGGER entries_only_inserted BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_entries();
ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_only_inserted`;

// seq is 1..n: after every statement each entry stands behind the one before it.
const ENTRIES_HAVE_NO_GAPS = `
CREATE FUNCTION refuse_gaps_between_entries() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
  IF EXISTS (
    SELECT FROM inserted i
    WHERE i.seq > 1 AND NOT EXISTS (SELECT FROM entries e WHERE e.account_no = i.account_no AND e.seq = i.seq - 1)
  ) THEN
    RAISE EXCEPTION 'an entry does not follow the one before it'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_without_gaps', TABLE = 'entries';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER entries_without_gaps AFTER INSERT ON entries REFERENCING NEW TABLE AS inserted
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_gaps_between_entries()`;

// Open reservations only. One that ends is deleted: updating it instead would defeat HOT and keep the table growing.
const HOLDS = `
CREATE TABLE holds (
  account_no bigint NOT NULL,
  reservation bigint NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  grace_ms integer NOT NULL CONSTRAINT holds_grace CHECK (grace_ms >= 0),
  overage text COLLATE "C" NOT NULL,
  late text COLLATE "C" NOT NULL,
  meter text,
  model text,
  member text,
  metadata jsonb,
  units text[] COLLATE "C" NOT NULL,
  -- Four numbers a line: reserved, committed, released, refunded.
  lines bigint[] NOT NULL CONSTRAINT holds_lines CHECK (
    cardinality(lines) = 4 * cardinality(units) AND NOT 0 > ANY (lines)),
  -- Three numbers a part, in the order drawn: its line counted from 1, the lot, the amount still held.
  held bigint[] NOT NULL CONSTRAINT holds_held CHECK (cardinality(held) % 3 = 0 AND NOT 0 >= ANY (held)),
  CONSTRAINT holds_once PRIMARY KEY (account_no, reservation)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000)`;

// A key and a fact take effect once, for ever. body is emptied when the answer is no longer kept, the key stays.
const OUTCOMES_AND_FACTS = `
CREATE TABLE outcomes (
  account_no bigint NOT NULL,
  key_hash bytea NOT NULL CONSTRAINT outcomes_key_hash CHECK (length(key_hash) = 16),
  request_hash bytea NOT NULL CONSTRAINT outcomes_request_hash CHECK (length(request_hash) = 16),
  -- Of the first entry, or the account's where nothing was appended.
  seq bigint NOT NULL,
  body bytea,
  recorded_at timestamptz NOT NULL,
  CONSTRAINT outcomes_once PRIMARY KEY (account_no, key_hash)
);
CREATE INDEX outcomes_by_age ON outcomes USING brin (recorded_at) WITH (pages_per_range = 32);
CREATE TABLE facts (
  account_no bigint NOT NULL,
  fact text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  recorded_at timestamptz NOT NULL,
  CONSTRAINT facts_once PRIMARY KEY (account_no, fact)
)`;

// The balances as they were after \`seq\`, every thousand entries or so: what a balance in the past is folded from.
const BALANCE_SNAPSHOTS = `
CREATE TABLE balance_snapshots (
  account_no bigint NOT NULL,
  seq bigint NOT NULL,
  effective_at timestamptz NOT NULL,
  units text[] COLLATE "C" NOT NULL,
  balances bigint[] NOT NULL CONSTRAINT balance_snapshots_balances CHECK (
    cardinality(balances) = 7 * cardinality(units) AND balances_add_up(balances)),
  CONSTRAINT balance_snapshots_once PRIMARY KEY (account_no, seq)
)`;

// What a batch hands over. Types of their own rather than the tables' row types: a column added to a table must not break
// a replica that still runs the version before. Never change one: make a new type and a new function.
const ROWS_OF_A_BATCH = `
CREATE TYPE account_row AS (
  account_no bigint, mode text, id text, seq bigint, prior_seq bigint, created_at timestamptz,
  last_effective_at timestamptz, due_bound timestamptz, frozen boolean, overdraft_limits jsonb, metadata jsonb,
  units text[], balances bigint[], lots bigint[], lot_terms jsonb, unnamed boolean, snapshot boolean);
CREATE TYPE entry_row AS (
  account_no bigint, seq bigint, type text, unit text, amount bigint, granted bigint, available bigint, held bigint,
  spent bigint, expired bigint, revoked bigint, debt bigint, lots bigint[], reservation bigint, closes boolean,
  target bigint, reason text, member text, metadata jsonb, details jsonb, effective_at timestamptz,
  recorded_at timestamptz);
CREATE TYPE hold_row AS (
  account_no bigint, reservation bigint, created_at timestamptz, expires_at timestamptz, grace_ms integer,
  overage text, late text, meter text, model text, member text, metadata jsonb, units text[], lines bigint[],
  held bigint[]);
CREATE TYPE hold_name AS (account_no bigint, reservation bigint);
CREATE TYPE outcome_row AS (account_no bigint, key_hash bytea, request_hash bytea, seq bigint, body bytea);
CREATE TYPE fact_row AS (account_no bigint, fact text, seq bigint);
CREATE TYPE seen_account AS (account_no bigint, seq bigint, mode text, id text)`;

// The one statement that writes the ledger. All of an account's rows or none: an account whose key or fact is already
// recorded, or that somebody else wrote since it was read, is named in the answer and left untouched; the others stand.
//
// Every look-up is a sub-select per row of the batch. A join against unnest() planned while the tables were small would
// run the wrong way round for as long as the session lives; the settings keep the planner from choosing one here.
const APPEND_BATCH = `
CREATE FUNCTION append_batch(
  decided_at timestamptz,   -- the moment the decisions were made for
  tolerance_ms integer,     -- how far that may be from the clock; null behind row locks, where the clock was just read
  moved account_row[],      -- accounts to write, sorted by number; prior_seq is what the writer saw
  seen seen_account[],      -- accounts an answer rests on without writing; with mode and id: the name is free
  appended entry_row[],
  ended hold_name[],        -- holds that are no longer as the table has them
  standing hold_row[],      -- holds as they are now
  asked outcome_row[],      -- every key of the batch; seq is null where the command was refused
  claimed fact_row[],       -- every fact of the batch; seq is null where the command was refused
  OUT now_ms bigint,
  OUT too_late boolean,     -- the clock is too far from decided_at; nothing was written
  OUT stale bigint[],       -- accounts that were left untouched
  OUT known_keys integer[], -- places in asked of keys that are recorded already, with what is recorded
  OUT known_key_seqs bigint[],
  OUT known_requests bytea[],
  OUT known_bodies bytea[],
  OUT known_facts integer[], -- places in claimed of facts that are recorded already
  OUT known_fact_seqs bigint[]
) LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  untouched bigint[] := '{}';
  written bigint[];
  recorded timestamptz;
BEGIN
  recorded := clock_timestamp();
  too_late := abs(extract(epoch FROM recorded - decided_at)) * 1000 > tolerance_ms;
  IF too_late THEN
    now_ms := floor(extract(epoch FROM recorded) * 1000);
    RETURN;
  END IF;

  SELECT array_agg(k.place), array_agg(o.seq), array_agg(o.request_hash), array_agg(o.body), array_agg(k.account_no)
    INTO known_keys, known_key_seqs, known_requests, known_bodies, written
    FROM unnest(asked) WITH ORDINALITY AS k(account_no, key_hash, request_hash, seq, body, place),
         LATERAL (SELECT * FROM outcomes WHERE account_no = k.account_no AND key_hash = k.key_hash LIMIT 1) o;
  untouched := untouched || written;
  IF cardinality(claimed) > 0 THEN
    SELECT array_agg(c.place), array_agg(f.seq), array_agg(c.account_no)
      INTO known_facts, known_fact_seqs, written
      FROM unnest(claimed) WITH ORDINALITY AS c(account_no, fact, seq, place),
           LATERAL (SELECT * FROM facts WHERE account_no = c.account_no AND fact = c.fact LIMIT 1) f;
    untouched := untouched || written;
  END IF;

  -- Names before accounts, in every transaction: two replicas that make the same accounts wait for each other in one order.
  IF EXISTS (SELECT FROM unnest(moved) WHERE unnamed) THEN
    WITH named AS (
      INSERT INTO account_names (mode, id, account_no)
      SELECT mode, id, account_no FROM unnest(moved)
      WHERE unnamed AND NOT account_no = ANY (untouched)
      ORDER BY mode COLLATE "C", id COLLATE "C"
      ON CONFLICT DO NOTHING
      RETURNING account_no)
    SELECT coalesce(array_agg(account_no), '{}') INTO written FROM named;
    IF cardinality(written) < cardinality(moved) THEN
      untouched := untouched ||
        ARRAY(SELECT account_no FROM unnest(moved) WHERE unnamed AND NOT account_no = ANY (written));
    END IF;
    INSERT INTO accounts (account_no, mode, id, seq, created_at, last_effective_at, due_bound, frozen, overdraft_limits,
      metadata, units, balances, lots, lot_terms)
    SELECT account_no, mode, id, seq, created_at, last_effective_at, due_bound, frozen, overdraft_limits,
      metadata, units, balances, lots, lot_terms
    FROM unnest(moved) WHERE unnamed AND NOT account_no = ANY (untouched);
  END IF;

  -- The guard. By ctid, like the holds below: a row that somebody else changed since has another one.
  WITH updated AS (
    UPDATE accounts a SET
      seq = m.seq, created_at = m.created_at, last_effective_at = m.last_effective_at, due_bound = m.due_bound,
      frozen = m.frozen, overdraft_limits = m.overdraft_limits, metadata = m.metadata, units = m.units,
      balances = m.balances, lots = m.lots, lot_terms = m.lot_terms
    FROM (SELECT *, (SELECT k.ctid FROM accounts k WHERE k.account_no = u.account_no) AS place
          FROM unnest(moved) u WHERE NOT (u.unnamed OR u.account_no = ANY (untouched)) OFFSET 0) m
    WHERE a.ctid = m.place AND a.seq = m.prior_seq
    RETURNING a.account_no)
  SELECT coalesce(array_agg(account_no), '{}') INTO written FROM updated;
  IF cardinality(written) < cardinality(moved) THEN
    untouched := untouched ||
      ARRAY(SELECT account_no FROM unnest(moved) WHERE NOT (unnamed OR account_no = ANY (written)));
  END IF;
  stale := untouched || ARRAY(
    SELECT s.account_no FROM unnest(seen) s
    WHERE CASE WHEN s.id IS NOT NULL
      THEN EXISTS (SELECT FROM account_names n WHERE n.mode = s.mode AND n.id = s.id)
      ELSE s.seq IS DISTINCT FROM (SELECT a.seq FROM accounts a WHERE a.account_no = s.account_no)
    END);

  INSERT INTO entries (account_no, seq, type, unit, amount, granted, available, held, spent, expired, revoked, debt, lots,
    reservation, closes, target, reason, member, metadata, details, effective_at, recorded_at)
  SELECT account_no, seq, type, unit, amount, granted, available, held, spent, expired, revoked, debt, lots,
    reservation, closes, target, reason, member, metadata, details, effective_at, recorded_at
  FROM unnest(appended) WHERE NOT account_no = ANY (untouched);

  -- By ctid, which is safe behind the account's row and cannot be planned the wrong way round.
  IF cardinality(ended) > 0 THEN
    DELETE FROM holds WHERE ctid = ANY (ARRAY(
      SELECT (SELECT h.ctid FROM holds h WHERE h.account_no = e.account_no AND h.reservation = e.reservation)
      FROM unnest(ended) e WHERE NOT e.account_no = ANY (untouched)));
  END IF;
  INSERT INTO holds (account_no, reservation, created_at, expires_at, grace_ms, overage, late, meter, model, member,
    metadata, units, lines, held)
  SELECT account_no, reservation, created_at, expires_at, grace_ms, overage, late, meter, model, member,
    metadata, units, lines, held
  FROM unnest(standing) WHERE NOT account_no = ANY (untouched);

  INSERT INTO outcomes (account_no, key_hash, request_hash, seq, body, recorded_at)
  SELECT account_no, key_hash, request_hash, seq, body, recorded
  FROM unnest(asked) WHERE seq IS NOT NULL AND NOT account_no = ANY (untouched);
  IF cardinality(claimed) > 0 THEN
    INSERT INTO facts (account_no, fact, seq, recorded_at)
    SELECT account_no, fact, seq, recorded
    FROM unnest(claimed) WHERE seq IS NOT NULL AND NOT account_no = ANY (untouched);
  END IF;
  IF EXISTS (SELECT FROM unnest(moved) WHERE snapshot) THEN
    INSERT INTO balance_snapshots (account_no, seq, effective_at, units, balances)
    SELECT account_no, seq, last_effective_at, units, balances
    FROM unnest(moved) WHERE snapshot AND NOT account_no = ANY (untouched);
  END IF;
  now_ms := floor(extract(epoch FROM clock_timestamp()) * 1000);
END $$`;

const GRANTS = `
GRANT SELECT, INSERT ON entries, account_names, facts, balance_snapshots TO credits_ledger_app;
GRANT SELECT, INSERT, UPDATE ON accounts, units, api_keys TO credits_ledger_app;
GRANT SELECT, INSERT, UPDATE (body) ON outcomes TO credits_ledger_app;
GRANT SELECT, INSERT, DELETE ON holds TO credits_ledger_app;
GRANT SELECT ON secrets, live_lots TO credits_ledger_app;
GRANT USAGE ON SEQUENCE account_numbers, entry_positions TO credits_ledger_app;
GRANT SELECT ON entries, account_names, accounts, live_lots, holds, outcomes, facts, balance_snapshots, units
  TO credits_ledger_reader`;

const DROP_EVERYTHING = `
DROP FUNCTION append_batch;
DROP TYPE account_row, entry_row, hold_row, hold_name, outcome_row, fact_row, seen_account;
DROP VIEW live_lots;
DROP TABLE balance_snapshots, facts, outcomes, holds, entries, accounts, account_names, secrets, api_keys, units;
DROP FUNCTION refuse_change_of_entries, refuse_gaps_between_entries, balances_add_up, lots_make_up_balances, lot_changes_add_up;
DROP SEQUENCE entry_positions, account_numbers`;
