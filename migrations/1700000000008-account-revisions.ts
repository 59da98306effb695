import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Lets accounts be rebuilt while services go on. A service keeps states in memory and writes on the ground of them while
 * the row's `seq` is still theirs; a rebuild corrects a row without appending anything. So the row says which rebuild it
 * is of, and a state is good only for the one it was read from.
 *
 * `append_batch` stays for replicas of the version before, which know nothing of revisions: rebuild when the last of them
 * is gone.
 */
export class AccountRevisions1700000000008 implements MigrationInterface {
  readonly name = 'AccountRevisions1700000000008';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(REVISIONS);
    await queryRunner.query(ROWS_OF_A_BATCH);
    await queryRunner.query(APPEND_BATCH);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

// From a sequence and not counted up in the row: one that was lost and is made again must not have its old one.
const REVISIONS = `
CREATE SEQUENCE account_revisions;
ALTER TABLE accounts ADD COLUMN revision bigint NOT NULL DEFAULT 0`;

const ROWS_OF_A_BATCH = `
CREATE TYPE account_row_2 AS (
  account_no bigint, mode text, id text, seq bigint, prior_seq bigint, created_at timestamptz,
  last_effective_at timestamptz, due_bound timestamptz, frozen boolean, overdraft_limits jsonb, metadata jsonb,
  units text[], balances bigint[], lots bigint[], lot_terms jsonb, unnamed boolean, snapshot boolean,
  revision bigint);
CREATE TYPE seen_account_2 AS (account_no bigint, seq bigint, mode text, id text, revision bigint)`;

// As append_batch, but that an account must also be of the revision it was read at.
const APPEND_BATCH = `
CREATE FUNCTION append_batch_2(
  decided_at timestamptz,   -- the moment the decisions were made for
  tolerance_ms integer,     -- how far that may be from the clock; null behind row locks, where the clock was just read
  moved account_row_2[],    -- accounts to write, sorted by number; prior_seq and revision are what the writer saw
  seen seen_account_2[],    -- accounts an answer rests on without writing; with mode and id: the name is free
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
    WHERE a.ctid = m.place AND a.seq = m.prior_seq AND a.revision = m.revision
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
      ELSE NOT EXISTS (SELECT FROM accounts a
        WHERE a.account_no = s.account_no AND a.seq = s.seq AND a.revision = s.revision)
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

const DROP_EVERYTHING = `
DROP FUNCTION append_batch_2;
DROP TYPE account_row_2, seen_account_2;
ALTER TABLE accounts DROP COLUMN revision;
DROP SEQUENCE account_revisions`;
