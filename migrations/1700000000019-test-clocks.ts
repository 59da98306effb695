import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Clocks of test mode that are moved by hand, and the accounts that live by them. A batch without such accounts goes on
 * using `append_batch_2` or `append_batch_3`, and pays nothing.
 */
export class TestClocks1700000000019 implements MigrationInterface {
  readonly name = 'TestClocks1700000000019';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(CLOCKS);
    await queryRunner.query(APPEND_BATCH);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

// An account's due_bound stands here and not in its row, where it is null: so nothing that goes by the real time finds it.
const CLOCKS = `
CREATE TABLE test_clocks (
  no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL CONSTRAINT test_clocks_id UNIQUE DEFAULT 'clk_' || replace(gen_random_uuid()::text, '-', ''),
  now_at timestamptz NOT NULL,
  -- Where it is being moved to; null while it stands.
  target_at timestamptz CONSTRAINT test_clocks_forward CHECK (target_at >= now_at),
  -- When somebody last worked on it.
  moved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX test_clocks_advancing ON test_clocks (moved_at) WHERE target_at IS NOT NULL;
CREATE FUNCTION refuse_clocks_that_run_backwards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF new.now_at < old.now_at OR new.id <> old.id THEN
    RAISE EXCEPTION 'a test clock only moves forward'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'test_clocks_only_forward', TABLE = 'test_clocks';
  END IF;
  RETURN new;
END $$;
CREATE TRIGGER test_clocks_only_forward BEFORE UPDATE ON test_clocks
  FOR EACH ROW EXECUTE FUNCTION refuse_clocks_that_run_backwards();
CREATE TABLE account_clocks (
  account_no bigint PRIMARY KEY,
  clock text COLLATE "C" NOT NULL,
  due_bound timestamptz
);
CREATE INDEX account_clocks_of_clock ON account_clocks (clock, due_bound);
-- An Idempotency-Key that made or moved a clock, for ever.
CREATE TABLE test_clock_keys (
  key_hash bytea PRIMARY KEY CONSTRAINT test_clock_keys_hash CHECK (length(key_hash) = 16),
  request_hash bytea NOT NULL CONSTRAINT test_clock_keys_request CHECK (length(request_hash) = 16),
  clock text COLLATE "C" NOT NULL
)`;

// The clocks' rows are held until the append stands: whoever moves a clock waits for every append that was decided by
// its time, and an append that comes later finds it moved. Accounts that were decided for another time are left out like
// those that somebody else wrote: their keys are only looked up, so that the places in asked and claimed stay.
const APPEND_BATCH = `
CREATE FUNCTION append_batch_4(
  decided_at timestamptz, tolerance_ms integer, moved account_row_2[], seen seen_account_2[], appended entry_row[],
  ended hold_name[], standing hold_row[], asked outcome_row[], claimed fact_row[], subscribed jsonb,
  -- Accounts with a clock: account_no, clock, now_at that it was decided for, most (accounts, where it takes the clock
  -- now), moves (else it is only seen), due_bound.
  clocked jsonb,
  OUT now_ms bigint, OUT too_late boolean, OUT stale bigint[],
  OUT known_keys integer[], OUT known_key_seqs bigint[], OUT known_requests bytea[], OUT known_bodies bytea[],
  OUT known_facts integer[], OUT known_fact_seqs bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
  used record;
  behind bigint[];
BEGIN
  -- In the order of their ids, in every transaction. Those that gain an account are counted, by one at a time.
  FOR used IN
    SELECT r.clock, bool_or(r.most IS NOT NULL) AS gains
    FROM jsonb_to_recordset(clocked) AS r (clock text, most integer) GROUP BY r.clock ORDER BY r.clock COLLATE "C"
  LOOP
    IF used.gains THEN
      PERFORM FROM test_clocks c WHERE c.id = used.clock FOR NO KEY UPDATE;
    ELSE
      PERFORM FROM test_clocks c WHERE c.id = used.clock FOR SHARE;
    END IF;
  END LOOP;
  SELECT coalesce(array_agg(r.account_no), '{}') INTO behind
  FROM jsonb_to_recordset(clocked) AS r (account_no bigint, clock text, now_at timestamptz, most integer)
  WHERE NOT EXISTS (SELECT FROM test_clocks c WHERE c.id = r.clock AND c.now_at = r.now_at)
    OR r.most < (SELECT count(*) FROM account_clocks k WHERE k.clock = r.clock)
      + (SELECT count(*) FROM jsonb_to_recordset(clocked) AS g (clock text, most integer)
         WHERE g.clock = r.clock AND g.most IS NOT NULL);
  IF cardinality(behind) > 0 THEN
    moved := ARRAY(SELECT m FROM unnest(moved) AS m WHERE NOT m.account_no = ANY (behind) ORDER BY m.account_no);
    seen := ARRAY(SELECT s FROM unnest(seen) AS s WHERE NOT s.account_no = ANY (behind));
    appended := ARRAY(SELECT e FROM unnest(appended) AS e WHERE NOT e.account_no = ANY (behind));
    ended := ARRAY(SELECT h FROM unnest(ended) AS h WHERE NOT h.account_no = ANY (behind));
    standing := ARRAY(SELECT h FROM unnest(standing) AS h WHERE NOT h.account_no = ANY (behind));
    asked := ARRAY(
      SELECT ROW(k.account_no, k.key_hash, k.request_hash,
                 CASE WHEN NOT k.account_no = ANY (behind) THEN k.seq END, k.body)::outcome_row
      FROM unnest(asked) WITH ORDINALITY AS k(account_no, key_hash, request_hash, seq, body, place) ORDER BY k.place);
    claimed := ARRAY(
      SELECT ROW(f.account_no, f.fact, CASE WHEN NOT f.account_no = ANY (behind) THEN f.seq END)::fact_row
      FROM unnest(claimed) WITH ORDINALITY AS f(account_no, fact, seq, place) ORDER BY f.place);
    SELECT coalesce(jsonb_agg(r), '[]') INTO subscribed
    FROM jsonb_array_elements(subscribed) AS r WHERE NOT (r ->> 'account_no')::bigint = ANY (behind);
  END IF;
  SELECT b.now_ms, b.too_late, b.stale, b.known_keys, b.known_key_seqs, b.known_requests, b.known_bodies, b.known_facts,
      b.known_fact_seqs
    INTO now_ms, too_late, stale, known_keys, known_key_seqs, known_requests, known_bodies, known_facts, known_fact_seqs
    FROM append_batch_3(decided_at, tolerance_ms, moved, seen, appended, ended, standing, asked, claimed, subscribed) b;
  IF too_late THEN RETURN; END IF;
  stale := stale || behind;
  INSERT INTO account_clocks (account_no, clock, due_bound)
  SELECT r.account_no, r.clock, r.due_bound
  FROM jsonb_to_recordset(clocked) AS r (account_no bigint, clock text, moves boolean, due_bound timestamptz)
  WHERE r.moves AND NOT r.account_no = ANY (stale)
  ON CONFLICT (account_no) DO UPDATE SET due_bound = excluded.due_bound;
END $$`;

const GRANTS = `
GRANT SELECT, INSERT, UPDATE (now_at, target_at, moved_at) ON test_clocks TO credits_ledger_app;
GRANT SELECT, INSERT, UPDATE (due_bound) ON account_clocks TO credits_ledger_app;
GRANT SELECT, INSERT ON test_clock_keys TO credits_ledger_app;
GRANT SELECT ON test_clocks, account_clocks TO credits_ledger_reader`;

// Accounts that live by a clock would go on by the real time: take this back only where there are none.
const DROP_EVERYTHING = `
DROP FUNCTION append_batch_4;
DROP TABLE test_clock_keys, account_clocks, test_clocks;
DROP FUNCTION refuse_clocks_that_run_backwards`;
