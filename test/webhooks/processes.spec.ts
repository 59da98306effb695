import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/data-dir.js';
import { startService, type RunningService } from '../support/service.js';
import { Receiver, type Received } from './receiver.js';

describe('webhooks of real processes', () => {
  let database: TestDatabase;
  let receiver: Receiver;
  let services: RunningService[];

  beforeEach(async () => {
    database = await createTestDatabase();
    receiver = await Receiver.open();
    services = await Promise.all(['api', 'worker', 'worker'].map(start));
    receiver.secrets = [(await post('webhook-endpoints', { url: receiver.url })).secret];
  });

  afterEach(async () => {
    await Promise.all(services.map(service => service.stop()));
    await receiver.close();
    await database.close();
    expect(receiver.faults).toEqual([]);
  });

  const apiKey = `crd_live_${randomUUID()}`;
  const start = (ROLE: string) =>
    startService({ databaseUrl: database.url, env: { ROLE, API_KEY: apiKey, WEBHOOKS_ALLOW_LOOPBACK: 'true' } });
  const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

  test('arrive once and in order from two workers', async () => {
    await Promise.all(upTo(6).map(n => spend(`account-${n}`, 8)));
    await eventually(() => upTo(6).every(n => receiver.of(`account-${n}`).length === 8));
    for (const n of upTo(6)) expect(receiver.of(`account-${n}`).map(({ sequence }) => sequence)).toEqual(upTo(8));
    expect(receiver.taken).toHaveLength(48);
    expect(services[1]!.output()).toContain('WEBHOOKS_ALLOW_LOOPBACK');
  });

  test('lose nothing and keep their order when the worker that sends them is killed in the middle', async () => {
    await services.pop()!.stop();
    let killed: Promise<void> | undefined;
    receiver.behave = async ({ sequence }: Received) => {
      await new Promise(resolve => setTimeout(resolve, 20));
      // It never hears the answer.
      if (sequence === 4) killed ??= services.pop()!.kill9();
      return 200;
    };
    await Promise.all(upTo(6).map(n => spend(`account-${n}`, 8)));
    await eventually(() => killed !== undefined);
    await killed;
    services.push(await start('worker'));
    await eventually(() => upTo(6).every(n => receiver.of(`account-${n}`).length === 8));
    for (const n of upTo(6)) expect(receiver.of(`account-${n}`).map(({ sequence }) => sequence)).toEqual(upTo(8));
  });

  async function spend(account: string, events: number): Promise<void> {
    for (let n = 0; n < events; n++) await post(`accounts/${account}/grants`, { amount: '1' });
  }

  async function post(path: string, body: object): Promise<Received> {
    const [{ url }] = services as [RunningService];
    const answer = await fetch(`${url}/v1/${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(201);
    return answer.json();
  }
});
