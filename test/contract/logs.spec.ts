import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { Api, type Json } from './api.js';

/** In everything a caller can send, and in nothing that may be logged. */
const SECRET = 'Zq9hushhush';

describe('the log', () => {
  let api: Api;
  const lines: string[] = [];

  beforeAll(async () => {
    api = await Api.start(undefined, pino({ level: 'trace' }, { write: line => void lines.push(line) }));
  });

  afterAll(() => api.stop());

  /** What was logged since the last look. */
  const logged = (): Json[] => lines.splice(0).map(line => JSON.parse(line));

  /** Again, until it took less than a second: what takes longer is told of as slow. @returns how often before */
  async function promptly(work: (attempt: number) => Promise<void>): Promise<number> {
    for (let attempt = 0; ; attempt++) {
      const since = performance.now();
      await work(attempt);
      if (performance.now() - since < 900) return attempt;
    }
  }

  /** A line is written after the answer has left. */
  async function lineOf(requestId: string): Promise<Json> {
    for (;;) {
      const line = lines.map(text => JSON.parse(text) as Json).find(({ request_id }) => request_id === requestId);
      if (line !== undefined) return line;
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  }

  test('has one line for a request that failed through our fault: its id, what it was, the code, how long, why', async () => {
    await api.database.ownerPool.query('ALTER TABLE holds RENAME TO holds_elsewhere');
    try {
      logged();
      const failed = await api.get('/v1/accounts/a/reservations', { headers: { 'request-id': 'fails' } });
      expect(failed).toMatchObject({ status: 500, body: { code: 'internal' } });
      expect(await lineOf('fails')).toMatchObject({
        level: 50,
        operation: 'listReservations',
        status: 500,
        code: 'internal',
        duration_ms: expect.any(Number),
        key_id: expect.stringMatching(/^key_/),
        cause: expect.stringContaining('relation "holds" does not exist'),
        stack: expect.stringContaining('at '),
      });
      expect(logged().filter(({ request_id }) => request_id === 'fails')).toHaveLength(1);
    } finally {
      await api.database.ownerPool.query('ALTER TABLE holds_elsewhere RENAME TO holds');
    }
  });

  test('tells of refusals at debug only, and of what went well not at all', async () => {
    const last = await promptly(async attempt => {
      const headers = { 'request-id': `refused-${attempt}` };
      await api.post('/v1/accounts/a/charges', { amount: '1' }, { headers });
    });
    expect(await lineOf(`refused-${last}`)).toMatchObject({ level: 20, status: 402, code: 'insufficient_credits' });
    let said: Json[] = [];
    await promptly(async () => {
      logged();
      await api.post('/v1/accounts/a/grants', { amount: '1', reason: 'x' });
      await api.get('/v1/accounts/a/balance');
      said = logged();
    });
    expect(said).toEqual([]);
  });

  test('holds no key, no account, no metadata and no body, whatever is sent and however it fails', async () => {
    logged();
    const path = `/v1/accounts/${SECRET}`;
    const body = { amount: '5', reason: SECRET, metadata: { [SECRET]: SECRET }, reference: SECRET };
    const own = { key: `${SECRET}-1`, body };
    expect(await api.call('POST', `${path}/grants`, own)).toMatchObject({ status: 201 });
    const sent = [
      api.call('POST', `${path}/grants`, own),
      api.call('POST', `${path}/grants`, { ...own, body: { amount: '6', reason: SECRET } }),
      api.call('POST', `${path}/grants`, { key: `${SECRET}-2`, body }),
      api.call('POST', `${path}/grants`, { body: { ...body, [SECRET]: SECRET } }),
      api.call('POST', `${path}/grants`, { body: { ...body, amount: SECRET } }),
      api.call('POST', `${path}/charges`, { body: { amount: '9', reason: SECRET } }),
      api.send('POST', `${path}/grants`, { body: `{"amount": ${SECRET}` }),
      api.send('POST', `${path}/grants`, { body: Buffer.from([0x7b, 0xff, ...Buffer.from(SECRET)]) }),
      api.send('POST', `${path}/grants`, { body: SECRET, headers: { 'content-type': `text/${SECRET}` } }),
      api.send('GET', `/${SECRET}/../${SECRET}?${SECRET}=${SECRET}`),
      api.send('GET', `/v1/accounts/%E0%A4%A/${SECRET}`),
      api.send('GET', `${path}/entries?after=${SECRET}&limit=${SECRET}`),
      api.send('GET', `/v1/reservations/res_${SECRET}`),
      api.send('GET', path, { as: `crd_live_${SECRET}${'x'.repeat(50)}` }),
      api.send('GET', path, { as: SECRET }),
      api.send('GET', path, { headers: { 'request-id': api.apiKey } }),
      api.send('GET', path, { headers: { 'request-id': `${SECRET} ${SECRET}` } }),
      api.send('POST', '/v1/keys', { body: { name: SECRET, mode: 'live', scopes: ['ledger:read'] } }),
    ];
    await Promise.all(sent);
    await api.raw(`GET /${SECRET} HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
    await api.raw(`${SECRET}\r\n\r\n`);
    await api.database.ownerPool.query('ALTER TABLE entries RENAME TO entries_elsewhere');
    try {
      await api.call('POST', `${path}/charges`, { key: `${SECRET}-3`, body: { amount: '1', metadata: body.metadata } });
      await api.call('GET', `${path}/entries`);
    } finally {
      await api.database.ownerPool.query('ALTER TABLE entries_elsewhere RENAME TO entries');
    }
    expect(lines.length).toBeGreaterThan(sent.length / 2);
    expect(lines.filter(line => line.includes(SECRET) || line.includes(api.apiKey))).toEqual([]);
  });
});
