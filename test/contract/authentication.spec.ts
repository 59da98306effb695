import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SCOPES } from '../../src/keys/api-key.js';
import { CONTROLLERS } from '../../src/transport/http/controllers.js';
import { callsOf } from '../../src/transport/http/openapi/calls-of.js';
import { Api, pathOf, type Answer } from './api.js';

describe('API keys', () => {
  let api: Api;
  let replica: Api;

  beforeAll(async () => {
    api = await Api.start();
    replica = await Api.start(api);
  });

  afterAll(async () => {
    await replica.stop();
    await api.stop();
  });

  test('nobody without a key gets past any call of /v1, whatever the body is', async () => {
    const secret = await api.makeKey();
    const mistyped = secret.slice(0, -1) + (secret.endsWith('a') ? 'b' : 'a');
    const otherSecret = secret.replace(/_[^_]+$/, (await api.makeKey()).match(/_[^_]+$/)![0]);
    const calls = callsOf(CONTROLLERS).filter(({ call }) => call.scope !== null);
    expect(calls.length).toBeGreaterThan(20);
    for (const { method, path } of calls) {
      const url = path.replace(/\{\w+\}/g, 'x');
      for (const as of [null, '', 'crd_live_', 'crd_live_0123456789abcdef', mistyped, otherSecret]) {
        const answer = await api.call(method.toUpperCase(), url, { as, ...(method === 'get' ? {} : { body: '{' }) });
        expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated', retryable: false } });
        expect(answer.headers['www-authenticate']).toBe('Bearer');
      }
    }
  });

  test.each(['Basic abc', 'Bearer', 'bearer  ', 'Bearer a b', 'crd_live_x'])('refuses the header %s', async header => {
    const answer = await api.get('/v1/accounts', { as: null, headers: { authorization: header } });
    expect(answer.status).toBe(401);
  });

  test('the scheme may be written in any case', async () => {
    const answer = await api.get('/v1/accounts', { as: null, headers: { authorization: `bearer ${api.apiKey}` } });
    expect(answer.status).toBe(200);
  });

  test('every call needs its scope, and no other will do', async () => {
    const keys = new Map<string, { live: string; test: string }>();
    for (const scope of SCOPES) {
      const [live, test] = [
        await api.makeKey({ scopes: [scope] }),
        await api.makeKey({ scopes: [scope], mode: 'test' }),
      ];
      keys.set(scope, { live, test });
    }
    for (const { method, path, call } of callsOf(CONTROLLERS)) {
      if (call.scope === null) continue;
      const url = path.replace(/\{\w+\}/g, 'x');
      for (const [scope, { live, test }] of keys) {
        // Clocks are of test mode only.
        const as = path.startsWith('/v1/test-clocks') ? test : live;
        const answer = await api.call(method.toUpperCase(), url, { as, key: null });
        const told = { call: `${method} ${path}`, scope, status: answer.status, code: answer.body?.code };
        if (scope === call.scope) expect(told).not.toMatchObject({ status: 403 });
        else expect(told).toMatchObject({ status: 403, code: 'scope_missing' });
      }
    }
  });

  test('a new key shows its secret once and works at once, everywhere', async () => {
    const terms = { name: 'web', mode: 'live', scopes: ['ledger:read'], rate_limit_per_second: 100 };
    const { status, body } = await api.post('/v1/keys', terms);
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...terms, id: expect.stringMatching(/^key_/) });
    expect(body.secret).toMatch(/^crd_live_[0-9A-Za-z]{11}_[0-9A-Za-z]{49}$/);
    expect(body.secret.startsWith(`${body.prefix}_`)).toBe(true);
    expect((await replica.get('/v1/accounts', { as: body.secret })).status).toBe(200);
    const listed = await api.get('/v1/keys?limit=100');
    expect(listed.text).not.toContain(body.secret);
    expect(listed.body.data.find(({ id }: { id: string }) => id === body.id)).toMatchObject({
      name: 'web',
      revoked_at: null,
    });
    const { rows } = await api.database.ownerPool.query('SELECT api_keys::text AS row FROM api_keys');
    expect(rows.map(({ row }) => row).join()).not.toContain(body.secret.split('_').at(-1)!.slice(0, 20));
  });

  test('a revoked key is refused at once on every replica, and stays listed', async () => {
    const { body } = await api.post('/v1/keys', { name: 'leaked', mode: 'live', scopes: ['ledger:read'] });
    for (const each of [api, replica]) {
      expect((await each.get('/v1/accounts', { as: body.secret })).status).toBe(200);
    }
    const revoked = await api.call('DELETE', `/v1/keys/${body.id}`);
    expect(revoked).toMatchObject({ status: 200, body: { id: body.id, revoked_at: expect.any(String) } });
    for (const each of [replica, api]) {
      expect((await each.get('/v1/accounts', { as: body.secret })).status).toBe(401);
    }
    const again = await replica.call('DELETE', `/v1/keys/${body.id}`);
    expect(again.body.revoked_at).toBe(revoked.body.revoked_at);
  });

  test('two keys are in force while they are rotated', async () => {
    const [old, fresh] = [await api.makeKey(), await api.makeKey()];
    expect((await api.get('/v1/accounts', { as: old })).status).toBe(200);
    expect((await api.get('/v1/accounts', { as: fresh })).status).toBe(200);
  });

  test('nobody makes a key that may do more than his own', async () => {
    const keeper = await api.makeKey({ scopes: ['keys:write', 'ledger:read'] });
    const more = { name: 'more', mode: 'live', scopes: ['ledger:write'] };
    expect(await api.post('/v1/keys', more, { as: keeper })).toMatchObject({
      status: 403,
      body: { code: 'scope_missing' },
    });
    const same = { ...more, scopes: ['ledger:read'] };
    expect((await api.post('/v1/keys', same, { as: keeper })).status).toBe(201);
  });

  test('a test key makes, sees and revokes test keys only', async () => {
    const as = await api.makeKey({ mode: 'test', scopes: ['keys:write', 'ledger:read'] });
    const live = await api.post('/v1/keys', { name: 'live', mode: 'live', scopes: ['ledger:read'] });
    expect((await api.post('/v1/keys', { name: 'x', mode: 'live', scopes: ['ledger:read'] }, { as })).status).toBe(403);
    expect((await api.call('DELETE', `/v1/keys/${live.body.id}`, { as })).body.code).toBe('key_not_found');
    const { body } = await api.get('/v1/keys?limit=100', { as });
    expect(new Set(body.data.map(({ mode }: { mode: string }) => mode))).toEqual(new Set(['test']));
  });

  test('live and test data never meet', async () => {
    const as = await api.makeKey({ mode: 'test' });
    const { lot, entries } = await api.grant('apart', '10');
    const { reservation } = await api.reserve('apart', '1');
    const { entries: spent } = (await api.post(`${pathOf('apart')}/charges`, { amount: '1' })).body;
    expect((await api.get(pathOf('apart'), { as })).body).toMatchObject({ seq: 0, created_at: null });
    expect((await api.get('/v1/accounts', { as })).body.data).toEqual([]);
    const foreign = [
      await api.get(`/v1/reservations/${reservation.id}`, { as }),
      await api.post(`/v1/reservations/${reservation.id}/commit`, { amount: '1' }, { as }),
      await api.post(`/v1/reservations/${reservation.id}/commit`, { amount: 'not an amount' }, { as }),
      await api.post(`/v1/reservations/${reservation.id}/commit`, {}, { as }),
      await api.post(`/v1/reservations/${reservation.id}/release`, {}, { as }),
      await api.post(`/v1/lots/${lot.id}/revoke`, {}, { as }),
      await api.post(`/v1/lots/${lot.id}/revoke`, { amount: '1' }, { as }),
      await api.post(`/v1/entries/${spent[0].id}/refund`, {}, { as }),
      await api.post(`/v1/entries/${entries[0].id}/refund`, { amount: '1' }, { as }),
    ];
    expect(foreign.map(({ status }) => status)).toEqual(foreign.map(() => 404));
    await api.post(`${pathOf('apart')}/grants`, { amount: '3' }, { as });
    expect((await api.get(pathOf('apart'), { as })).body.balances.credits.granted).toBe('3');
    expect((await api.get(pathOf('apart'))).body.balances.credits.granted).toBe('10');
  });

  test('a rate limit is exact over all replicas, for any second', async () => {
    const as = await api.makeKey({ scopes: ['ledger:read'], rate_limit_per_second: 5 });
    // One that takes longer than a second has a right to more, and says nothing.
    const burst = async (): Promise<Answer[]> => {
      const startedAt = performance.now();
      const asked = Array.from({ length: 10 }, (_, i) => (i % 2 ? api : replica).get('/v1/units', { as }));
      const answers = await Promise.all(asked);
      if (performance.now() - startedAt < 950) return answers;
      await sleep(1_050);
      return burst();
    };
    const first = await burst();
    const refused = first.filter(({ status }) => status === 429);
    expect(first.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(refused).toHaveLength(5);
    for (const { headers, body } of refused) {
      expect(headers['retry-after']).toBe('1');
      expect(body).toMatchObject({ code: 'rate_limited', retryable: true });
    }
    await sleep(1_050);
    expect((await burst()).filter(({ status }) => status === 200)).toHaveLength(5);
  });

  test('a key without a limit has none', async () => {
    const answers = await Promise.all(Array.from({ length: 300 }, () => api.get('/v1/units')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(300);
  });
});
