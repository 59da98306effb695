import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rate limits of API keys, exact over all replicas. Only keys that have a limit ever get a row. */
export class KeyRates1700000000002 implements MigrationInterface {
  readonly name = 'KeyRates1700000000002';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(KEY_RATES);
    await queryRunner.query(ADMIT_REQUESTS);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

// Unlogged: what was admitted in the last second is worth nothing after a crash, and must not cost a flush.
const KEY_RATES = `
CREATE UNLOGGED TABLE key_rates (
  key_id text COLLATE "C" PRIMARY KEY,
  -- Hundredths of a second since the epoch, and how many requests were admitted in each.
  slots bigint[] NOT NULL,
  admitted integer[] NOT NULL
) WITH (fillfactor = 50)`;

// How many of \`wanted\` requests may pass, so that no second, wherever it begins, has more than \`per_second\`. A request
// counts until a whole second after the end of its slot, so a place comes free up to 10 ms late, never early.
const ADMIT_REQUESTS = `
CREATE FUNCTION admit_requests(key text, wanted integer, per_second integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  rate key_rates;
  slot bigint;
  kept_slots bigint[] := '{}';
  kept_admitted integer[] := '{}';
  used integer := 0;
  passes integer;
BEGIN
  INSERT INTO key_rates VALUES (key, '{}', '{}') ON CONFLICT DO NOTHING;
  SELECT * INTO rate FROM key_rates WHERE key_id = key FOR UPDATE;
  -- Read behind the lock: the clock of whoever waited has moved on.
  slot := floor(extract(epoch FROM clock_timestamp()) * 100);
  FOR i IN 1 .. cardinality(rate.slots) LOOP
    -- Moments to come are from before the clock was set back.
    IF rate.slots[i] BETWEEN slot - 100 AND slot THEN
      kept_slots := kept_slots || rate.slots[i];
      kept_admitted := kept_admitted || rate.admitted[i];
      used := used + rate.admitted[i];
    END IF;
  END LOOP;
  passes := greatest(0, least(wanted, per_second - used));
  IF passes > 0 THEN
    IF kept_slots[cardinality(kept_slots)] = slot THEN
      kept_admitted[cardinality(kept_admitted)] := kept_admitted[cardinality(kept_admitted)] + passes;
    ELSE
      kept_slots := kept_slots || slot;
      kept_admitted := kept_admitted || passes;
    END IF;
  END IF;
  UPDATE key_rates SET slots = kept_slots, admitted = kept_admitted WHERE key_id = key;
  RETURN passes;
END $$`;

const GRANTS = `
GRANT SELECT, INSERT, UPDATE ON key_rates TO credits_ledger_app`;

const DROP_EVERYTHING = `
DROP FUNCTION admit_requests;
DROP TABLE key_rates`;
