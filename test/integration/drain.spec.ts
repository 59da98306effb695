import { Agent, request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { createTestDatabase } from '../support/database.js';
import { eventually } from '../support/data-dir.js';
import { expectInTime } from '../support/in-time.js';
import { startService, type RunningService } from '../support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const CALLERS = 16;
const PLATFORM_KILLS_AFTER_MS = 30_000;
/** Time to ask a service that is stopping for something, also on a busy machine. */
const DELAYED = { SHUTDOWN_DELAY_SECONDS: '10' };

interface Answer {
  readonly status: number;
  readonly connection: string | undefined;
}

/** The code of what went wrong where there was no answer. */
function ask(service: RunningService, agent: Agent, method: string, path: string, key = ''): Promise<Answer | string> {
  const headers = { authorization: `Bearer ${service.apiKey}`, 'content-type': 'application/json' };
  return new Promise(resolve => {
    const outgoing = request(`${service.url}${path}`, {
      agent,
      method,
      headers: { ...headers, ...(key !== '' && { 'idempotency-key': key }) },
    });
    outgoing.on('error', error => resolve(String((error as NodeJS.ErrnoException).code)));
    outgoing.on('response', (response: IncomingMessage) => {
      response.resume();
      response.on('end', () => resolve({ status: response.statusCode!, connection: response.headers.connection }));
      response.on('error', () => resolve('answer broke off'));
    });
    outgoing.end(method === 'POST' ? '{"amount":"1"}' : undefined);
  });
}

const grant = (service: RunningService, agent: Agent, key: string) =>
  ask(service, agent, 'POST', '/v1/accounts/drained/grants', key);

/** SIGTERM; answers the exit code and how long it took. */
async function terminate(service: RunningService): Promise<{ code: number | null; tookMs: number }> {
  const startedAt = performance.now();
  process.kill(service.pid, 'SIGTERM');
  const code = await service.exited;
  return { code, tookMs: performance.now() - startedAt };
}

const isStopping = (service: RunningService) => eventually(() => service.output().includes('"stopping"'));

describe('SIGTERM', () => {
  test.concurrent('leaves no request of a busy replica without its answer', async () => {
    const database = await createTestDatabase();
    const service = await startService({ databaseUrl: database.url, env: DELAYED });
    const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });
    let granted = 0;
    const statuses = new Set<number>();
    const unanswered: string[] = [];
    // As a load balancer does: whoever is told that the connection ends sends its next request elsewhere.
    const keepAsking = async (caller: number) => {
      for (let n = 0; ; n++) {
        const answer = await grant(service, agent, `${caller}-${n}`);
        if (typeof answer === 'string') return void unanswered.push(answer);
        statuses.add(answer.status);
        if (answer.status === 201) granted++;
        if (answer.connection === 'close') return;
      }
    };
    const callers = Array.from({ length: CALLERS }, (_, caller) => keepAsking(caller));
    await eventually(() => granted > CALLERS);
    const ended = terminate(service);
    await isStopping(service);
    const prober = new Agent();
    expect(await ask(service, prober, 'GET', '/readyz')).toMatchObject({ status: 503 });
    expect(await ask(service, prober, 'GET', '/livez')).toEqual({ status: 200, connection: 'close' });

    await Promise.all(callers);
    expect(await ended).toMatchObject({ code: 0 });
    expect([...statuses]).toEqual([201]);
    expect(unanswered).toEqual([]);
    const { rows } = await database.ownerPool.query(`SELECT count(*)::int AS n FROM entries WHERE type = 'grant'`);
    expect(rows).toEqual([{ n: granted }]);
    await database.close();
  });

  test.concurrent('ends the connections it answers on, and refuses new ones once its delay is over', async () => {
    const database = await createTestDatabase();
    const service = await startService({ databaseUrl: database.url, env: DELAYED });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await grant(service, agent, 'before')).toEqual({ status: 201, connection: 'keep-alive' });
    const ended = terminate(service);
    await isStopping(service);
    expect(await grant(service, agent, 'after')).toEqual({ status: 201, connection: 'close' });
    expect(await ended).toMatchObject({ code: 0 });
    expect(await grant(service, agent, 'too late')).toBe('ECONNREFUSED');
    await database.close();
  });

  test.concurrent('is obeyed with 0 within 30 s, everything answered, although the database is stuck', async () => {
    await expectInTime(PLATFORM_KILLS_AFTER_MS, async () => {
      const database = await createTestDatabase();
      const proxy = await TcpProxy.open(database.url);
      const service = await startService({ databaseUrl: proxy.url, env: DELAYED });
      const agent = new Agent({ keepAlive: true });
      expect(await grant(service, agent, 'one')).toMatchObject({ status: 201 });
      proxy.stalled = true;
      const asked = Promise.all([
        grant(service, agent, 'two'),
        ask(service, agent, 'GET', '/v1/accounts/drained/entries'),
        ask(service, agent, 'GET', '/v1/accounts/drained/balance'),
      ]);
      const { code, tookMs } = await terminate(service);
      const answers = (await asked).map(answer => (typeof answer === 'string' ? answer : answer.status));
      await proxy.close();
      await database.close();
      if (tookMs < PLATFORM_KILLS_AFTER_MS) expect({ code, answers }).toEqual({ code: 0, answers: [503, 503, 503] });
      return tookMs;
    });
  });

  test.concurrent('is obeyed with 0 within 30 s although clients neither send nor read to the end', async () => {
    await expectInTime(PLATFORM_KILLS_AFTER_MS, terminateWithRudeClients);
  });

  async function terminateWithRudeClients(): Promise<number> {
    const database = await createTestDatabase();
    const service = await startService({ databaseUrl: database.url });
    const head = `Host: x\r\nAuthorization: Bearer ${service.apiKey}\r\n`;
    const said = [
      '',
      'GET /livez HT',
      `POST /v1/accounts/a/grants HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: 999\r\n\r\n{"amount`,
      // Megabytes of answers that nobody reads.
      'GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(60),
    ];
    const sockets = await Promise.all(said.map(text => say(service, text)));
    await sleep(200);
    const { code, tookMs } = await terminate(service);
    for (const socket of sockets) socket.destroy();
    await database.close();
    if (tookMs < PLATFORM_KILLS_AFTER_MS) expect(code).toBe(0);
    return tookMs;
  }
});

/** Says it and never reads. */
function say({ url }: RunningService, text: string): Promise<Socket> {
  return new Promise(resolve => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text, () => resolve(socket)));
    socket.pause();
    socket.on('error', () => {});
  });
}
