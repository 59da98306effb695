import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/data-dir.js';
import { onBothQueues } from '../support/both-queues.js';
import { expectInTime } from '../support/in-time.js';
import { RedisServer } from '../support/redis-server.js';
import { startService, type RunningService } from '../support/service.js';

/** No hold may outlive its end by more while workers run. */
const PUNCTUAL_MS = 5_000;

describe('workers', () => {
  onBothQueues(store => {
    let database: TestDatabase;
    let redis: RedisServer | undefined;
    let services: RunningService[];

    beforeAll(async () => {
      database = await createTestDatabase();
      if (store === 'redis') redis = await RedisServer.start();
      const env: Record<string, string> = redis === undefined ? {} : { REDIS_URL: redis.url };
      const apiKey = `crd_live_${randomUUID()}`;
      const start = (role: string) =>
        startService({ databaseUrl: database.url, env: { ...env, ROLE: role, API_KEY: apiKey } });
      services = await Promise.all(['api', 'worker', 'worker'].map(start));
    });

    afterAll(async () => {
      await Promise.all(services.map(service => service.stop()));
      await redis?.stop();
      await database.close();
    });

    test('end holds that nobody touches, each once, within five seconds of their end', async () => {
      await expectInTime(PUNCTUAL_MS, async attempt => {
        const accounts = Array.from({ length: 40 }, (_, i) => `held-${attempt}-${i}`);
        for (const account of accounts) {
          await post(`${account}/grants`, { amount: '10' });
          await post(`${account}/reservations`, { amount: '4', ttl_seconds: 1, grace_seconds: 0 });
        }
        await eventually(async () => (await count('holds')) === 0);
        const { rows } = await database.ownerPool.query<{ late_ms: number }>(
          `SELECT extract(epoch FROM e.recorded_at - e.effective_at)::float * 1000 AS late_ms
           FROM entries e JOIN account_names n USING (account_no) WHERE e.type = 'expire' AND n.id LIKE $1`,
          [`held-${attempt}-%`],
        );
        expect(rows).toHaveLength(accounts.length);
        return Math.max(...rows.map(({ late_ms: late }) => late));
      });
    });

    test('expire lots that are over', async () => {
      // A machine that stands still meanwhile asks for a lot that is over: then it is asked for anew.
      await eventually(async () => {
        const inTime = new Date(Date.now() + 5_000).toISOString();
        return (await ask('over/grants', { amount: '10', expires_at: inTime })) === 201;
      });
      await eventually(async () => {
        const { rowCount } = await database.ownerPool.query(
          `SELECT FROM accounts WHERE id = 'over' AND balances[2] = 0 AND balances[5] = 10000000`,
        );
        return rowCount === 1;
      });
    });

    async function post(path: string, body: object): Promise<void> {
      expect(await ask(path, body)).toBe(201);
    }

    async function ask(path: string, body: object): Promise<number> {
      const [{ url, apiKey }] = services as [RunningService];
      const answer = await fetch(`${url}/v1/accounts/${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${apiKey}`,
          'content-type': 'application/json',
          'idempotency-key': randomUUID(),
        },
        body: JSON.stringify(body),
      });
      return answer.status;
    }

    async function count(table: string): Promise<number> {
      const { rows } = await database.ownerPool.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`);
      return Number(rows[0]!.n);
    }
  });
});
