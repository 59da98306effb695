import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

describe('a shared connection', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterAll(async () => {
    await database.close();
  });

  test('that is lost while somebody has it fails the next statement, and nothing else', async () => {
    const client = await database.appPool.connect();
    await lose(client);
    await expect(client.query('SELECT 1')).rejects.toThrow(/not queryable/);
    client.release(true);
    expect((await database.appPool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  test('that is let go of although the server does not answer fails the statement under way', async () => {
    const { appPool, close } = await createTestDatabase();
    const client = await appPool.connect();
    const stuck = expect(client.query('SELECT pg_sleep(60)')).rejects.toThrow(/terminated/);
    appPool.hangUp();
    await stuck;
    client.release(true);
    await expect(appPool.query('SELECT 1')).rejects.toThrow(/after calling end/);
    await close();
  });

  /** By the server's doing, as when it restarts. */
  async function lose(client: PoolClient): Promise<void> {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    // Not `once` of node:events: that would listen for errors as well.
    const gone = new Promise<void>(resolve => client.once('end', resolve));
    await database.ownerPool.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
    await gone;
  }
});
