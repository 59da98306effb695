import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who spends of an account, and how much each may: a row of its own for each member on record, written only when it
 * changes. What is held for members follows from `holds`, so a reservation writes none. A batch that changes none goes on
 * using what it used.
 */
export class Members1700000000022 implements MigrationInterface {
  readonly name = 'Members1700000000022';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(MEMBERS);
    await queryRunner.query(APPEND_BATCH);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

const MEMBERS = `
CREATE TABLE members (
  account_no bigint NOT NULL,
  member text COLLATE "C" NOT NULL CONSTRAINT members_id CHECK (char_length(member) BETWEEN 1 AND 255),
  parent text COLLATE "C",
  -- The seq since which it stands below that parent.
  placed_at bigint NOT NULL,
  -- Amounts as strings of base units.
  budgets jsonb NOT NULL,
  -- For each budget null, or start and end of the window that counted last, the seq of the commit that opened it, and
  -- what was spent in it.
  counts jsonb NOT NULL,
  CONSTRAINT members_once PRIMARY KEY (account_no, member),
  CONSTRAINT members_parent CHECK (parent <> member),
  CONSTRAINT members_counts CHECK (jsonb_array_length(budgets) = jsonb_array_length(counts))
)`;

// Behind the one that the rest of the batch needs, which has locked the rows of all accounts that it did not leave
// untouched.
const APPEND_BATCH = `
CREATE FUNCTION append_batch_5(
  decided_at timestamptz, tolerance_ms integer, moved account_row_2[], seen seen_account_2[], appended entry_row[],
  ended hold_name[], standing hold_row[], asked outcome_row[], claimed fact_row[], subscribed jsonb,
  clocked jsonb, -- as append_batch_4 takes it
  counted jsonb, -- rows of members as they are now; one that is gone has its names only
  OUT now_ms bigint, OUT too_late boolean, OUT stale bigint[],
  OUT known_keys integer[], OUT known_key_seqs bigint[], OUT known_requests bytea[], OUT known_bodies bytea[],
  OUT known_facts integer[], OUT known_fact_seqs bigint[]
) LANGUAGE plpgsql AS $$
BEGIN
  IF clocked <> '[]' THEN
    SELECT b.now_ms, b.too_late, b.stale, b.known_keys, b.known_key_seqs, b.known_requests, b.known_bodies,
        b.known_facts, b.known_fact_seqs
      INTO now_ms, too_late, stale, known_keys, known_key_seqs, known_requests, known_bodies, known_facts,
        known_fact_seqs
      FROM append_batch_4(decided_at, tolerance_ms, moved, seen, appended, ended, standing, asked, claimed, subscribed,
        clocked) b;
  ELSIF subscribed = '[]' THEN
    SELECT b.now_ms, b.too_late, b.stale, b.known_keys, b.known_key_seqs, b.known_requests, b.known_bodies,
        b.known_facts, b.known_fact_seqs
      INTO now_ms, too_late, stale, known_keys, known_key_seqs, known_requests, known_bodies, known_facts,
        known_fact_seqs
      FROM append_batch_2(decided_at, tolerance_ms, moved, seen, appended, ended, standing, asked, claimed) b;
  ELSE
    SELECT b.now_ms, b.too_late, b.stale, b.known_keys, b.known_key_seqs, b.known_requests, b.known_bodies,
        b.known_facts, b.known_fact_seqs
      INTO now_ms, too_late, stale, known_keys, known_key_seqs, known_requests, known_bodies, known_facts,
        known_fact_seqs
      FROM append_batch_3(decided_at, tolerance_ms, moved, seen, appended, ended, standing, asked, claimed, subscribed) b;
  END IF;
  IF too_late THEN RETURN; END IF;
  DELETE FROM members m USING jsonb_to_recordset(counted) AS r (account_no bigint, member text, budgets jsonb)
  WHERE m.account_no = r.account_no AND m.member = r.member AND r.budgets IS NULL AND NOT r.account_no = ANY (stale);
  INSERT INTO members (account_no, member, parent, placed_at, budgets, counts)
  SELECT account_no, member, parent, placed_at, budgets, counts
  FROM jsonb_to_recordset(counted) AS r (account_no bigint, member text, parent text, placed_at bigint, budgets jsonb,
    counts jsonb)
  WHERE budgets IS NOT NULL AND NOT account_no = ANY (stale)
  ON CONFLICT (account_no, member) DO UPDATE SET
    parent = excluded.parent, placed_at = excluded.placed_at, budgets = excluded.budgets, counts = excluded.counts;
END $$`;

const GRANTS = `
GRANT SELECT, INSERT, UPDATE, DELETE ON members TO credits_ledger_app;
GRANT SELECT ON members TO credits_ledger_reader`;

const DROP_EVERYTHING = `
DROP FUNCTION append_batch_5;
DROP TABLE members`;
