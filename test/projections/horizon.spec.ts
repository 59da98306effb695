import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { Horizon } from '../../src/projections/horizon.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const DRAW = `SELECT nextval('entry_positions') AS position`;
const INSERT = `
INSERT INTO entries (account_no, seq, position, type, amount, closes, effective_at, recorded_at)
VALUES ($1, 1, coalesce($2, nextval('entry_positions')), 'freeze', 0, false, now(), now()) RETURNING position`;
const MOVE_ACCOUNT = `
INSERT INTO accounts (account_no, mode, id, seq, created_at, last_effective_at, frozen, units, balances, lots)
VALUES ($1, 'live', 'account ' || $1::bigint, 1, now(), now(), false, '{}', '{}', '{}')`;

describe('the horizon of a follower', () => {
  let database: TestDatabase;
  let late: Client;
  let other: Client;
  let horizon: Horizon;
  let accountNo = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  beforeEach(async () => {
    [late, other] = [new Client(database.url), new Client(database.url)];
    await Promise.all([late.connect(), other.connect()]);
    horizon = new Horizon();
  });

  afterEach(() => Promise.all([late.end(), other.end()]));

  afterAll(() => database.close());

  async function insert(client: Client, position: number | null = null): Promise<number> {
    return Number((await client.query(INSERT, [++accountNo, position])).rows[0].position);
  }

  function reach(): Promise<number> {
    return horizon.reach(database.appPool);
  }

  async function isVisible(position: number): Promise<boolean> {
    const { rowCount } = await database.appPool.query('SELECT FROM entries WHERE position = $1', [position]);
    return rowCount === 1;
  }

  /** Where a transaction may stand when somebody else's later entry is committed: draws a position, tells how it ends. */
  const points: [string, (client: Client) => Promise<{ drawn: number; end: () => Promise<unknown> }>][] = [
    [
      'drew a position and has written nothing',
      async client => {
        const drawn = Number((await client.query(DRAW)).rows[0].position);
        return { drawn, end: () => insert(client, drawn).then(() => client.query('COMMIT')) };
      },
    ],
    [
      'moved an account and inserted its entry',
      async client => {
        await client.query(MOVE_ACCOUNT, [1000 + accountNo]);
        return { drawn: await insert(client), end: () => client.query('COMMIT') };
      },
    ],
    [
      'inserted behind a savepoint and released it',
      async client => {
        await client.query('SAVEPOINT inside');
        const drawn = await insert(client);
        await client.query('RELEASE SAVEPOINT inside');
        return { drawn, end: () => client.query('COMMIT') };
      },
    ],
    [
      'drew behind a savepoint that was undone, and inserts after it',
      async client => {
        await client.query('SAVEPOINT inside');
        const drawn = Number((await client.query(DRAW)).rows[0].position);
        await client.query('ROLLBACK TO SAVEPOINT inside');
        return { drawn, end: () => insert(client, drawn).then(() => client.query('COMMIT')) };
      },
    ],
    [
      'is prepared',
      async client => {
        const drawn = await insert(client);
        await client.query(`PREPARE TRANSACTION 'of ${database.name}'`);
        return { drawn, end: () => client.query(`COMMIT PREPARED 'of ${database.name}'`) };
      },
    ],
  ];

  test.each(points)('does not pass a transaction that %s', async (_, begin) => {
    await late.query('BEGIN');
    const { drawn, end } = await begin(late);
    const later = await insert(other);
    expect(later).toBeGreaterThan(drawn);

    expect(await reach()).toBeLessThan(drawn);
    expect(await reach()).toBeLessThan(drawn);
    await end();
    expect(await reach()).toBeGreaterThanOrEqual(later);
    expect(await isVisible(drawn)).toBe(true);
  });

  test('does not pass a transaction that was prepared after it was seen', async () => {
    await late.query('BEGIN');
    const drawn = await insert(late);
    expect(await reach()).toBeLessThan(drawn);
    await late.query(`PREPARE TRANSACTION 'of ${database.name}'`);
    expect(await reach()).toBeLessThan(drawn);
    await late.query(`COMMIT PREPARED 'of ${database.name}'`);
    expect(await reach()).toBeGreaterThanOrEqual(drawn);
  });

  test('passes what a transaction drew that was undone, or whose session was killed', async () => {
    await late.query('BEGIN');
    const drawn = await insert(late);
    expect(await reach()).toBeLessThan(drawn);
    const { rows } = await late.query('SELECT pg_backend_pid() AS pid');
    late.on('error', () => {});
    await other.query('SELECT pg_terminate_backend($1, 60000)', [rows[0].pid]);
    expect(await reach()).toBeGreaterThanOrEqual(drawn);
    expect(await isVisible(drawn)).toBe(false);
  });

  test('is not held back by transactions that draw no position, whatever they write and however old they are', async () => {
    await late.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await late.query(MOVE_ACCOUNT, [1000 + ++accountNo]);
    await late.query('SELECT count(*) FROM entries');
    const later = await insert(other);
    expect(await reach()).toBeGreaterThanOrEqual(later);
  });

  test('is not held back by writers of another ledger on the same server', async () => {
    const neighbour = await createTestDatabase();
    const writer = new Client(neighbour.url);
    await writer.connect();
    await writer.query('BEGIN');
    await insert(writer);
    const later = await insert(other);
    expect(await reach()).toBeGreaterThanOrEqual(later);
    await writer.end();
    await neighbour.close();
  });

  test('gets on although there is never a moment without a writer', async () => {
    const start = await insert(other);
    for (let i = 0; i < 5; i++) {
      const [ending, next] = i % 2 === 0 ? [late, other] : [other, late];
      if (i === 0) await ending.query('BEGIN').then(() => insert(ending));
      await reach();
      await next.query('BEGIN');
      await insert(next);
      await ending.query('COMMIT');
      expect(await reach()).toBeGreaterThan(start + i);
    }
  });

  test('rests on a sequence whose values no session keeps for later', async () => {
    const { rows } = await other.query(`SELECT cache_size FROM pg_sequences WHERE sequencename = 'entry_positions'`);
    expect(rows).toEqual([{ cache_size: '1' }]);
  });
});
