import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The same rules, cheaper where an account has several units and a command several entries, as with every plan that has
 * limits: of what PostgreSQL did for such a command a fifth was compressing its answer, a tenth these checks.
 */
export class SeveralUnits1700000000038 implements MigrationInterface {
  readonly name = 'SeveralUnits1700000000038';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(ANSWERS_AS_THEY_ARE);
    await queryRunner.query(LOTS_BY_UNIT);
    await queryRunner.query(CHECKS);
    await queryRunner.query(NO_GAPS_BY_ACCOUNT);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(AS_BEFORE);
  }
}

// PostgreSQL compresses rows of more than 2 kB. The answer to a spend that counts against two limits is a little longer,
// is read only if its key is used again, and is emptied after 30 days: it is not worth that. Two still fit on a page.
const ANSWERS_AS_THEY_ARE = `
ALTER TABLE outcomes SET (toast_tuple_target = 4080)`;

// Lots are written unit by unit. A lot of an earlier unit than the one before it runs past the last unit, and is refused.
export const LOTS_BY_UNIT = `
CREATE FUNCTION lots_make_up_balances_2(lots bigint[], balances bigint[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  unit integer := 1;
  remaining bigint := 0;
  held bigint := 0;
BEGIN
  IF cardinality(lots) % 12 <> 0 OR 0 > ANY (lots) THEN RETURN false; END IF;
  FOR i IN 1 .. cardinality(lots) BY 12 LOOP
    WHILE unit <> lots[i + 11] LOOP
      IF (remaining = balances[unit * 7 - 5] AND held = balances[unit * 7 - 4]) IS NOT TRUE THEN RETURN false; END IF;
      unit := unit + 1;
      remaining := 0;
      held := 0;
    END LOOP;
    remaining := remaining + lots[i + 2];
    held := held + lots[i + 3];
  END LOOP;
  FOR place IN unit .. cardinality(balances) / 7 LOOP
    IF remaining <> balances[place * 7 - 5] OR held <> balances[place * 7 - 4] THEN RETURN false; END IF;
    remaining := 0;
    held := 0;
  END LOOP;
  RETURN unit <= cardinality(balances) / 7 OR cardinality(lots) = 0;
END $$`;

// No row is read: each of them has passed the constraint that this one replaces, which says the same.
export const CHECKS = `
ALTER TABLE accounts DROP CONSTRAINT accounts_balances, ADD CONSTRAINT accounts_balances CHECK (
  cardinality(balances) = 7 * cardinality(units) AND
  CASE cardinality(balances)
    WHEN 7 THEN NOT 0 > ANY (balances)
      AND balances[1] = balances[2] + balances[3] + balances[4] + balances[5] + balances[6] - balances[7]
      AND (balances[7] = 0 OR balances[2] = 0)
    WHEN 14 THEN NOT 0 > ANY (balances)
      AND balances[1] = balances[2] + balances[3] + balances[4] + balances[5] + balances[6] - balances[7]
      AND (balances[7] = 0 OR balances[2] = 0)
      AND balances[8] = balances[9] + balances[10] + balances[11] + balances[12] + balances[13] - balances[14]
      AND (balances[14] = 0 OR balances[9] = 0)
    WHEN 21 THEN NOT 0 > ANY (balances)
      AND balances[1] = balances[2] + balances[3] + balances[4] + balances[5] + balances[6] - balances[7]
      AND (balances[7] = 0 OR balances[2] = 0)
      AND balances[8] = balances[9] + balances[10] + balances[11] + balances[12] + balances[13] - balances[14]
      AND (balances[14] = 0 OR balances[9] = 0)
      AND balances[15] = balances[16] + balances[17] + balances[18] + balances[19] + balances[20] - balances[21]
      AND (balances[21] = 0 OR balances[16] = 0)
    ELSE balances_add_up(balances)
  END) NOT VALID;
ALTER TABLE accounts DROP CONSTRAINT accounts_lots, ADD CONSTRAINT accounts_lots CHECK (
  CASE WHEN cardinality(lots) = 24 AND cardinality(balances) = 7
    THEN NOT 0 > ANY (lots) AND lots[12] = 1 AND lots[24] = 1
      AND lots[3] + lots[15] = balances[2] AND lots[4] + lots[16] = balances[3]
    WHEN cardinality(lots) = 12 AND cardinality(balances) = 7
    THEN NOT 0 > ANY (lots) AND lots[12] = 1 AND lots[3] = balances[2] AND lots[4] = balances[3]
    ELSE lots_make_up_balances_2(lots, balances)
  END) NOT VALID`;

// Entries of one account that come together are without gaps if they are as many as from the first to the last, and the
// first stands behind one that is there: one look-up an account, however many entries its commands have.
const NO_GAPS_BY_ACCOUNT = `
CREATE FUNCTION refuse_gaps_between_entries_2() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
  IF EXISTS (
    SELECT FROM (
      SELECT account_no, min(seq) AS lowest, max(seq) AS highest, count(*) AS number
      FROM inserted GROUP BY account_no OFFSET 0) i
    WHERE i.highest - i.lowest + 1 <> i.number
      OR (i.lowest > 1 AND NOT EXISTS (SELECT FROM entries e WHERE e.account_no = i.account_no AND e.seq = i.lowest - 1))
  ) THEN
    RAISE EXCEPTION 'an entry does not follow the one before it'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_without_gaps', TABLE = 'entries';
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER entries_without_gaps ON entries;
CREATE TRIGGER entries_without_gaps AFTER INSERT ON entries REFERENCING NEW TABLE AS inserted
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_gaps_between_entries_2()`;

const AS_BEFORE = `
DROP TRIGGER entries_without_gaps ON entries;
CREATE TRIGGER entries_without_gaps AFTER INSERT ON entries REFERENCING NEW TABLE AS inserted
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_gaps_between_entries();
DROP FUNCTION refuse_gaps_between_entries_2;
ALTER TABLE accounts DROP CONSTRAINT accounts_balances, ADD CONSTRAINT accounts_balances CHECK (
  cardinality(balances) = 7 * cardinality(units) AND
  CASE WHEN cardinality(balances) = 7
    THEN balances[1] = balances[2] + balances[3] + balances[4] + balances[5] + balances[6] - balances[7]
      AND NOT 0 > ANY (balances)
      AND (balances[7] = 0 OR balances[2] = 0)
    ELSE balances_add_up(balances)
  END) NOT VALID;
ALTER TABLE accounts DROP CONSTRAINT accounts_lots, ADD CONSTRAINT accounts_lots CHECK (
  CASE WHEN cardinality(lots) = 24 AND cardinality(balances) = 7
    THEN NOT 0 > ANY (lots) AND lots[12] = 1 AND lots[24] = 1
      AND lots[3] + lots[15] = balances[2] AND lots[4] + lots[16] = balances[3]
    WHEN cardinality(lots) = 12 AND cardinality(balances) = 7
    THEN NOT 0 > ANY (lots) AND lots[12] = 1 AND lots[3] = balances[2] AND lots[4] = balances[3]
    ELSE lots_make_up_balances(lots, balances)
  END) NOT VALID;
DROP FUNCTION lots_make_up_balances_2;
ALTER TABLE outcomes RESET (toast_tuple_target)`;
