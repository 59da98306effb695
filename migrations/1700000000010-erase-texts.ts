import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The erasure of texts, whole: with the salts, the holds, the account's row and the stored answers, and with a new revision
 * of the account, so that what a service has in memory of it is stale. In the place of `erase_texts`, which did the entries
 * only, and could take one salt for another's.
 */
export class EraseTexts1700000000010 implements MigrationInterface {
  readonly name = 'EraseTexts1700000000010';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP FUNCTION erase_texts');
    await queryRunner.query(ERASE_ENTRIES);
    await queryRunner.query(ERASE_COPIES);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP FUNCTION erase_text_copies');
    await queryRunner.query('ALTER FUNCTION erase_entry_texts RENAME TO erase_texts');
  }
}

// For the owner only. hashes holds, for each seq, what the log has, or will have, in the place of its texts. A leaf begins
// with its format, then account number, seq and position.
const ERASE_ENTRIES = `
CREATE FUNCTION erase_entry_texts(account bigint, seqs bigint[], hashes bytea[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  entry record;
  erased bigint := 0;
BEGIN
  FOR entry IN
    SELECT e.seq, e.position, k.hash, int8send(account) || int8send(e.seq) || int8send(e.position) AS leaf
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
REVOKE EXECUTE ON FUNCTION erase_entry_texts FROM PUBLIC`;

// What follows from the entries, as their fold will have it; and answers that may repeat a text of one of them: those from
// the first of them on. Their keys stay.
const ERASE_COPIES = `
CREATE FUNCTION erase_text_copies(account bigint, seqs bigint[], is_whole boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE accounts a SET
    metadata = CASE WHEN is_whole OR (
      SELECT max(e.seq) FROM entries e
      WHERE e.account_no = account AND e.type = 'configure' AND e.details #> '{settings,metadata}' IS NOT NULL) = ANY (seqs)
      THEN NULL ELSE a.metadata END,
    revision = nextval('account_revisions')
  WHERE a.account_no = account;
  UPDATE holds h SET metadata = NULL WHERE h.account_no = account AND h.reservation = ANY (seqs);
  UPDATE outcomes o SET body = NULL
  WHERE o.account_no = account AND o.body IS NOT NULL AND (is_whole OR o.seq >= (SELECT min(s) FROM unnest(seqs) s));
END $$;
REVOKE EXECUTE ON FUNCTION erase_text_copies FROM PUBLIC`;
