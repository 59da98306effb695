import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { QUEUE_LIMIT } from '../../../src/ledger/lane.js';
import { auditLedger } from '../../support/audit.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { openEngine, type Engine } from '../../support/engine.js';
import { refusalOf, Teller } from '../../support/teller.js';

describe('a lane', () => {
  let database: TestDatabase;
  let engine: Engine;
  let teller: Teller;

  beforeEach(async () => {
    database = await createTestDatabase();
    engine = await openEngine(database);
    teller = new Teller(engine);
    await teller.grant('a', 1_000);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await engine.writePath.drain();
    expect(await auditLedger(database)).toEqual([]);
    await database.close();
  });

  test('turns away at once what its queue cannot hold, and answers all that it took', async () => {
    const calls = Array.from({ length: QUEUE_LIMIT + 50 }, () => teller.balance('a'));
    const results = await Promise.allSettled(calls);
    const refused = results.filter(result => result.status === 'rejected').map(({ reason }) => reason);
    expect(refused).toHaveLength(50);
    for (const reason of refused) expect(reason).toMatchObject({ code: 'busy', retryable: true });
  });

  test('drains: answers what it has, takes no more', async () => {
    const calls = Array.from({ length: 200 }, () => teller.charge('a', 1));
    const newAccount = teller.grant('new', 1);
    const drained = engine.writePath.drain();
    expect(await refusalOf(teller.charge('a', 1))).toMatchObject({ code: 'busy', retryable: true });
    await drained;
    expect((await Promise.all(calls)).at(-1)).toMatchObject({ seq: 201 });
    expect(await newAccount).toMatchObject({ seq: 1 });
    const { rows } = await database.ownerPool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%lane%'`,
    );
    expect(rows).toHaveLength(0);
  });

  test('does not decide what is past its deadline when its turn comes', async () => {
    const late = teller.charge('a', 1, {}, { deadlineAt: performance.now() - 1 });
    expect(await refusalOf(late)).toMatchObject({ code: 'busy' });
    expect(await teller.balance('a')).toMatchObject({ seq: 1 });
  });

  test('waits for a row that another session holds, and then moves on', async () => {
    const holder = await database.ownerPool.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM accounts FOR UPDATE');
    const charge = teller.charge('a', 1);
    const impatient = teller.charge('a', 1, {}, { deadlineAt: performance.now() + 300 });
    expect(await refusalOf(impatient)).toMatchObject({ code: 'busy' });
    await holder.query('COMMIT');
    holder.release();
    expect(await charge).toMatchObject({ seq: 2 });
  });

  test('answers for other accounts while somebody holds the row of one', async () => {
    await teller.grant('b', 10);
    const holder = await database.ownerPool.connect();
    await holder.query('BEGIN');
    await holder.query(`SELECT FROM accounts WHERE id = 'a' FOR UPDATE`);
    const held = Array.from({ length: 3 }, () => teller.charge('a', 1));
    for (let seq = 2; seq < 6; seq++) {
      // Who waits for that row waits until it is over.
      const deadlineAt = performance.now() + 60_000;
      expect(await teller.charge('b', 1, {}, { deadlineAt })).toMatchObject({ seq });
    }
    await holder.query('COMMIT');
    holder.release();
    expect((await Promise.all(held)).map(({ seq }) => seq)).toEqual([2, 3, 4]);
  });

  test.each([3_600_000, -1_500])("decides by the database's clock when its own estimate is %s ms off", async offMs => {
    const monotonic = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => monotonic() + offMs);
    const before = Date.now();
    const { reservation } = await teller.reserve('a', 1, { ttlMs: 1_000 });
    const endsAt = Date.parse((reservation as unknown as { expires_at: string }).expires_at);
    expect(endsAt).toBeGreaterThanOrEqual(before + 1_000 - 50);
    expect(endsAt).toBeLessThanOrEqual(Date.now() + 1_000 + 50);
  });
});

describe('a clock of the database that is set back', () => {
  test('stops no lane, also where the outcome of a batch was not known at that moment', async () => {
    const database = await createTestDatabase();
    const { ownerPool } = database;
    await ownerPool.query('CREATE TABLE set_back (by interval)');
    await ownerPool.query(`INSERT INTO set_back VALUES ('0'); GRANT SELECT ON set_back TO PUBLIC`);
    await ownerPool.query(`CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
      RETURN pg_catalog.clock_timestamp() - (SELECT by FROM set_back)`);
    await ownerPool.query(`DO $$ BEGIN
      EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$`);
    const engine = await openEngine(database);
    const teller = new Teller(engine);
    await teller.grant('a', 5);
    const holder = await ownerPool.connect();
    await holder.query('BEGIN; SELECT FROM accounts FOR UPDATE');
    const charge = teller.charge('a', 1);
    await new Promise(resolve => setTimeout(resolve, 200));
    await ownerPool.query(`UPDATE set_back SET by = '1 hour'`);
    await ownerPool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE '%lane%'`);
    await holder.query('COMMIT');
    holder.release();
    expect(await charge).toMatchObject({ seq: 2 });
    await engine.writePath.drain();
    await database.close();
  });
});

describe('an account whose last entry lies in the future of the clock', () => {
  test('goes on from there: its time never runs backwards', async () => {
    const database = await createTestDatabase();
    let engine = await openEngine(database);
    await new Teller(engine).grant('a', 5);
    await engine.writePath.drain();
    await database.ownerPool.query(`UPDATE accounts SET last_effective_at = last_effective_at + interval '1 hour'`);
    engine = await openEngine(database);
    await new Teller(engine).charge('a', 1);
    const { rows } = await database.ownerPool.query<{ effective_at: Date; recorded_at: Date }>(
      'SELECT effective_at, recorded_at FROM entries WHERE seq = 2',
    );
    expect(rows[0]!.effective_at.getTime() - rows[0]!.recorded_at.getTime()).toBeGreaterThan(3_500_000);
    await engine.writePath.drain();
    await database.close();
  });
});
