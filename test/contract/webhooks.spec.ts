import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Api, expectStatus, pathOf, type Json } from './api.js';

const URL_TAKEN = 'https://example.com/hooks';

describe('webhook endpoints, over HTTP', () => {
  let api: Api;
  let testKey: string;

  beforeAll(async () => {
    api = await Api.start();
    testKey = await api.makeKey({ mode: 'test', scopes: ['config:write', 'ops'] });
  });

  afterAll(() => api.stop());

  const make = async (body: object = {}, as = api.apiKey): Promise<Json> =>
    expectStatus(201, await api.post('/v1/webhook-endpoints', { url: URL_TAKEN, ...body }, { as }));
  const pathTo = ({ id }: Json): string => `/v1/webhook-endpoints/${id}`;

  test('are made with a secret that is shown once, and read back without it', async () => {
    const made = await make({ description: 'ours', events: ['credits.granted'] });
    expect(made).toMatchObject({
      id: expect.stringMatching(/^whe_[0-9a-f]{32}$/),
      mode: 'live',
      url: URL_TAKEN,
      description: 'ours',
      events: ['credits.granted'],
      enabled: true,
      disabled_because: null,
      last_success_at: null,
      secrets: [{ expires_at: null }],
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    });
    const { secret, ...rest } = made;
    expect((await api.get(pathTo(made))).body).toEqual(rest);
    expect((await api.get('/v1/webhook-endpoints')).text).not.toContain(secret);
    expect((await api.call('DELETE', pathTo(made))).body).toEqual(rest);
    expect(await api.get(pathTo(made))).toMatchObject({ status: 404, body: { code: 'webhook_endpoint_not_found' } });
    const { rows } = await api.database.ownerPool.query('SELECT FROM webhook_secrets');
    expect(rows).toEqual([]);
  });

  test.each<[string, object, string]>([
    ['no URL', { url: undefined }, 'body.url'],
    ['a URL that is none', { url: 'example.com' }, 'body.url'],
    ['plain HTTP', { url: 'http://example.com/' }, 'body.url'],
    ['another port', { url: 'https://example.com:22/' }, 'body.url'],
    ['this machine', { url: 'https://127.0.0.1/' }, 'body.url'],
    ['this machine in disguise', { url: 'https://0x7f.1/' }, 'body.url'],
    ['this machine by name', { url: 'https://LOCALHOST./' }, 'body.url'],
    ['the metadata of a cloud', { url: 'https://169.254.169.254/latest' }, 'body.url'],
    ['a URL that is too long', { url: `https://example.com/${'x'.repeat(3_000)}` }, 'body.url'],
    ['a type that nobody knows', { events: ['credits.stolen'] }, 'body.events[0]'],
    ['no types', { events: [] }, 'body.events'],
    ['a type twice', { events: ['credits.granted', 'credits.granted'] }, 'body.events'],
    ['a description that cannot be kept', { description: 'a\0' }, 'body.description'],
    ['a description that is too long', { description: 'x'.repeat(256) }, 'body.description'],
    ['a field nobody knows', { secret: 'mine' }, 'body.secret'],
  ])('are refused with %s', async (_, body, location) => {
    const answer = await api.post('/v1/webhook-endpoints', { url: URL_TAKEN, ...body });
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request', errors: [{ location }] } });
  });

  test('are changed, disabled and enabled', async () => {
    const made = await make({ events: ['credits.granted'] });
    const changed = await api.put(pathTo(made), { url: 'https://example.com/other', enabled: false });
    expect(changed.body).toMatchObject({ url: 'https://example.com/other', events: null, enabled: false });
    expect(changed.body).toMatchObject({ disabled_because: 'asked', disabled_at: expect.any(String) });
    const as_it_was = await api.put(pathTo(made), { url: URL_TAKEN });
    expect(as_it_was.body).toMatchObject({ enabled: false, disabled_at: changed.body.disabled_at });
    const enabled = await api.put(pathTo(made), { url: URL_TAKEN, enabled: true });
    expect(enabled.body).toMatchObject({ enabled: true, disabled_because: null, disabled_at: null });
    expect(await api.put(pathTo(made), { url: 'https://10.0.0.1/' })).toMatchObject({ status: 422 });
  });

  test('get a new secret beside the one before, for a while or none', async () => {
    const made = await make();
    const rotated = await api.post(`${pathTo(made)}/rotate-secret`, {});
    expect(rotated.body.secret).not.toBe(made.secret);
    expect(rotated.body.secrets).toEqual([{ expires_at: null }, { expires_at: expect.any(String) }]);
    const inADay = Date.parse(rotated.body.secrets[1].expires_at) - Date.now();
    expect(Math.abs(inADay - 86_400_000)).toBeLessThan(60_000);
    const atOnce = await api.post(`${pathTo(made)}/rotate-secret`, { overlap_seconds: 0 });
    expect(atOnce.body.secrets).toEqual([{ expires_at: null }]);
    for (const overlap_seconds of [-1, 1.5, 604_801, '1']) {
      const refused = await api.post(`${pathTo(made)}/rotate-secret`, { overlap_seconds });
      expect(refused).toMatchObject({ status: 422, body: { errors: [{ location: 'body.overlap_seconds' }] } });
    }
  });

  test('tell what a test came to, and never where a name leads', async () => {
    const made = await make({ url: 'https://nobody.example.com/' });
    await api.database.ownerPool.query(`UPDATE webhook_endpoints SET url = 'https://127.0.0.1:8443/' WHERE id = $1`, [
      made.id,
    ]);
    const { body } = await api.post(`${pathTo(made)}/test`, {});
    expect(body).toEqual({ delivered: false, failure: 'the host is not on the public internet' });
  });

  test('show what waits for them, and why, page by page', async () => {
    const made = await make();
    for (const account of ['first', 'second', 'third']) await api.grant(account, '1');
    const { rows } = await api.database.ownerPool.query(`SELECT account_no FROM account_names ORDER BY account_no`);
    for (const { account_no: no } of rows) {
      await api.database.ownerPool.query(
        `INSERT INTO webhook_streams (endpoint, account_no, last_sequence, delivered_sequence, attempts, failing_since,
           next_attempt_at, last_failure)
         SELECT no, $2, 5, 3, 2, now(), now(), 'HTTP 500' FROM webhook_endpoints WHERE id = $1`,
        [made.id, no],
      );
    }
    const first = (await api.get(`${pathTo(made)}/backlog?limit=2`)).body;
    expect(first).toMatchObject({ has_more: true, data: [{ account: 'first', next_sequence: 4 }, {}] });
    const next = (await api.get(`${pathTo(made)}/backlog?limit=2&after=${first.next_cursor}`)).body;
    expect(next.data).toMatchObject([
      { account: 'third', next_sequence: 4, last_sequence: 5, attempts: 2, last_failure: 'HTTP 500' },
    ]);
  });

  test('are replayed on record, with who and why', async () => {
    const made = await make();
    const reason = 'ticket 311';
    const answer = await api.post(`${pathTo(made)}/replay`, { account: 'first', from_sequence: 1, reason });
    expect(answer).toMatchObject({ status: 202, body: { accounts: 0, events: 0 } });
    expect((await api.get('/v1/ops/runs?limit=1')).body.data).toMatchObject([
      { action: 'webhooks.replay', reason, arguments: { endpoint: made.id, account: 'first', from_sequence: 1 } },
    ]);
  });

  test.each<[string, object, string]>([
    ['no beginning', {}, 'body.from'],
    ['two beginnings', { account: 'a', from_sequence: 1, from: '2026-11-21T00:00:00Z' }, 'body.from'],
    ['a sequence of nobody', { from_sequence: 1 }, 'body.from_sequence'],
    ['a sequence that is none', { account: 'a', from_sequence: 0 }, 'body.from_sequence'],
    ['a time that is none', { from: 'noon' }, 'body.from'],
    ['an account that cannot be', { account: '..', from_sequence: 1 }, 'body.account'],
    ['no reason', { from: '2026-11-21T00:00:00Z', reason: ' ' }, 'body.reason'],
  ])('refuse a replay with %s', async (_, body, location) => {
    const made = (await api.get('/v1/webhook-endpoints?limit=1')).body.data[0];
    const answer = await api.post(`${pathTo(made)}/replay`, { reason: 'x', ...body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ location }] } });
  });

  test('of the other mode are not there, and neither is what never was', async () => {
    const live = await make();
    const ofTest = await make({}, testKey);
    expect(ofTest.mode).toBe('test');
    expect((await api.get('/v1/webhook-endpoints', { as: testKey })).body.data.map(({ id }: Json) => id)).toEqual([
      ofTest.id,
    ]);
    const nowhere = { id: 'whe_0' };
    for (const [endpoint, as] of [[live, testKey], [ofTest, api.apiKey], [nowhere, api.apiKey], [{ id: '%00' }, api.apiKey]]) {
      const path = pathTo(endpoint);
      const calls: [string, string, object?][] = [
        ['GET', ''], ['PUT', '', { url: URL_TAKEN }], ['DELETE', ''], ['POST', '/rotate-secret', {}], ['POST', '/test', {}],
        ['GET', '/backlog'], ['POST', '/replay', { from: '2026-11-21T00:00:00Z', reason: 'x' }],
      ];
      for (const [method, more, body] of calls) {
        const answer = await api.call(method, path + more, { as, ...(body && { body }) });
        expect([method, more, answer.status, answer.body.code]).toEqual([method, more, 404, 'webhook_endpoint_not_found']);
      }
    }
  }); // prettier-ignore

  test('need the scope config:write, and ops to be replayed', async () => {
    const as = await api.makeKey({ scopes: ['ledger:read', 'ledger:write', 'keys:write'] });
    const made = await make();
    for (const path of ['/v1/webhook-endpoints', pathTo(made), `${pathTo(made)}/backlog`]) {
      expect(await api.get(path, { as })).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
    }
    const configures = await api.makeKey({ scopes: ['config:write'] });
    const answer = await api.post(`${pathTo(made)}/replay`, {}, { as: configures });
    expect(answer).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
  });

  test('are no more than sixteen, made at once too', async () => {
    const key = await api.makeKey({ mode: 'test', scopes: ['config:write'] });
    const answers = await Promise.all(
      Array.from({ length: 24 }, () => api.post('/v1/webhook-endpoints', { url: URL_TAKEN }, { as: key })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(15);
    const refused = answers.find(({ status }) => status !== 201)!;
    expect(refused).toMatchObject({ status: 409, body: { code: 'too_many_webhook_endpoints' } });
    const { body } = await api.get('/v1/webhook-endpoints?limit=10', { as: key });
    const rest = await api.get(`/v1/webhook-endpoints?after=${body.next_cursor}`, { as: key });
    expect([body.data.length, rest.body.data.length]).toEqual([10, 6]);
  });

  test('do not show their URLs or secrets to readers of the database', async () => {
    const client = await api.database.ownerPool.connect();
    await client.query('SET ROLE credits_ledger_reader');
    await client.query('SELECT id, last_failure FROM webhook_endpoints');
    for (const query of ['SELECT url FROM webhook_endpoints', 'SELECT secret FROM webhook_secrets']) {
      await expect(client.query(query)).rejects.toThrow('permission denied');
    }
    client.release(true);
  });
});

describe('alert rules, over HTTP', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
  });

  afterAll(() => api.stop());

  const own = (account: string): string => `${pathOf(account)}/alert-rules`;

  test('are put, read, listed and deleted, for all accounts and for one', async () => {
    const low = { rule: 'low', unit: 'credits', amount: '100', measure: 'unspent', enabled: true };
    for (const [base, account] of [['/v1/alert-rules', null], [own('ö/ö'), 'ö/ö']] as const) {
      expect((await api.put(`${base}/low`, { amount: '100' })).body).toEqual({ ...low, account });
      expect((await api.put(`${base}/low`, { amount: '100.50' })).body).toEqual({ ...low, account, amount: '100.5' });
      await api.put(`${base}/fast`, { runs_out_within_seconds: 86_400, measure: 'available' });
      expect((await api.get(base)).body.data).toMatchObject([
        { rule: 'fast', account, runs_out_within_seconds: 86_400, measure: 'available' },
        { rule: 'low', account, amount: '100.5' },
      ]);
      expect((await api.get(`${base}/low`)).body).toMatchObject({ rule: 'low', account });
      expect((await api.call('DELETE', `${base}/low`)).body).toMatchObject({ rule: 'low', account });
      for (const method of ['GET', 'DELETE']) {
        const gone = await api.call(method, `${base}/low`);
        expect(gone).toMatchObject({ status: 404, body: { code: 'alert_rule_not_found' } });
      }
    }
  }); // prettier-ignore

  test.each<[object, string]>([
    [{}, 'body.amount'],
    [{ amount: '1', percent: 5 }, 'body.percent'],
    [{ amount: 1 }, 'body.amount'],
    [{ amount: '-1' }, 'body.amount'],
    [{ amount: '1e3' }, 'body.amount'],
    [{ amount: '99999999999999999999' }, 'body.amount'],
    [{ amount: '1.0000000001' }, 'body.amount'],
    [{ percent: 0 }, 'body.percent'],
    [{ percent: 100 }, 'body.percent'],
    [{ percent: 1.5 }, 'body.percent'],
    [{ runs_out_within_seconds: 0 }, 'body.runs_out_within_seconds'],
    [{ expires_within_seconds: 400 * 86_400 }, 'body.expires_within_seconds'],
    [{ amount: '1', measure: 'held' }, 'body.measure'],
    [{ amount: '1', enabled: 'no' }, 'body.enabled'],
    [{ amount: '1', unit: '' }, 'body.unit'],
    [{ amount: '1', tell: 'me' }, 'body.tell'],
  ])('are refused as %j', async (body, location) => {
    const answer = await api.put('/v1/alert-rules/low', body);
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request', errors: [{ location }] } });
  });

  test('are refused under a name that is none, of a unit that is none, and of an account that cannot be', async () => {
    expect(await api.put('/v1/alert-rules/a%20b', { amount: '1' })).toMatchObject({
      status: 422,
      body: { errors: [{ location: 'path.rule' }] },
    });
    expect(await api.put('/v1/alert-rules/low', { amount: '1', unit: 'none' })).toMatchObject({
      status: 404,
      body: { code: 'unit_not_found' },
    });
    expect(await api.put(`${own('a\u0001')}/low`, { amount: '1' })).toMatchObject({
      status: 422,
      body: { errors: [{ location: 'path.account' }] },
    });
  });

  test('are no more than twenty of an owner, put at once too; those there are can still be changed', async () => {
    const put = (n: number) => api.put(`${own('many')}/rule-${n}`, { percent: 5 });
    const answers = await Promise.all(Array.from({ length: 25 }, (_, n) => put(n)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
    const refused = answers.find(({ status }) => status !== 200)!;
    expect(refused).toMatchObject({ status: 409, body: { code: 'too_many_alert_rules' } });
    const [{ rule }] = (await api.get(own('many'))).body.data;
    expect((await api.put(`${own('many')}/${rule}`, { percent: 6 })).body.percent).toBe(6);
    expect((await api.put(`${own('others')}/rule`, { percent: 6 })).status).toBe(200);
  });

  test('of live and test know nothing of each other', async () => {
    const as = await api.makeKey({ mode: 'test', scopes: ['config:write', 'ledger:read'] });
    await api.put('/v1/alert-rules/apart', { amount: '1' });
    expect(await api.get('/v1/alert-rules/apart', { as })).toMatchObject({ status: 404 });
    await api.put('/v1/alert-rules/apart', { amount: '2' }, { as });
    expect((await api.get('/v1/alert-rules/apart')).body.amount).toBe('1');
  });

  test('are read with ledger:read and changed with config:write', async () => {
    const reads = await api.makeKey({ scopes: ['ledger:read'] });
    expect((await api.get('/v1/alert-rules', { as: reads })).status).toBe(200);
    for (const base of ['/v1/alert-rules', own('a')]) {
      const answer = await api.put(`${base}/low`, { amount: '1' }, { as: reads });
      expect(answer).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
      expect((await api.call('DELETE', `${base}/low`, { as: reads })).status).toBe(403);
    }
  });
});
