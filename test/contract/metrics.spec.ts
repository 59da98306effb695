import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findLastingPort } from '../../tools/lasting-port.js';
import { eventually } from '../support/data-dir.js';
import { createTestDatabase } from '../support/database.js';
import { startService } from '../support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { Api } from './api.js';

describe('/metrics', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
  });

  afterAll(() => api.stop());

  const scrape = async (): Promise<string[]> => (await api.send('GET', '/metrics')).text.split('\n');

  test('is for holders of a key with the scope ops', async () => {
    expect((await api.send('GET', '/metrics', { as: null })).status).toBe(401);
    const weak = await api.post('/v1/keys', { name: 'no ops', mode: 'live', scopes: ['ledger:read'] });
    expect((await api.send('GET', '/metrics', { as: weak.body.secret })).status).toBe(403);
    const { status, headers } = await api.send('GET', '/metrics');
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  test('counts commands by their outcome, those of a batch each by itself', async () => {
    const path = '/v1/accounts/counted';
    await api.post(`${path}/grants`, { amount: '3' }, { key: 'one' });
    await api.post(`${path}/grants`, { amount: '3' }, { key: 'one' });
    await api.post(`${path}/grants`, { amount: '-3' });
    await api.post(`${path}/charges`, { amount: '99' });
    await api.put(path, { metadata: { a: 'b' } });
    await api.post('/v1/batch', {
      commands: [1, 2].map(n => ({
        id: `${n}`,
        type: 'charge',
        account: 'counted',
        idempotency_key: `b-${n}`,
        amount: '2',
      })),
    });
    const counted = (await scrape()).filter(line => line.startsWith('credits_commands_total{'));
    expect(counted.sort()).toEqual([
      'credits_commands_total{command="charge",outcome="accepted"} 1',
      'credits_commands_total{command="charge",outcome="insufficient_credits"} 2',
      'credits_commands_total{command="configure",outcome="accepted"} 1',
      'credits_commands_total{command="grant",outcome="accepted"} 1',
      'credits_commands_total{command="grant",outcome="invalid_request"} 1',
      'credits_commands_total{command="grant",outcome="replayed"} 1',
    ]);
  });

  test('times requests by operation and status, and never by path', async () => {
    await api.get('/v1/accounts/somebody-in-a-path/balance');
    await api.send('GET', '/no-such-path-anywhere');
    const lines = await scrape();
    const timed = (labels: string) =>
      lines.find(line => line.startsWith(`credits_http_request_duration_seconds_count{${labels}}`));
    expect(timed('operation="getBalance",status="200"')).toBeDefined();
    expect(timed('operation="other",status="404"')).toBeDefined();
    expect(lines.join('\n')).not.toMatch(/somebody-in-a-path|no-such-path/);
  });

  test('counts each command in the batch that wrote it, and what another replica had written before', async () => {
    const replica = await Api.start(api);
    const valueOf = async (name: string): Promise<number> =>
      Number((await scrape()).find(line => line.startsWith(`${name} `))!.split(' ')[1]);
    const path = '/v1/accounts/in-batches';
    await api.post(`${path}/grants`, { amount: '50' });
    const before = await valueOf('credits_batch_commands_sum');
    const conflictsBefore = await valueOf('credits_batch_conflicts_total');
    const commands = Array.from({ length: 30 }, (_, n) => {
      return { id: `${n}`, type: 'charge', account: 'in-batches', idempotency_key: `in-${n}`, amount: '1' };
    });
    await api.post('/v1/batch', { commands });
    expect(await valueOf('credits_batch_commands_sum')).toBe(before + 30);
    expect(await valueOf('credits_batch_conflicts_total')).toBe(conflictsBefore);
    await replica.post(`${path}/charges`, { amount: '1' });
    await api.post(`${path}/charges`, { amount: '1' });
    expect(await valueOf('credits_batch_conflicts_total')).toBe(conflictsBefore + 1);
    await replica.stop();
  });

  test('names what it counts as Prometheus does, with a help text and a unit, and labels of few values', async () => {
    const lines = await scrape();
    const types = lines.filter(line => line.startsWith('# TYPE credits_')).map(line => line.split(' '));
    expect(types.length).toBeGreaterThan(2);
    for (const [, , name = '', type] of types) {
      expect(lines.find(line => line.startsWith(`# HELP ${name} `))).toMatch(/[A-Z].+\.$/);
      expect(`${name}: ${name.endsWith('_total') ? 'counter' : 'not a counter'}`).toBe(
        `${name}: ${type === 'counter' ? 'counter' : 'not a counter'}`,
      );
      expect(name).not.toMatch(/_(ms|milliseconds|kb|minutes|percent)(_|$)/);
    }
    const labels = lines.flatMap(line => (/^credits_\w+{(.*)}/.exec(line)?.[1] ?? '').match(/\w+(?==")/g) ?? []);
    const known = ['command', 'outcome', 'operation', 'status', 'le', 'state', 'mode', 'unit', 'lane', 'job', 'queue'];
    expect([...new Set(labels)].filter(label => !known.includes(label))).toEqual([]);
  });
});

describe('METRICS_PORT', () => {
  test('serves metrics without a key, and nothing else, also while the database is away', async () => {
    const database = await createTestDatabase();
    const proxy = await TcpProxy.open(database.url);
    const port = await findLastingPort();
    const service = await startService({ databaseUrl: proxy.url, env: { METRICS_PORT: String(port), ROLE: 'api' } });
    proxy.down = true;
    proxy.endAll();
    const scraped = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect([scraped.status, await scraped.text()]).toEqual([200, expect.stringContaining('credits_commands_total')]);
    for (const path of ['/', '/v1/accounts', '/metrics/..', '/readyz']) {
      expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(404);
    }
    expect(await service.stop()).toBe(0);
    await proxy.close();
    await database.close();
  });

  test('tells of a process that runs jobs what all accounts have and hold, and how far followers and jobs are', async () => {
    const database = await createTestDatabase();
    const port = await findLastingPort();
    const service = await startService({ databaseUrl: database.url, env: { METRICS_PORT: String(port) } });
    const headers = { authorization: `Bearer ${service.apiKey}`, 'content-type': 'application/json' };
    for (const [account, call, body] of [
      ['a', 'grants', '{"amount":"5.5"}'],
      ['b', 'grants', '{"amount":"1"}'],
      ['a', 'reservations', '{"amount":"2"}'],
    ] as const) {
      const key = `${account}-${call}`;
      const to = `${service.url}/v1/accounts/${account}/${call}`;
      await fetch(to, { method: 'POST', headers: { ...headers, 'idempotency-key': key }, body });
    }
    await eventually(async () => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return [
        /^credits_available\{mode="live",unit="credits"\} 4\.5$/m,
        /^credits_held\{mode="live",unit="credits"\} 2$/m,
        /^credits_follower_lag_seconds\{projection="unit_totals"\} 0$/m,
        /^credits_follower_lag_entries\{projection="unit_totals"\} 0$/m,
        /^credits_job_last_success_timestamp_seconds\{job="follow-entries"\} \d/m,
        /^credits_job_consecutive_failures\{job="follow-entries"\} 0$/m,
        /^credits_jobs\{state="failed"\} 0$/m,
      ].every(line => line.test(text));
    });
    expect(await service.stop()).toBe(0);
    await database.close();
  });

  test('is named where another process has it', async () => {
    const database = await createTestDatabase();
    const { port } = new URL(database.url);
    await expect(startService({ databaseUrl: database.url, env: { METRICS_PORT: port } })).rejects.toMatchObject({
      exitCode: 1,
      output: expect.stringContaining(`METRICS_PORT ${port} cannot be listened on (EADDRINUSE)`),
    });
    await database.close();
  });
});
