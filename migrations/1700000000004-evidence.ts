import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Evidence that entries are what they were: the log of their hashes, what was signed of it, and the one change that
 * entries allow, the erasure of what people wrote.
 */
export class Evidence1700000000004 implements MigrationInterface {
  readonly name = 'Evidence1700000000004';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(LOG);
    await queryRunner.query(SIGNED_CHECKPOINTS);
    await queryRunner.query(ERASED_TEXTS);
    await queryRunner.query(TEXTS_MAY_BE_ERASED);
    await queryRunner.query(ERASE_TEXTS);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

// 256 entries a row, in the order of their positions: a row an entry would cost several times as much, and nobody reads
// one alone. Hashes do not compress, so nothing tries.
const LOG = `
CREATE TABLE log_tiles (
  tile bigint PRIMARY KEY CONSTRAINT log_tiles_number CHECK (tile >= 0),
  first_position bigint NOT NULL CONSTRAINT log_tiles_position UNIQUE,
  -- 57 bytes an entry: format, account number, seq, position, hash.
  leaves bytea STORAGE EXTERNAL NOT NULL CONSTRAINT log_tiles_leaves CHECK (
    length(leaves) % 57 = 0 AND length(leaves) BETWEEN 57 AND 57 * 256),
  -- 16 random bytes an entry for the hash of its texts, zeros where it has none; null where none of them has any.
  salts bytea CONSTRAINT log_tiles_salts CHECK (length(salts) = length(leaves) / 57 * 16)
);
-- Roots of full subtrees of the Merkle tree, 256^level leaves each.
CREATE TABLE log_nodes (
  level smallint NOT NULL CONSTRAINT log_nodes_level CHECK (level > 0),
  index bigint NOT NULL CONSTRAINT log_nodes_index CHECK (index >= 0),
  hash bytea STORAGE PLAIN NOT NULL CONSTRAINT log_nodes_hash CHECK (length(hash) = 32),
  PRIMARY KEY (level, index)
)`;

const SIGNED_CHECKPOINTS = `
CREATE TABLE signed_checkpoints (
  size bigint PRIMARY KEY CONSTRAINT signed_checkpoints_size CHECK (size > 0),
  note text NOT NULL,
  signed_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO secrets (name, value)
VALUES ('checkpoints', sha256((gen_random_uuid()::text || gen_random_uuid()::text)::bytea))`;

// What stays of texts that were erased: the hash that entered the log in their place.
const ERASED_TEXTS = `
CREATE TABLE erased_texts (
  account_no bigint NOT NULL,
  seq bigint NOT NULL,
  position bigint NOT NULL,
  texts bytea NOT NULL CONSTRAINT erased_texts_hash CHECK (length(texts) = 32),
  erased_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT erased_texts_once PRIMARY KEY (account_no, seq)
);
CREATE INDEX erased_texts_by_position ON erased_texts (position)`;

// Row images are compared, not values: 1 and 1.0 are equal in jsonb, and not the same.
const TEXTS_MAY_BE_ERASED = `
CREATE FUNCTION refuse_change_but_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  erased entries := OLD;
BEGIN
  erased.reason := NULL;
  erased.metadata := NULL;
  IF OLD.type = 'configure' AND OLD.details #> '{settings,metadata}' IS NOT NULL THEN
    erased.details := jsonb_set(OLD.details, '{settings,metadata}', '{}');
  END IF;
  IF NEW *<> erased
     OR NOT EXISTS (SELECT FROM erased_texts t WHERE t.account_no = OLD.account_no AND t.seq = OLD.seq) THEN
    RAISE EXCEPTION 'entries are only ever inserted; of an UPDATE, only the erasure of all their texts passes'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'entries_only_inserted', TABLE = 'entries';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER entries_only_inserted ON entries;
CREATE TRIGGER entries_only_inserted BEFORE DELETE OR TRUNCATE ON entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_entries();
CREATE TRIGGER entries_only_erased BEFORE UPDATE ON entries
  FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasure();
ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_only_inserted, ENABLE ALWAYS TRIGGER entries_only_erased`;

// For the owner only. hashes holds, for each seq, what the log has, or will have, in the place of its texts. A leaf begins
// with its format, then account number and seq.
const ERASE_TEXTS = `
CREATE FUNCTION erase_texts(account bigint, seqs bigint[], hashes bytea[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  entry record;
  erased bigint := 0;
BEGIN
  FOR entry IN
    SELECT e.seq, e.position, k.hash, int8send(account) || int8send(e.seq) AS leaf
    FROM unnest(seqs, hashes) AS k(seq, hash) JOIN entries e ON e.account_no = account AND e.seq = k.seq
  LOOP
    INSERT INTO erased_texts (account_no, seq, position, texts)
    VALUES (account, entry.seq, entry.position, entry.hash)
    ON CONFLICT DO NOTHING;
    UPDATE entries e SET reason = NULL, metadata = NULL,
      details = CASE WHEN e.type = 'configure' AND e.details #> '{settings,metadata}' IS NOT NULL
        THEN jsonb_set(e.details, '{settings,metadata}', '{}') ELSE e.details END
    WHERE e.account_no = account AND e.seq = entry.seq;
    UPDATE log_tiles t SET salts = overlay(t.salts PLACING decode(repeat('00', 16), 'hex')
      FROM (position(entry.leaf IN t.leaves) - 2) / 57 * 16 + 1)
    WHERE t.tile = (SELECT tile FROM log_tiles WHERE first_position <= entry.position ORDER BY first_position DESC LIMIT 1)
      AND position(entry.leaf IN t.leaves) > 0;
    erased := erased + 1;
  END LOOP;
  RETURN erased;
END $$;
REVOKE EXECUTE ON FUNCTION erase_texts FROM PUBLIC`;

const GRANTS = `
GRANT SELECT, INSERT, UPDATE ON log_tiles TO credits_ledger_app;
GRANT SELECT, INSERT ON log_nodes, signed_checkpoints TO credits_ledger_app;
GRANT SELECT ON erased_texts TO credits_ledger_app;
GRANT SELECT ON log_tiles, log_nodes, signed_checkpoints, erased_texts TO credits_ledger_reader`;

const DROP_EVERYTHING = `
DROP TRIGGER entries_only_erased ON entries;
DROP TRIGGER entries_only_inserted ON entries;
DROP FUNCTION erase_texts, refuse_change_but_erasure;
CREATE TRIGGER entries_only_inserted BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_entries();
ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_only_inserted;
DROP TABLE erased_texts, signed_checkpoints, log_nodes, log_tiles;
DELETE FROM secrets WHERE name = 'checkpoints'`;
