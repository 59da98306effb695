import type { MigrationInterface, QueryRunner } from 'typeorm';
import { SUBSCRIBE_ENTRIES } from './1700000000011-subscriptions.js';
import { IN_PLACE } from './1700000000018-cheaper-checks.js';
import { CHECKS, LOTS_BY_UNIT } from './1700000000038-several-units.js';

/**
 * The same rules at less cost, for a batch and for accounts with several units: at 64 callers, whose batches are small, a
 * quarter of what PostgreSQL did for a command was CHECKs, and most of that was reading them.
 */
export class CheaperRules1700000000039 implements MigrationInterface {
  readonly name = 'CheaperRules1700000000039';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(SUMS_BY_FUNCTION);
    await queryRunner.query(SHORT_CHECKS);
    await queryRunner.query('DROP FUNCTION lots_make_up_balances_2');
    await queryRunner.query(NO_HASH_OF_ALL_ENTRIES);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE accounts DROP CONSTRAINT accounts_sums; DROP FUNCTION account_adds_up');
    await queryRunner.query(IN_PLACE);
    await queryRunner.query(LOTS_BY_UNIT);
    await queryRunner.query(CHECKS);
    await queryRunner.query(SUBSCRIBE_ENTRIES);
  }
}

// One unit with one or two lots, which is almost every account without a plan, in one expression; the sums of three units,
// which is a plan with two limits, without a loop. Lots are written unit by unit: one of an earlier unit than the one
// before it runs past the last unit, and is refused. It calls nothing of ours: whoever restores a dump has no search path.
const SUMS_BY_FUNCTION = `
CREATE FUNCTION account_adds_up(balances bigint[], lots bigint[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF cardinality(balances) = 7 AND cardinality(lots) BETWEEN 12 AND 24 THEN
    RETURN (balances[1] = balances[2] + balances[3] + balances[4] + balances[5] + balances[6] - balances[7]
      AND (balances[7] = 0 OR balances[2] = 0)
      AND lots[12] = 1
      AND CASE cardinality(lots)
        WHEN 12 THEN lots[3] = balances[2] AND lots[4] = balances[3]
        ELSE lots[24] = 1 AND lots[3] + lots[15] = balances[2] AND lots[4] + lots[16] = balances[3]
      END) IS TRUE;
  END IF;
  IF cardinality(balances) = 21 THEN
    IF (balances[1] = balances[2] + balances[3] + balances[4] + balances[5] + balances[6] - balances[7]
      AND (balances[7] = 0 OR balances[2] = 0)
      AND balances[8] = balances[9] + balances[10] + balances[11] + balances[12] + balances[13] - balances[14]
      AND (balances[14] = 0 OR balances[9] = 0)
      AND balances[15] = balances[16] + balances[17] + balances[18] + balances[19] + balances[20] - balances[21]
      AND (balances[21] = 0 OR balances[16] = 0)) IS NOT TRUE THEN RETURN false; END IF;
  ELSE
    FOR i IN 1 .. cardinality(balances) BY 7 LOOP
      IF (balances[i] = balances[i + 1] + balances[i + 2] + balances[i + 3] + balances[i + 4] + balances[i + 5] - balances[i + 6]
        AND (balances[i + 6] = 0 OR balances[i + 1] = 0)) IS NOT TRUE THEN RETURN false; END IF;
    END LOOP;
  END IF;
  DECLARE
    units CONSTANT integer := cardinality(balances) / 7;
    unit integer := 1;
    remaining bigint := 0;
    held bigint := 0;
  BEGIN
    FOR i IN 1 .. cardinality(lots) BY 12 LOOP
      WHILE (lots[i + 11] = unit) IS NOT TRUE LOOP
        IF (remaining = balances[unit * 7 - 5] AND held = balances[unit * 7 - 4]) IS NOT TRUE THEN RETURN false; END IF;
        unit := unit + 1;
        remaining := 0;
        held := 0;
      END LOOP;
      remaining := remaining + lots[i + 2];
      held := held + lots[i + 3];
    END LOOP;
    FOR place IN unit .. units LOOP
      IF (remaining = balances[place * 7 - 5] AND held = balances[place * 7 - 4]) IS NOT TRUE THEN RETURN false; END IF;
      remaining := 0;
      held := 0;
    END LOOP;
    RETURN unit <= units OR cardinality(lots) = 0;
  END;
END $$`;

// A statement reads and plans the text of every CHECK of the table it writes, however few its rows are: what is short is
// in place, what is long is in a function, whose plan a session keeps. What entries of one lot say is short. No row is
// read: each of them has passed the constraints that these replace, which say the same.
const SHORT_CHECKS = `
ALTER TABLE accounts
  DROP CONSTRAINT accounts_balances,
  DROP CONSTRAINT accounts_lots,
  ADD CONSTRAINT accounts_balances CHECK (
    cardinality(balances) = 7 * cardinality(units) AND NOT 0 > ANY (balances)) NOT VALID,
  ADD CONSTRAINT accounts_lots CHECK (cardinality(lots) % 12 = 0 AND NOT 0 > ANY (lots)) NOT VALID,
  ADD CONSTRAINT accounts_sums CHECK (account_adds_up(balances, lots)) NOT VALID;
ALTER TABLE entries
  DROP CONSTRAINT entries_type,
  DROP CONSTRAINT entries_unit,
  DROP CONSTRAINT entries_lots,
  ADD CONSTRAINT entries_type CHECK (type = ANY (
    '{reserve,commit,release,expire,grant,extend,refund,revoke,reinstate,rollover,subscribe,configure,freeze,unfreeze}'::text[]
  )) NOT VALID,
  ADD CONSTRAINT entries_unit CHECK (
    (unit IS NULL) = (type = ANY ('{subscribe,configure,freeze,unfreeze}'::text[]))) NOT VALID,
  ADD CONSTRAINT entries_lots CHECK (
    CASE cardinality(lots)
      WHEN 4 THEN lots[2] >= 0 AND lots[3] = coalesce(available, 0) AND lots[4] = coalesce(held, 0)
      ELSE lot_changes_add_up(lots, coalesce(available, 0), coalesce(held, 0))
    END) NOT VALID`;

// The look-up behind the first of new entries, as it was but for NOT EXISTS, which lets the planner read all entries into a
// hash: it prefers that while they are few, and keeps to it when they are not. What it refuses stays the same either way.
const NO_HASH_OF_ALL_ENTRIES = `
CREATE OR REPLACE FUNCTION refuse_gaps_between_entries_2() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
  IF EXISTS (
    SELECT FROM (
      SELECT account_no, min(seq) AS lowest, max(seq) AS highest, count(*) AS number
      FROM inserted GROUP BY account_no OFFSET 0) i
    WHERE i.highest - i.lowest + 1 <> i.number
      OR (i.lowest > 1 AND (
        SELECT e.seq FROM entries e WHERE e.account_no = i.account_no AND e.seq = i.lowest - 1) IS NULL)
  ) THEN
    RAISE EXCEPTION 'an entry does not follow the one before it'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_without_gaps', TABLE = 'entries';
  END IF;
  RETURN NULL;
END $$`;
