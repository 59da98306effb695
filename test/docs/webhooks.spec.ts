import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findLastingPort } from '../../tools/lasting-port.js';
import { EVENT_TYPES } from '../../src/webhooks/event.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/data-dir.js';
import { startService, type RunningService } from '../support/service.js';

describe('docs/webhooks.md', () => {
  let database: TestDatabase;
  let service: RunningService;
  let text: string;

  beforeAll(async () => {
    text = await readFile('docs/webhooks.md', 'utf8');
    database = await createTestDatabase();
    service = await startService({ databaseUrl: database.url, env: { WEBHOOKS_ALLOW_LOOPBACK: 'true' } });
  });

  afterAll(async () => {
    await service.stop();
    await database.close();
  });

  const call = async (method: string, path: string, body: object): Promise<Record<string, string>> => {
    const answer = await fetch(`${service.url}/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${service.apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      },
      body: JSON.stringify(body),
    });
    expect([200, 201, 202]).toContain(answer.status);
    return (await answer.json()) as Record<string, string>;
  };

  test('has a receiver that takes signed events, and nothing that is not signed', async () => {
    const [, example = ''] = /```js\n([\s\S]*?)```/.exec(text)!;
    const port = await findLastingPort();
    const url = `http://127.0.0.1:${port}/`;
    const { secret, id } = await call('POST', 'webhook-endpoints', { url });
    const env = { ...process.env, PORT: String(port), WEBHOOK_SECRET: secret };
    const receiver = spawn('node', ['--input-type=module', '--eval', example], { env });
    const ended = new Promise(resolve => receiver.once('close', resolve));
    let told = '';
    receiver.stdout.on('data', data => (told += String(data)));
    await eventually(() => told.includes('listening'));
    expect(await call('POST', `webhook-endpoints/${id}/test`, {})).toEqual({ delivered: true, failure: null });
    expect((await fetch(url, { method: 'POST', body: '{"type":"credits.granted"}' })).status).toBe(401);
    await call('PUT', 'alert-rules/low', { amount: '100' });
    await call('POST', 'accounts/user_42/grants', { amount: '120' });
    await call('POST', 'accounts/user_42/charges', { amount: '23.5' });
    await eventually(() => told.includes('user_42 2'));
    expect(told).toBe(
      'listening\nnull 0 endpoint.test\nuser_42 1 credits.granted\nuser_42 2 credits.threshold_crossed\n',
    );
    receiver.kill();
    await ended;
  });

  test('has only bodies that are taken, and names every type of event', async () => {
    const { id } = await call('POST', 'webhook-endpoints', { url: 'https://example.com/credits' });
    const commands = [...text.matchAll(/curl -sX (\w+) \$CREDITS\/(\S+) [\s\S]*?-d '([^']*)'/g)];
    expect(commands.length).toBeGreaterThanOrEqual(6);
    for (const [, method = '', path = '', body = ''] of commands) {
      await call(method, path.replace('$ENDPOINT', id!), JSON.parse(body) as object);
    }
    const named = [...text.matchAll(/^\| `(\w+\.\w+)`/gm)].map(([, type]) => type);
    expect(named).toEqual([...EVENT_TYPES, 'endpoint.test']);
  });
});
