import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Api } from '../contract/api.js';
import { eventually } from '../support/data-dir.js';
import { startWorker, type WorkerReplica } from '../support/worker-replica.js';

const run = promisify(execFile);

describe('operators', () => {
  let api: Api;
  let worker: WorkerReplica;
  let mended = false;

  beforeAll(async () => {
    api = await Api.start();
    const job = {
      name: 'poison',
      everyMs: 200,
      run: async ({ failed }: { failed: (item: string, error: unknown) => void }) => {
        if (!mended) for (const item of ['live-1', 'live-2', 'live-3']) failed(item, new Error('poison'));
      },
      retry: async () => {
        if (!mended) throw new Error('still poison');
      },
    };
    worker = startWorker(api.database, undefined, [job]);
    await eventually(async () => (await worker.letters.list(0, 10)).length === 3);
  });

  afterAll(async () => {
    await worker.stop();
    await api.stop();
  });

  test('see the jobs that failed for good, page by page', async () => {
    const first = await api.get('/v1/ops/jobs?limit=2');
    expect(first).toMatchObject({ status: 200, body: { has_more: true } });
    const rest = await api.get(`/v1/ops/jobs?limit=2&after=${first.body.next_cursor}`);
    expect(rest.body).toMatchObject({ has_more: false, next_cursor: null });
    const all = [...first.body.data, ...rest.body.data];
    expect(all.map(({ id }) => id).sort()).toEqual(['poison-live-1', 'poison-live-2', 'poison-live-3']);
    expect(all[0]).toMatchObject({ name: 'poison', attempts: 3, error: 'still poison' });
  });

  test('see when each recurring job ran', async () => {
    // A run fails where its queue does not answer for seconds; the next one does not.
    await eventually(async () => (await api.get('/v1/ops/jobs/recurring')).body.data[0].failures === 0);
    const { body } = await api.get('/v1/ops/jobs/recurring');
    expect(body.data).toMatchObject([{ name: 'poison', failures: 0, last_error: null }]);
  });

  test('are told where there is no such job', async () => {
    for (const id of ['poison-live-9', 'a%00b', encodeURIComponent('é'), 'x'.repeat(300)]) {
      expect(await api.post(`/v1/ops/jobs/${id}/retry`, { reason: 'ticket 311' })).toMatchObject({
        status: 404,
        body: { code: 'job_not_found' },
      });
    }
  });

  test('need the scope, and a live key', async () => {
    const ledger = await api.makeKey({ scopes: ['ledger:read', 'ledger:write', 'keys:write'] });
    const ofTest = await api.makeKey({ mode: 'test', scopes: ['ops'] });
    for (const as of [ledger, ofTest]) {
      for (const answer of [
        await api.get('/v1/ops/jobs', { as }),
        await api.get('/v1/ops/jobs/recurring', { as }),
        await api.post('/v1/ops/jobs/poison-live-1/retry', { reason: 'ticket 311' }, { as }),
        await api.send('GET', '/ops/queues', { as: null, headers: basic(as) }),
      ]) {
        expect(answer).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
      }
    }
    expect(await api.get('/v1/ops/jobs', { as: null })).toMatchObject({ status: 401 });
  });

  test('are asked for the key as a password by the board, which only shows', async () => {
    const asked = await api.send('GET', '/ops/queues', { as: null });
    expect(asked.status).toBe(401);
    expect(asked.headers['www-authenticate']).toMatch(/^Basic /);
    const page = await api.send('GET', '/ops/queues', { as: null, headers: basic(api.apiKey) });
    expect(page).toMatchObject({ status: 200 });
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    const style = /href="(static\/css\/[^"]+)"/.exec(page.text)![1];
    expect(await api.send('GET', `/ops/queues/${style}`)).toMatchObject({ status: 200 });
    const queues = await api.send('GET', '/ops/queues/api/queues?activeQueue=credits-ledger&status=failed');
    expect(queues.body.queues[0]).toMatchObject({ readOnlyMode: true, counts: { failed: 3 } });
    const change = '/ops/queues/api/queues/credits-ledger/retry/failed';
    expect(await api.send('PUT', change)).toMatchObject({ status: 404 });
  });

  test('do the same with npm run ops -- jobs, and retry what was mended', async () => {
    const listed = await ops('jobs', 'list');
    expect(listed).toMatchObject({ code: 1 });
    expect(listed.output).toContain('DEAD poison-live-2: 3 attempts');
    expect(await ops('jobs', 'retry', 'nobody')).toMatchObject({
      code: 2,
      output: expect.stringContaining('no such job'),
    });
    expect(await ops('jobs', 'retry')).toMatchObject({ code: 2, output: expect.stringContaining('jobs list') });
    mended = true;
    const retried = await api.post('/v1/ops/jobs/poison-live-2/retry', { reason: 'ticket 311' });
    expect(retried).toMatchObject({ status: 200, body: { id: 'poison-live-2', status: 'waiting' } });
    const { body: record } = await api.get('/v1/ops/runs');
    expect(record.data).toContainEqual(
      expect.objectContaining({ action: 'jobs.retry', arguments: { job: 'poison-live-2' }, reason: 'ticket 311' }),
    );
    await eventually(async () => (await worker.letters.list(0, 10)).length === 2);
    expect(await ops('jobs', 'retry', '--all')).toMatchObject({ code: 0 });
    await eventually(async () => (await worker.letters.list(0, 10)).length === 0);
    expect(await ops('jobs', 'list')).toMatchObject({ code: 0 });
  });

  async function ops(...args: string[]): Promise<{ code: number; output: string }> {
    const main = join(process.env['TEST_COMPILED_SERVICE']!, 'src', 'ops.js');
    const env = { PATH: process.env['PATH'], DATABASE_URL: api.database.url };
    try {
      const { stdout } = await run(process.execPath, [main, ...args], { env });
      return { code: 0, output: stdout };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, output: stdout + stderr };
    }
  }
});

function basic(key: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`ops:${key}`).toString('base64')}` };
}
