import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Followers find their range by a BRIN index, and read whatever it has not summarised each time. PostgreSQL summarises when
 * a worker of autovacuum comes by, once a minute, and remembers 256 ranges at most, which is a quarter of a minute of ten
 * thousand entries a second: the rest waits until a fifth of the table is new.
 */
export class SummarisedPositions1700000000040 implements MigrationInterface {
  readonly name = 'SummarisedPositions1700000000040';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(SUMMARISE);
    await queryRunner.query('ALTER INDEX entries_by_position RESET (autosummarize)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER INDEX entries_by_position SET (autosummarize = on)');
    await queryRunner.query('DROP FUNCTION summarise_entries');
  }
}

// Both indexes have 32 pages a range. The newest ranges are left alone: each entry that comes into one that is summarised
// has its summary written anew. The lock that this takes is one of VACUUM's own, which gives way to whoever waits for a
// second: this does not.
const SUMMARISE = `
CREATE FUNCTION summarise_entries(from_page bigint, most_ranges integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '50ms' AS $$
DECLARE
  pages_per_range CONSTANT bigint := 32;
  ranges_left_alone CONSTANT bigint := 4;
  page bigint := from_page;
  end_page CONSTANT bigint := least(
    from_page + most_ranges * pages_per_range,
    (pg_relation_size('entries') / current_setting('block_size')::bigint / pages_per_range - ranges_left_alone)
      * pages_per_range);
BEGIN
  WHILE page < end_page LOOP
    PERFORM brin_summarize_range('entries_by_position', page), brin_summarize_range('entries_by_time', page);
    page := page + pages_per_range;
  END LOOP;
  RETURN page;
EXCEPTION WHEN lock_not_available THEN
  RETURN from_page;
END $$;
REVOKE EXECUTE ON FUNCTION summarise_entries FROM PUBLIC;
GRANT EXECUTE ON FUNCTION summarise_entries TO credits_ledger_app`;
