import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { auditLedger } from '../../support/audit.js';
import { eventually } from '../../support/data-dir.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { faultsAmong, openEngine, type Engine } from '../../support/engine.js';
import { Teller } from '../../support/teller.js';

const CLOCK = 'clk_of_a_test';
const JOIN = { type: 'configure', overdraftLimits: null, metadata: null, testClock: CLOCK } as const;

describe('replicas whose batches meet at a test clock', () => {
  let database: TestDatabase;
  let engines: Engine[];
  let one: Teller;
  let other: Teller;

  beforeAll(async () => {
    database = await createTestDatabase();
    engines = await Promise.all([openEngine(database), openEngine(database)]);
    [one, other] = engines.map(engine => new Teller(engine, 'test')) as [Teller, Teller];
    await database.ownerPool.query(`INSERT INTO test_clocks (id, now_at) VALUES ($1, '2027-01-01')`, [CLOCK]);
  });

  afterAll(async () => {
    expect(await auditLedger(database)).toEqual([]);
    await Promise.all(engines.map(({ writePath }) => writePath.drain()));
    await database.close();
  });

  /** Statements of lanes that wait for somebody's lock. */
  async function waiting(like = '%'): Promise<number> {
    const { rowCount } = await database.ownerPool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1`,
      [like],
    );
    return rowCount!;
  }

  test('an account joins the clock beside a spend of one that another replica settles behind its row: neither holds what the other needs', async () => {
    await one.command('lives', JOIN);
    await one.grant('lives', 10);
    await other.charge('lives', 1);
    await engines[1]!.writePath.meet([{ mode: 'test', account: 'joins' }]);
    const holder = await database.ownerPool.connect();
    try {
      await holder.query('BEGIN');
      await holder.query(`SELECT FROM accounts WHERE id = 'lives' FOR UPDATE`);
      // Waits for the row as long as a lane does, then behind row locks, and so to its end.
      const settled = one.charge('lives', 2);
      await eventually(async () => (await waiting('%FOR UPDATE%')) === 1);
      // One batch: it holds the clock for the account that joins, and waits for the row of the other.
      const together = [other.charge('lives', 3), other.command('joins', JOIN)];
      await eventually(async () => (await waiting()) === 2);
      const said = engines.map(({ warnings }) => warnings.length);
      await holder.query('COMMIT');
      await Promise.all([settled, ...together]);
      expect(engines.map(({ warnings }, i) => faultsAmong(warnings.slice(said[i])))).toEqual([[], []]);
    } finally {
      holder.release();
    }
    expect(await one.balance('lives')).toMatchObject({ available: 4n, spent: 6n });
  });
});
