import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { onBothQueues } from '../support/both-queues.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/data-dir.js';
import { RedisServer } from '../support/redis-server.js';
import { startService, type RunningService } from '../support/service.js';
import { startWorker } from '../support/worker-replica.js';

const HOLDS = 20;

describe('a worker killed in the middle of a job', () => {
  onBothQueues(store => {
    let database: TestDatabase;
    let redis: RedisServer | undefined;

    beforeEach(async () => {
      database = await createTestDatabase();
      redis = store === 'redis' ? await RedisServer.start() : undefined;
    });

    afterEach(async () => {
      await redis?.stop();
      await database.close();
    });

    test('leaves the job to another, which does it once', async () => {
      const stuck = await startStuckWorker();
      const done: string[] = [];
      // It finds nothing by itself: what it does was left to it.
      const job = {
        name: 'poison',
        everyMs: 200,
        run: async () => {},
        retry: async (item: string) => void done.push(item),
      };
      stuck.kill('SIGKILL');
      const other = startWorker(database, redis?.url, [job]);
      await eventually(() => done.length > 0);
      await eventually(async () => (await other.queue.queue.getActiveCount()) === 0);
      expect(done).toEqual(['live-7']);
      expect(await other.letters.list(0, 10)).toEqual([]);
      await other.stop();
    });

    test('leaves holds to another, which end once each', async () => {
      const env: Record<string, string> = {
        API_KEY: `crd_live_${randomUUID()}`,
        ...(redis && { REDIS_URL: redis.url }),
      };
      const start = (ROLE: string) => startService({ databaseUrl: database.url, env: { ...env, ROLE } });
      const api = await start('api');
      const locker = await database.ownerPool.connect();
      await locker.query('BEGIN');
      await hold(api, 'held-0');
      // Whoever ends this hold waits for the account.
      await locker.query(`SELECT FROM accounts WHERE id = 'held-0' FOR UPDATE`);
      for (let i = 1; i < HOLDS; i++) await hold(api, `held-${i}`);
      const worker = await start('worker');
      await eventually(async () => (await waitingForTheLock()).length > 0);
      const ofTheKilled = await waitingForTheLock();
      await worker.kill9();
      const other = await start('worker');
      // PostgreSQL does not notice that nobody waits for the killed one's statement any more: it will be done.
      await eventually(async () => (await waitingForTheLock()).some(pid => !ofTheKilled.includes(pid)));
      await locker.query('ROLLBACK');
      locker.release();
      await eventually(async () => (await count('holds')) === 0);
      const { rows } = await database.ownerPool.query(
        `SELECT count(*)::int AS ends, count(DISTINCT account_no)::int AS accounts FROM entries WHERE type = 'expire'`,
      );
      expect(rows).toEqual([{ ends: HOLDS, accounts: HOLDS }]);
      expect(await Promise.all([other.stop(), api.stop()])).toEqual([0, 0]);
    });

    async function startStuckWorker() {
      const script = join(process.env['TEST_COMPILED_SERVICE']!, 'test', 'support', 'stuck-worker.js');
      const args = [script, database.url, ...(redis === undefined ? [] : [redis.url])];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const [said] = (await once(child.stdout, 'data')) as [Buffer];
      expect(String(said)).toBe('begun live-7\n');
      return child;
    }

    async function hold(api: RunningService, account: string): Promise<void> {
      await post(api, `${account}/grants`, { amount: '10' });
      await post(api, `${account}/reservations`, { amount: '4', ttl_seconds: 1, grace_seconds: 0 });
    }

    async function post({ url, apiKey }: RunningService, path: string, body: object): Promise<void> {
      const headers = {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      };
      const answer = await fetch(`${url}/v1/accounts/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      expect(answer.status).toBe(201);
    }

    /** Connections that write and cannot. */
    async function waitingForTheLock(): Promise<number[]> {
      const { rows } = await database.ownerPool.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity
         WHERE datname = $1 AND wait_event_type = 'Lock' AND application_name LIKE 'credits-ledger lane%'`,
        [database.name],
      );
      return rows.map(({ pid }) => pid);
    }

    async function count(table: string): Promise<number> {
      const { rows } = await database.ownerPool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`);
      return rows[0]!.n;
    }
  });
});
