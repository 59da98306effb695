import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/data-dir.js';
import { startService, type RunningService } from '../support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/** Longer than a queue's connection may be useless before it is replaced by one that cannot be made either. */
const AWAY_MS = 15_000;
/** Of everything in a process that runs jobs: nobody tries again sooner than after a second. */
const MOST_TRIES_PER_SECOND = 8;
/** Of which a machine may have been busy with something else. */
const LONGEST_SILENCE_MS = 60_000;

describe('a PostgreSQL that ends every connection, with jobs on it', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let service: RunningService;

  beforeAll(async () => {
    database = await createTestDatabase();
    proxy = await TcpProxy.open(database.url);
    service = await startService({ databaseUrl: proxy.url });
  });

  afterAll(async () => {
    await service.stop();
    await proxy.close();
    await database.close();
  });

  test('is not asked without a pause, and keeps the service from nothing else', async () => {
    await eventually(async () => (await readiness()) === 'ok');
    proxy.down = true;
    proxy.endAll();
    const triedBefore = proxy.accepted;
    const since = Date.now();
    while (Date.now() - since < AWAY_MS) {
      expect((await get('/livez')).status).toBe(200);
      await sleep(500);
    }
    const seconds = (Date.now() - since) / 1000;
    expect((proxy.accepted - triedBefore) / seconds).toBeLessThan(MOST_TRIES_PER_SECOND);
  });

  test('finds its jobs done again when it is back', async () => {
    proxy.down = false;
    await eventually(async () => (await readiness()) === 'ok');
    await post('grants', { amount: '10' });
    await post('reservations', { amount: '4', ttl_seconds: 1, grace_seconds: 0 });
    await eventually(async () => {
      const { rows } = await database.ownerPool.query(`SELECT FROM entries WHERE type = 'expire'`);
      return rows.length === 1;
    });
  });

  function get(path: string): Promise<Response> {
    return fetch(`${service.url}${path}`, { signal: AbortSignal.timeout(LONGEST_SILENCE_MS) });
  }

  async function readiness(): Promise<string> {
    const { status } = (await (await get('/readyz')).json()) as { status: string };
    return status;
  }

  async function post(path: string, body: object): Promise<void> {
    const headers = {
      authorization: `Bearer ${service.apiKey}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    };
    const url = `${service.url}/v1/accounts/away/${path}`;
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.status).toBe(201);
  }
});
