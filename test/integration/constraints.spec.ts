import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DatabaseError, type Pool } from 'pg';
import { recordUse } from '../../src/runs/record-use.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { openEngine } from '../support/engine.js';
import { Teller } from '../support/teller.js';

/** Goes around the application: whoever reaches the database, the rules hold. */
describe('PostgreSQL itself', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    const engine = await openEngine(database);
    const teller = new Teller(engine);
    await teller.grant('a', 10, {}, { key: 'k', fact: 'reference:1' });
    await teller.reserve('a', 4);
    await engine.writePath.drain();
  });

  afterAll(() => database.close());

  /** SQLSTATE and, where there is one, the constraint that refused. */
  async function refusal(pool: Pool, sql: string): Promise<string> {
    try {
      await pool.query(sql);
    } catch (error) {
      if (error instanceof DatabaseError) return [error.code, error.constraint].filter(Boolean).join(' ');
      throw error;
    }
    throw new Error(`not refused: ${sql}`);
  }

  const entry = (columns: Record<string, string>) => {
    const row = { account_no: '1', seq: '3', type: `'grant'`, unit: `'credits'`, amount: '1', closes: 'false', effective_at: 'now()', recorded_at: 'now()', ...columns }; // prettier-ignore
    return `INSERT INTO entries (${Object.keys(row).join()}) VALUES (${Object.values(row).join()})`;
  };
  const CHECK = '23514';
  const DUPLICATE = '23505';
  const NO_PRIVILEGE = '42501';
  const RESTRICTED = '23001 entries_only_inserted';

  test.each(['UPDATE entries SET amount = 0', 'DELETE FROM entries', 'TRUNCATE entries'])(
    'refuses %s to the service and to the owner',
    async sql => {
      expect(await refusal(database.appPool, sql)).toBe(NO_PRIVILEGE);
      expect(await refusal(database.ownerPool, sql)).toBe(RESTRICTED);
    },
  );

  test('refuses the owner also in a session that replicates, and changes that match no row', async () => {
    const owner = await database.ownerPool.connect();
    await owner.query('SET session_replication_role = replica');
    await expect(owner.query('DELETE FROM entries')).rejects.toMatchObject({ code: '23001' });
    await expect(owner.query('DELETE FROM entries WHERE false')).rejects.toMatchObject({ code: '23001' });
    await owner.query('RESET session_replication_role');
    owner.release();
  });

  test.each([
    'UPDATE facts SET seq = 9',
    'DELETE FROM facts',
    'DELETE FROM outcomes',
    'UPDATE outcomes SET seq = 9',
    'UPDATE outcomes SET request_hash = key_hash',
    'DELETE FROM accounts',
    'DELETE FROM account_names',
    'UPDATE account_names SET account_no = 9',
    'UPDATE holds SET expires_at = now()',
    'DELETE FROM balance_snapshots',
    'UPDATE secrets SET value = value',
    'DELETE FROM units',
    'DELETE FROM api_keys',
    'UPDATE ops_runs SET reason = NULL',
    'UPDATE ops_runs SET actor = actor',
    'DELETE FROM ops_runs',
    `UPDATE plan_versions SET definition = '{}'`,
    'DELETE FROM plan_versions',
    `INSERT INTO plan_versions (plan, version, definition, published_by, published_at) VALUES ('pro', 2, '{}', 'a', 'epoch')`,
    'DELETE FROM plans',
    'UPDATE plans SET id = id',
    'UPDATE plan_stripe_prices SET plan = plan',
    'DELETE FROM plan_stripe_prices',
    `INSERT INTO ops_runs (actor, action, arguments, state, requested_at) VALUES ('a', 'verify', '{}', 'recorded', 'epoch')`,
    'ALTER TABLE entries DISABLE TRIGGER entries_only_inserted',
    'CREATE TABLE mine ()',
    'RESET ROLE; SET session_replication_role = replica',
  ])('refuses the service: %s', async sql => {
    expect(await refusal(database.appPool, sql)).toBe(NO_PRIVILEGE);
  });

  test.each([`UPDATE ops_runs SET reason = 'another'`, 'DELETE FROM ops_runs', 'TRUNCATE ops_runs'])(
    'refuses %s to the owner: what was asked of operations stays on record',
    async sql => {
      expect(await refusal(database.ownerPool, sql)).toBe('23001 ops_runs_stay');
    },
  );

  test.each([
    `UPDATE plan_versions SET definition = '{"name": "Another"}'`,
    'UPDATE plan_versions SET version = version + 1',
    'DELETE FROM plan_versions',
    'TRUNCATE plan_versions',
    `UPDATE plan_stripe_prices SET plan = 'free'`,
    'DELETE FROM plan_stripe_prices',
    'UPDATE plans SET id = id',
    'DELETE FROM plans',
    'TRUNCATE plans CASCADE',
    `SET session_replication_role = replica; UPDATE plan_versions SET published_by = 'nobody'`,
  ])('refuses %s to the owner: what is published of plans never changes', async sql => {
    expect(await refusal(database.ownerPool, sql)).toBe('23001 plans_only_published');
  });

  const version = (plan: string, number: number) =>
    `INSERT INTO plan_versions (plan, version, definition, published_by) VALUES ('${plan}', ${number}, '{}', 'key_a')`;

  test('takes versions of a plan in their order only, each once, and a price of Stripe for one plan', async () => {
    await database.ownerPool.query(`INSERT INTO plans (id) VALUES ('pro'), ('free')`);
    await database.appPool.query(version('pro', 1));
    for (const pool of [database.appPool, database.ownerPool]) {
      expect(await refusal(pool, version('pro', 1))).toBe(`${DUPLICATE} plan_versions_once`);
      expect(await refusal(pool, version('pro', 3))).toBe('23503 plan_versions_follow');
      expect(await refusal(pool, version('pro', 0))).toBe(`${CHECK} plan_versions_from_one`);
      expect(await refusal(pool, version('nobody', 1))).toBe('23503 plan_versions_plan');
    }
    const bind = (plan: string) => `INSERT INTO plan_stripe_prices (stripe_price, plan) VALUES ('price_1', '${plan}')`;
    await database.appPool.query(bind('pro'));
    expect(await refusal(database.ownerPool, bind('free'))).toBe(`${DUPLICATE} plan_stripe_prices_once`);
    expect(await refusal(database.ownerPool, `INSERT INTO plans (id) VALUES ('fallback:free')`)).toBe(
      `${CHECK} plans_id`,
    );
  });

  test('records the use of an ops call as it was made', async () => {
    const use = {
      actor: 'key_a',
      mode: 'live',
      action: 'jobs.retry',
      arguments: { job: '7' },
      reason: 'late',
    } as const;
    const id = await recordUse(database.appPool, use);
    const { rows } = await database.appPool.query(
      'SELECT actor, mode, action, arguments, reason, state FROM ops_runs WHERE id = $1',
      [id],
    );
    expect(rows).toEqual([{ ...use, state: 'recorded' }]);
  });

  test('shows the reader everything but keys and secrets, and lets it write nothing', async () => {
    const reader = await database.ownerPool.connect();
    await reader.query('SET ROLE credits_ledger_reader');
    await reader.query('SELECT FROM entries, accounts, live_lots, holds, outcomes, facts');
    for (const sql of ['SELECT FROM api_keys', 'SELECT FROM secrets', entry({ granted: '1', available: '1' })]) {
      await expect(reader.query(sql)).rejects.toMatchObject({ code: NO_PRIVILEGE });
    }
    await reader.query('RESET ROLE');
    reader.release();
  });

  test.each([
    ['deltas that do not balance', { granted: '5', available: '4', lots: `'{1,5,4,0}'` }, 'entries_deltas'],
    ['debt that nothing explains', { debt: '4' }, 'entries_deltas'],
    ['lots that do not make up the deltas', { granted: '5', available: '5', lots: `'{1,5,4,0}'` }, 'entries_lots'],
    ['several lots that do not', { granted: '5', available: '5', lots: `'{1,5,4,0,2,1,2,0}'` }, 'entries_lots'],
    ['half a lot', { granted: '5', available: '5', lots: `'{1,5,5}'` }, 'entries_lots'],
    ['credits that no lot has', { granted: '5', available: '5' }, 'entries_lots_move'],
    ['a negative amount', { amount: '-1' }, 'entries_amount'],
    ['a type nobody knows', { type: `'gift'` }, 'entries_type'],
    ['a movement without unit', { unit: 'NULL' }, 'entries_unit'],
    ['a reservation of the future', { reservation: '4' }, 'entries_reservation'],
    ['a seq that is none', { seq: '0' }, 'entries_seq'],
  ])('refuses an entry with %s', async (_, columns, constraint) => {
    expect(await refusal(database.appPool, entry(columns as Record<string, string>))).toBe(`${CHECK} ${constraint}`);
  });

  test('refuses an entry that leaves a gap, in its account or before its first, alone or among others', async () => {
    const gap = `${CHECK} entries_without_gaps`;
    const grant = { granted: '1', available: '1', lots: `'{1,1,1,0}'` };
    expect(await refusal(database.appPool, entry({ ...grant, seq: '4' }))).toBe(gap);
    expect(await refusal(database.appPool, entry({ ...grant, account_no: '99', seq: '2' }))).toBe(gap);
    const several = `${entry({ ...grant, seq: '3' })}, (1, 5, 'freeze', NULL, 0, false, now(), now(), NULL, NULL, NULL)`;
    expect(await refusal(database.appPool, several)).toBe(gap);
    expect(await refusal(database.ownerPool, entry({ ...grant, seq: '4' }))).toBe(gap);
  });

  test('refuses a second entry with the same seq, a second use of a key or a fact, a second number for a name', async () => {
    expect(await refusal(database.appPool, entry({ seq: '2' }))).toBe(`${DUPLICATE} entries_once`);
    const again = (table: string) => `INSERT INTO ${table} SELECT * FROM ${table}`;
    expect(await refusal(database.appPool, again('outcomes'))).toBe(`${DUPLICATE} outcomes_once`);
    expect(await refusal(database.appPool, again('facts'))).toBe(`${DUPLICATE} facts_once`);
    expect(await refusal(database.appPool, again('holds'))).toBe(`${DUPLICATE} holds_once`);
    const named = `INSERT INTO account_names SELECT mode, id, account_no + 1 FROM account_names`;
    expect(await refusal(database.appPool, named)).toBe(`${DUPLICATE} account_names_once`);
    const numbered = `INSERT INTO account_names SELECT mode, 'b', account_no FROM account_names`;
    expect(await refusal(database.appPool, numbered)).toBe(`${DUPLICATE} account_names_number`);
  });

  test.each([
    ['a negative sum', `balances[2] = -1, balances[1] = 3`, 'accounts_balances'],
    ['sums that do not add up', `balances[4] = 1`, 'accounts_sums'],
    ['debt while something is available', `balances[7] = 1, balances[4] = 1`, 'accounts_sums'],
    ['sums without a unit', `units = '{}'`, 'accounts_balances'],
    ['more available than the lots have', `balances[1] = 11000000, balances[2] = 7000000`, 'accounts_sums'],
    ['no lots behind its balance', `lots = '{}'`, 'accounts_sums'],
    ['a lot of a unit it has not', `lots[12] = 2`, 'accounts_sums'],
    ['a negative lot', `lots[3] = -1`, 'accounts_lots'],
    ['half a lot', `lots = lots || '{1,1,1}'::bigint[]`, 'accounts_lots'],
    ['nothing in place of a sum', `balances[4] = NULL`, 'accounts_sums'],
    ['a seq that is none', `seq = -1`, 'accounts_seq'],
    [
      'debt in its second unit while something is available there',
      `units = '{credits,x}', balances = balances || '{0,5,0,0,0,0,5}'::bigint[]`,
      'accounts_sums',
    ],
    [
      'a second unit that no lot makes up',
      `units = '{credits,x}', balances = balances || '{5,5,0,0,0,0,0}'::bigint[]`,
      'accounts_sums',
    ],
    [
      'sums of its second unit that do not add up',
      `units = '{credits,x}', balances = balances || '{5,0,0,0,0,0,0}'::bigint[]`,
      'accounts_sums',
    ],
    [
      'a negative sum of its third unit',
      `units = '{credits,x,y}', balances = balances || '{0,0,0,0,0,0,0,0,-1,1,0,0,0,0}'::bigint[]`,
      'accounts_balances',
    ],
    [
      'sums of its third unit that do not add up',
      `units = '{credits,x,y}', balances = balances || '{0,0,0,0,0,0,0,5,0,0,0,0,0,0}'::bigint[]`,
      'accounts_sums',
    ],
    [
      'debt in its third unit while something is available there',
      `units = '{credits,x,y}', balances = balances || '{0,0,0,0,0,0,0,0,5,0,0,0,0,5}'::bigint[]`,
      'accounts_sums',
    ],
    [
      'sums of its fourth unit that do not add up',
      `units = '{credits,x,y,z}', balances = balances || '{0,0,0,0,0,0,0,0,0,0,0,0,0,0,5,0,0,0,0,0,0}'::bigint[]`,
      'accounts_sums',
    ],
    [
      'a third unit that no lot makes up, behind one that has none',
      `units = '{credits,x,y}', balances = balances || '{0,0,0,0,0,0,0,5,5,0,0,0,0,0}'::bigint[]`,
      'accounts_sums',
    ],
    [
      'a lot of its second unit that is more than the balance there',
      `units = '{credits,x}', balances = balances || '{5,5,0,0,0,0,0}'::bigint[],
        lots = lots || '{9,6,6,0,0,0,1,0,50,0,0,2}'::bigint[]`,
      'accounts_sums',
    ],
    [
      'a lot of a unit behind its last',
      `units = '{credits,x}', balances = balances || '{0,0,0,0,0,0,0}'::bigint[],
        lots = lots || '{9,0,0,0,0,0,1,0,50,0,0,3}'::bigint[]`,
      'accounts_sums',
    ],
    [
      'a lot of its first unit behind one of its second',
      `units = '{credits,x}', balances = balances || '{5,5,0,0,0,0,0}'::bigint[],
        lots = '{9,5,5,0,0,0,1,0,50,0,0,2}'::bigint[] || lots`,
      'accounts_sums',
    ],
  ])('refuses an account with %s', async (_, change, constraint) => {
    expect(await refusal(database.appPool, `UPDATE accounts SET ${change}`)).toBe(`${CHECK} ${constraint}`);
  });

  test.each([
    ['none', `units = '{}', balances = '{}', lots = '{}'`],
    [
      'two, of one lot each',
      `units = '{credits,x}', balances = balances || '{5,5,0,0,0,0,0}'::bigint[],
      lots = lots || '{9,5,5,0,0,0,1,0,50,0,0,2}'::bigint[]`,
    ],
    [
      'three, one without lots',
      `units = '{credits,x,y}', balances = balances || '{0,0,0,0,0,0,0,7,5,2,0,0,0,0}'::bigint[],
      lots = lots || '{9,6,5,1,0,0,1,0,50,0,0,3,10,1,0,1,0,0,1,0,50,0,0,3}'::bigint[]`,
    ],
    [
      'four, the last in debt',
      `units = '{credits,x,y,z}', balances = balances || '{0,0,0,0,0,0,0,7,5,2,0,0,0,0,0,0,0,5,0,0,5}'::bigint[],
      lots = lots || '{9,7,5,2,0,0,1,0,50,0,0,3}'::bigint[]`,
    ],
  ])(
    'takes an account whose lots make up all its units: %s; also from whoever restores it, without a search path',
    async (_, fits) => {
      const client = await database.ownerPool.connect();
      try {
        await client.query(`BEGIN; SET LOCAL search_path = ''`);
        expect((await client.query(`UPDATE public.accounts SET ${fits}`)).rowCount).toBe(1);
      } finally {
        await client.query('ROLLBACK');
        client.release();
      }
    },
  );

  test('refuses a hold that holds nothing, less than nothing, or of no line', async () => {
    const hold = (lines: string, held: string) => `
      INSERT INTO holds (account_no, reservation, created_at, expires_at, grace_ms, overage, late, units, lines, held)
      VALUES (1, 9, now(), now(), 0, 'reject', 'reject', '{credits}', '${lines}', '${held}')`;
    expect(await refusal(database.appPool, hold('{1,0,0,0}', '{1,1024,0}'))).toBe(`${CHECK} holds_held`);
    expect(await refusal(database.appPool, hold('{1,0,0,0}', '{1,1024,-1}'))).toBe(`${CHECK} holds_held`);
    expect(await refusal(database.appPool, hold('{1,0,0}', '{1,1024,1}'))).toBe(`${CHECK} holds_lines`);
    expect(await refusal(database.appPool, hold('{-1,0,0,0}', '{1,1024,1}'))).toBe(`${CHECK} holds_lines`);
  });

  test('lets sums come right up to the edge of a bigint, and not beyond', async () => {
    const most = '9223372036854775807';
    const sums = (sums: string) => `SELECT balances_add_up('{${sums}}') AS fine`;
    const { rows } = await database.appPool.query(sums(`${most},${most},0,0,0,0,0`));
    expect(rows).toEqual([{ fine: true }]);
    expect(await refusal(database.appPool, sums(`${most},${most},1,0,0,0,0`))).toBe('22003');
  });
});
