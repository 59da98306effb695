import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { HAS_REDIS } from '../support/both-queues.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/data-dir.js';
import { expectInTime } from '../support/in-time.js';
import { RedisServer } from '../support/redis-server.js';
import { startService, type RunningService } from '../support/service.js';

const PUNCTUAL_MS = 5_000;
const AWAY = 'the job queue does not answer, due work';
const BACK = 'the job queue answers again';
/** Against a service that is held up for good; that it is not for a moment is what `expectPunctual` is for. */
const LONGEST_SILENCE_MS = 60_000;

(HAS_REDIS ? describe : describe.skip)('a Redis that is away', () => {
  let database: TestDatabase;
  let redis: RedisServer;
  let service: RunningService;

  beforeAll(async () => {
    database = await createTestDatabase();
    redis = await RedisServer.start();
    await redis.kill9();
    // It is refused from the first moment on.
    service = await start();
  });

  afterAll(async () => {
    await service.stop();
    await redis.stop();
    await database.close();
  });

  test('at boot keeps nobody from working, and is taken into use when it comes', async () => {
    await eventually(async () => (await readiness()).job_queue === 'away');
    expect(await readiness()).toEqual({ status: 'degraded', job_queue: 'away' });
    await expectPunctual('boot');
    // Once, for as long as it is away.
    await eventually(() => said().length > 0);
    expect(said()).toEqual([AWAY]);
    await redis.restart();
    await eventually(async () => (await readiness()).status === 'ok');
    await expectPunctual('came');
    // Said once each; and once more each where this machine let Redis wait for seconds.
    await eventually(() => said().at(-1) === BACK);
    expect(said()).toEqual(said().map((_, index) => (index % 2 === 0 ? AWAY : BACK)));
  });

  test.each([
    ['killed', () => redis.kill9(), () => redis.restart()],
    ['frozen', async () => redis.freeze(), async () => redis.thaw()],
    ['flushed', () => redis.flush(), async () => {}],
  ])('because it was %s holds nothing up, and nothing is lost or done twice', async (how, harm, mend) => {
    await harm();
    await expectPunctual(how);
    if (how !== 'flushed') await eventually(async () => (await readiness()).job_queue === 'away');
    await mend();
    await eventually(async () => (await readiness()).status === 'ok');
    await expectPunctual(`${how}-after`);
  });

  test('does not keep a process from stopping, nor is a shutdown an error', async () => {
    await redis.kill9();
    await eventually(async () => (await readiness()).job_queue === 'away');
    await expectInTime(15_000, async attempt => {
      if (attempt > 0) service = await start();
      const startedAt = performance.now();
      expect(await service.stop()).toBe(0);
      return performance.now() - startedAt;
    });
  });

  const start = () => startService({ databaseUrl: database.url, env: { REDIS_URL: redis.url } });

  /** A hold that nobody touches ends in time, once, and requests are answered at once meanwhile. */
  async function expectPunctual(how: string): Promise<void> {
    await expectInTime(PUNCTUAL_MS, async attempt => {
      const account = `${how}-${attempt}`;
      const askedAt = performance.now();
      await post(`${account}/grants`, { amount: '10' });
      await post(`${account}/reservations`, { amount: '4', ttl_seconds: 1, grace_seconds: 0 });
      const answeredMs = performance.now() - askedAt;
      await eventually(async () => (await endsOf(account)).length > 0);
      const ends = await endsOf(account);
      expect(ends).toHaveLength(1);
      return Math.max(answeredMs, ends[0]!);
    });
  }

  /** How late its holds ended, in milliseconds. */
  async function endsOf(account: string): Promise<number[]> {
    const { rows } = await database.ownerPool.query<{ late_ms: number }>(
      `SELECT extract(epoch FROM e.recorded_at - e.effective_at)::float * 1000 AS late_ms
       FROM entries e JOIN accounts a USING (account_no) WHERE a.id = $1 AND e.type = 'expire'`,
      [account],
    );
    return rows.map(({ late_ms: late }) => late);
  }

  async function post(path: string, body: object): Promise<void> {
    const answer = await fetch(`${service.url}/v1/accounts/${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${service.apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(LONGEST_SILENCE_MS),
    });
    expect(answer.status).toBe(201);
  }

  async function readiness(): Promise<{ status: string; job_queue: string }> {
    const answer = await fetch(`${service.url}/readyz`, { signal: AbortSignal.timeout(LONGEST_SILENCE_MS) });
    expect(answer.status).toBe(200);
    return (await answer.json()) as { status: string; job_queue: string };
  }

  /** What it said of Redis, in order. */
  function said(): string[] {
    const lines = service.output().split('\n');
    return lines.flatMap(line => [AWAY, BACK].filter(words => line.includes(words)));
  }
});
