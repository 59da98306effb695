import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { requestAndClaim } from '../../src/runs/claim.js';
import { openRunConnection, performRun } from '../../src/runs/perform-run.js';
import { Api, expectStatus, type Json } from './api.js';

const REASON = 'ticket 4711';

/** Of a service that has no worker: what is asked for is on record, and waits. */
describe('replay as an operation, over HTTP', () => {
  let api: Api;
  let testKey: string;
  let keyId: string;

  beforeAll(async () => {
    api = await Api.start();
    await api.grant('user_1', '100');
    await api.grant('user_2', '5');
    testKey = await api.makeKey({ mode: 'test', scopes: ['ledger:write', 'ledger:read', 'ops'] });
    keyId = (await api.get('/v1/keys')).body.data.find(({ mode }: Json) => mode === 'live').id;
  });

  afterAll(() => api.stop());

  const verify = async (more: object = {}): Promise<Json> =>
    expectStatus(202, await api.post('/v1/ops/verify', { reason: REASON, ...more }));

  test('a run is on record with who asked, what, why and when, and says so where nothing works on it', async () => {
    const asked = await verify({ account: 'user_1', until_seq: 1 });
    expect(asked).toMatchObject({
      action: 'verify',
      actor: keyId,
      reason: REASON,
      state: 'queued',
      arguments: { dry_run: true, account: 'user_1', until_seq: 1 },
      started_at: null,
      result: null,
      notice: expect.stringContaining('ROLE'),
    });
    expect(await api.get(`/v1/ops/runs/${asked.id}`)).toMatchObject({ status: 200, body: { id: asked.id } });
    expect((await api.get('/v1/ops/runs')).body.data[0]).toMatchObject({ id: asked.id, state: 'queued' });
  });

  test('a rebuild is a dry run unless it is said to be none', async () => {
    const { body } = await api.post('/v1/ops/rebuild', { reason: REASON });
    expect(body).toMatchObject({ action: 'rebuild', arguments: { dry_run: true } });
    const real = await api.post('/v1/ops/rebuild', { reason: REASON, dry_run: false, trust_entries: true });
    expect(real.body.arguments).toEqual({ dry_run: false, trust_entries: true });
  });

  test.each<[string, object, string]>([
    ['no reason', {}, 'body.reason'],
    ['a blank reason', { reason: '  ' }, 'body.reason'],
    ['a reason that is too long', { reason: 'x'.repeat(256) }, 'body.reason'],
    ['a character in its reason that cannot be kept', { reason: 'a\0b' }, 'body.reason'],
    ['two ends', { reason: REASON, until: '2026-01-01T00:00:00Z', until_position: 3 }, 'body.until_position'],
    ['a seq of no account', { reason: REASON, until_seq: 3 }, 'body.until_seq'],
    ['a position that is none', { reason: REASON, until_position: 0 }, 'body.until_position'],
    ['a position that no number holds', { reason: REASON, until_position: 2 ** 60 }, 'body.until_position'],
    ['a time that is none', { reason: REASON, until: 'yesterday' }, 'body.until'],
    ['an account that cannot be', { reason: REASON, account: '..' }, 'body.account'],
    ['a dry run that is neither', { reason: REASON, dry_run: 'no' }, 'body.dry_run'],
    ['a field nobody knows', { reason: REASON, force: true }, 'body.force'],
  ])('refuses a rebuild with %s, and records nothing', async (_, body, location) => {
    const before = (await api.get('/v1/ops/runs')).body.data.length;
    const answer = await api.post('/v1/ops/rebuild', body);
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request', errors: [{ location }] } });
    expect((await api.get('/v1/ops/runs')).body.data).toHaveLength(before);
  });

  test('refuses an account that is not there, or of the other mode', async () => {
    for (const as of [api.apiKey, testKey]) {
      const account = as === testKey ? 'user_1' : 'nobody';
      const answer = await api.post('/v1/ops/verify', { reason: REASON, account }, { as });
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
  });

  test('shows and touches no run of the other mode', async () => {
    const live = await verify();
    const { body: test } = await api.post('/v1/ops/verify', { reason: REASON }, { as: testKey });
    expect((await api.get('/v1/ops/runs', { as: testKey })).body.data.map(({ id }: Json) => id)).toEqual([test.id]);
    for (const [id, as] of [[live.id, testKey], [test.id, api.apiKey]]) {
      for (const [method, path] of [['GET', ''], ['POST', '/cancel'], ['POST', '/resume']] as const) {
        const body = method === 'POST' ? { body: { reason: REASON } } : {};
        const answer = await api.call(method, `/v1/ops/runs/${id}${path}`, { as, ...body });
        expect(answer).toMatchObject({ status: 404, body: { code: 'run_not_found' } });
      }
    }
  }); // prettier-ignore

  test('needs the scope ops for every call', async () => {
    const as = await api.makeKey({ scopes: ['ledger:read', 'ledger:write', 'keys:write'] });
    const { id } = await verify();
    for (const path of ['/v1/ops/runs', `/v1/ops/runs/${id}`, `/v1/ops/explain?account=user_1&reason=x`]) {
      expect(await api.get(path, { as })).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
    }
    for (const path of [
      '/v1/ops/verify',
      '/v1/ops/rebuild',
      `/v1/ops/runs/${id}/cancel`,
      `/v1/ops/runs/${id}/resume`,
    ]) {
      const answer = await api.post(path, { reason: REASON }, { as });
      expect(answer).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
    }
  });

  test('a queued run is cancelled at once and resumed, both on record; over is over', async () => {
    const { id } = await verify();
    const cancel = () => api.post(`/v1/ops/runs/${id}/cancel`, { reason: 'a mistake' });
    expect(await cancel()).toMatchObject({ status: 202, body: { state: 'cancelled' } });
    expect(await cancel()).toMatchObject({ status: 202, body: { state: 'cancelled' } });
    const resumed = await api.post(`/v1/ops/runs/${id}/resume`, { reason: 'none after all' });
    expect(resumed).toMatchObject({ status: 202, body: { state: 'queued', finished_at: null } });
    const uses = (await api.get('/v1/ops/runs?limit=3')).body.data;
    expect(uses).toMatchObject([
      { action: 'resume', reason: 'none after all', arguments: { run: id }, state: 'recorded', actor: keyId },
      { action: 'cancel', reason: 'a mistake' },
      { action: 'cancel' },
    ]);
    for (const call of ['cancel', 'resume']) {
      const answer = await api.post(`/v1/ops/runs/${uses[0].id}/${call}`, { reason: REASON });
      expect(answer).toMatchObject({ status: 409, body: { code: 'run_over' } });
      const unknown = await api.post(`/v1/ops/runs/run_0/${call}`, { reason: REASON });
      expect(unknown).toMatchObject({ status: 404, body: { code: 'run_not_found' } });
    }
  });

  test('shows what a run found, in the words of the wire', async () => {
    await api.database.ownerPool.query(`UPDATE accounts SET frozen = true WHERE id = 'user_2'`);
    const owner = await openRunConnection(api.database.url);
    const use = { actor: keyId, mode: 'live', action: 'verify', arguments: { dry_run: true }, reason: REASON } as const;
    const run = await requestAndClaim(owner, use);
    expect((await api.get(`/v1/ops/runs/${run.id}`)).body).toMatchObject({ state: 'running' });
    await performRun(owner, api.database.url, run);
    await owner.end();
    await api.database.ownerPool.query(`UPDATE accounts SET frozen = false WHERE id = 'user_2'`);
    expect((await api.get(`/v1/ops/runs/${run.id}`)).body).toMatchObject({
      state: 'done',
      progress: { entries: 2, entries_expected: 2 },
      result: {
        accounts: 2,
        entries: 2,
        accounts_that_differ: 1,
        differences: 1,
        first_differences: [{ mode: 'live', account: 'user_2', place: 'accounts', field: 'frozen', expected: 'false' }],
      },
    });
  });

  test('explains on record: the same answer as the account gives, and who asked why', async () => {
    const answer = await api.get(`/v1/ops/explain?account=user_1&unit=credits&reason=${encodeURIComponent(REASON)}`);
    expect(answer).toMatchObject({ status: 200, body: { account: 'user_1', steps: [{ entry: { type: 'grant' } }] } });
    expect((await api.get('/v1/ops/runs?limit=1')).body.data).toMatchObject([
      { action: 'explain', reason: REASON, arguments: { account: 'user_1', unit: 'credits' }, state: 'recorded' },
    ]);
    for (const [query, location] of [
      ['account=user_1', 'query.reason'], ['reason=x', 'query.account'],
      ['account=user_1&reason=a%00', 'query.reason'], ['account=user_1&reason=x&unit=%00', 'query.unit'],
    ]) {
      const refused = await api.get(`/v1/ops/explain?${query}`);
      expect(refused).toMatchObject({ status: 422, body: { errors: [{ location }] } });
    }
  }); // prettier-ignore

  test('explains one unit alone where it is asked to', async () => {
    await api.put('/v1/units/images', { kind: 'prepaid', scale: 0 });
    await api.grant('user_3', '3', { unit: 'images' });
    await api.grant('user_3', '7');
    const { body } = await api.get('/v1/accounts/user_3/explain?unit=images');
    expect(body).toMatchObject({ closing: { images: { available: '3' } }, steps: [{ entry: { unit: 'images' } }] });
    expect(body.steps).toHaveLength(1);
    expect(Object.keys(body.closing)).toEqual(['images']);
    expect((await api.get('/v1/accounts/user_3/explain?unit=none')).body.code).toBe('unit_not_found');
  });

  test('lets a hundred runs wait, not more', async () => {
    const { rows } = await api.database.ownerPool.query(
      `SELECT count(*)::int AS n FROM ops_runs WHERE state = 'queued'`,
    );
    for (let n = rows[0].n; n < 100; n++) await verify();
    const answer = await api.post('/v1/ops/verify', { reason: REASON });
    expect(answer).toMatchObject({ status: 409, body: { code: 'too_many_runs' } });
    const page = (await api.get('/v1/ops/runs?limit=100')).body;
    expect(page).toMatchObject({ has_more: true });
    const next = (await api.get(`/v1/ops/runs?limit=100&after=${page.next_cursor}`)).body;
    expect(next.data.map(({ id }: Json) => id)).not.toContain(page.data.at(-1).id);
  });
});
