import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CreditsLedger, type Retry } from '../../clients/typescript/src/index.js';
import { answering, failureOf, refusal, startBehindProxy, type ServiceBehindProxy } from './client-of.js';

describe('a call of the client', () => {
  let behind: ServiceBehindProxy;
  let ledger: CreditsLedger;

  beforeAll(async () => {
    behind = await startBehindProxy();
    ledger = behind.clientOf();
  });

  afterAll(() => behind.close());

  test('reserves, commits, reads back', async () => {
    await ledger.grant('basic', { amount: '10', reason: 'welcome' });
    const { reservation } = await ledger.reserve('basic', { amount: '4', ttl_seconds: 60 });
    const { balances } = await ledger.commit(reservation.id, { amount: '2.5' });
    expect(balances['credits']).toMatchObject({ available: '7.5', held: '0', spent: '2.5' });
    expect(await ledger.getReservation(reservation.id)).toMatchObject({ status: 'closed' });
  });

  test('carries names that a URL would read otherwise, and refuses those it cannot carry', async () => {
    const name = 'team/7?x=1#ü %2F..';
    await ledger.grant(name, { amount: '1' });
    expect(await ledger.getAccount(name)).toMatchObject({ account: name });
    for (const wrong of ['', '.', '..', '\ud800', undefined as never])
      expect(() => ledger.getAccount(wrong)).toThrow(TypeError);
  });

  test('reads a list to its end, page by page', async () => {
    for (let i = 0; i < 5; i++) await ledger.grant('listed', { amount: '1', metadata: { i: String(i) } });
    const seqs: number[] = [];
    for await (const entry of ledger.listEntries('listed', { limit: 2 })) seqs.push(entry.seq);
    expect(seqs).toEqual([5, 4, 3, 2, 1]);
    const first = await ledger.listEntries('listed', { limit: 2 }).page();
    expect(first).toMatchObject({ has_more: true, data: [{ seq: 5 }, { seq: 4 }] });
    const second = await ledger.listEntries('listed', { limit: 2, after: first.next_cursor! }).page();
    expect(second.data.map(({ seq }) => seq)).toEqual([3, 2]);
  });

  test('sends a batch', async () => {
    const { results } = await ledger.batch({
      commands: [
        { id: 'a', type: 'grant', account: 'batched', amount: '3', idempotency_key: 'a' },
        { id: 'b', type: 'reserve', account: 'batched', amount: '4', idempotency_key: 'b' },
      ],
    });
    expect(results.map(({ id, status }) => ({ id, status }))).toEqual([
      { id: 'a', status: 201 },
      { id: 'b', status: 402 },
    ]);
  });

  test('that is refused throws what the ledger says, and is sent once', async () => {
    const sent = answering();
    const short = await failureOf(behind.clientOf(sent).reserve('nobody', { amount: '5' }));
    expect(short).toMatchObject({
      code: 'insufficient_credits',
      status: 402,
      retryable: false,
      mayHaveTakenEffect: false,
      attempts: 1,
      shortfall: [{ unit: 'credits', required: '5', available: '0' }],
    });
    expect(short.requestId).toMatch(/^req_/);
    expect(short.idempotencyKey).toMatch(/^[0-9a-f-]{36}$/);
    const invalid = await failureOf(ledger.reserve('nobody', { amount: '1.0000001' }));
    expect(invalid).toMatchObject({ code: 'invalid_request', errors: [{ location: 'body.amount' }] });
    expect(sent.count()).toBe(1);
  });

  test('is not sent again because credits may come back', async () => {
    await ledger.grant('contended', { amount: '5' });
    await ledger.reserve('contended', { amount: '4' });
    const sent = answering();
    const refused = await failureOf(behind.clientOf(sent).reserve('contended', { amount: '4' }));
    expect(refused).toMatchObject({ code: 'insufficient_credits', retryable: true, attempts: 1 });
    expect(sent.count()).toBe(1);
  });

  test.each(['lose-request', 'lose-answer'] as const)(
    'takes effect once when the connection fails: %s',
    async fault => {
      const retries: Retry[] = [];
      const idempotencyKey = randomUUID();
      const hit = behind.proxy.failOn(idempotencyKey, fault);
      const client = behind.clientOf({ onRetry: retry => void retries.push(retry) });
      const { seq, balances } = await client.grant(fault, { amount: '3' }, { idempotencyKey });
      await hit;
      expect({ seq, available: balances['credits']!.available }).toEqual({ seq: 1, available: '3' });
      expect(await ledger.getAccount(fault)).toMatchObject({ seq: 1 });
      expect(retries).toMatchObject([{ attempt: 1, error: { code: 'unreachable', mayHaveTakenEffect: true } }]);
    },
  );

  test('takes effect once when no answer comes in time', async () => {
    const retries: Retry[] = [];
    const idempotencyKey = randomUUID();
    const hit = behind.proxy.failOn(idempotencyKey, 'stall');
    const client = behind.clientOf({ onRetry: retry => void retries.push(retry) });
    const { seq } = await client.grant('stalled', { amount: '3' }, { idempotencyKey, timeoutMs: 1_000 });
    await hit;
    expect(seq).toBe(1);
    expect(new Set(retries.map(({ error }) => error.code))).toEqual(new Set(['timeout']));
  });

  test('without a key is not sent again when it may have taken effect', async () => {
    const name = randomUUID();
    const hit = behind.proxy.failOn(name, 'lose-answer');
    const made = ledger.createKey({ name, mode: 'test', scopes: ['ledger:read'] });
    const lost = await failureOf(made);
    await hit;
    expect(lost).toMatchObject({ code: 'unreachable', mayHaveTakenEffect: true, retryable: false, attempts: 1 });
    const names: string[] = [];
    for await (const key of ledger.listKeys()) names.push(key.name);
    expect(names.filter(found => found === name)).toHaveLength(1);
  });

  test('made again under its own key gets the first answer', async () => {
    const idempotencyKey = randomUUID();
    const first = await ledger.grant('again', { amount: '1' }, { idempotencyKey });
    expect(await ledger.grant('again', { amount: '1' }, { idempotencyKey })).toEqual(first);
    expect(await failureOf(ledger.grant('again', { amount: '2' }, { idempotencyKey }))).toMatchObject({
      code: 'idempotency_key_reused',
    });
    await expect(ledger.grant('again', { amount: '1' }, { idempotencyKey: 'ä' })).rejects.toThrow(TypeError);
  });

  test.each([
    ['busy', refusal(503, 'busy', { 'retry-after': '1' })],
    ['rate_limited', refusal(429, 'rate_limited', { 'retry-after': '1' })],
    ['idempotency_key_in_use', refusal(409, 'idempotency_key_in_use', { 'retry-after': '1' })],
  ])('waits as long as the ledger asks: %s', async (code, answer) => {
    const retries: Retry[] = [];
    const sent = answering(answer, answer);
    const started = performance.now();
    const client = behind.clientOf({ ...sent, onRetry: retry => void retries.push(retry) });
    expect(await client.grant(`waits-${code}`, { amount: '1' })).toMatchObject({ seq: 1 });
    // A timer may be a millisecond early.
    expect(performance.now() - started).toBeGreaterThanOrEqual(2 * 1_000 - 5);
    expect(retries).toMatchObject([{ error: { code } }, { error: { code } }]);
    expect(retries.every(({ pauseMs }) => pauseMs >= 1_000)).toBe(true);
  });

  test('gets through a rate limit', async () => {
    const { secret } = await ledger.createKey({
      name: 'slow',
      mode: 'live',
      scopes: ['ledger:write'],
      rate_limit_per_second: 3,
    });
    const retries: Retry[] = [];
    const slow = behind.clientOf({ apiKey: secret, onRetry: retry => void retries.push(retry) });
    let granted = 0;
    // Seven at once are too many for a second, unless it is over before they are sent.
    for (; retries.length === 0; granted += 7) {
      await Promise.all(Array.from({ length: 7 }, () => slow.grant('limited', { amount: '1' })));
    }
    expect(await ledger.getAccount('limited')).toMatchObject({ seq: granted });
    expect(new Set(retries.map(({ error }) => error.code))).toEqual(new Set(['rate_limited']));
  });

  test.each([
    ['a proxy without a ledger', new Response('<html>Bad Gateway</html>', { status: 502 }), 'unexpected_answer'],
    ['no connection', new TypeError('fetch failed'), 'unreachable'],
  ])('gives up after so many attempts: %s', async (_, answer, code) => {
    const sent = answering(answer);
    const failure = await failureOf(behind.clientOf({ ...sent, maxAttempts: 4 }).grant('never', { amount: '1' }));
    expect(failure).toMatchObject({ code, attempts: 4, mayHaveTakenEffect: true });
    expect(sent.count()).toBe(4);
  });

  test('gives up at its deadline, and does not wait for what comes after it', async () => {
    const sent = answering(refusal(503, 'busy', { 'retry-after': '600' }));
    const started = performance.now();
    expect(
      await failureOf(behind.clientOf({ ...sent, deadlineMs: 300_000 }).grant('late', { amount: '1' })),
    ).toMatchObject({ code: 'busy', attempts: 1, retryAfterMs: 600_000 });
    expect(performance.now() - started).toBeLessThan(200_000);
  });

  test.each([
    [402, 'insufficient_credits'],
    [403, 'scope_missing'],
    [404, 'unit_not_found'],
    [410, 'reservation_expired'],
    [422, 'invalid_request'],
    [429, 'limit_reached'],
    [500, 'internal'],
  ])('is not sent again after %d %s', async (status, code) => {
    const sent = answering(refusal(status, code, { 'retry-after': '1' }));
    expect(await failureOf(behind.clientOf(sent).grant('refused', { amount: '1' }))).toMatchObject({ code });
    expect(sent.count()).toBe(1);
  });

  test('does not forget that an earlier attempt may have taken effect', async () => {
    const sent = answering(new TypeError('fetch failed'), refusal(401, 'unauthenticated'));
    const failure = await failureOf(behind.clientOf(sent).grant('unknown', { amount: '1' }));
    expect(failure).toMatchObject({ code: 'unauthenticated', mayHaveTakenEffect: true, attempts: 2 });
  });

  test('ends with its signal, while it waits for an answer and while it pauses', async () => {
    const abort = new AbortController();
    const idempotencyKey = randomUUID();
    void behind.proxy.failOn(idempotencyKey, 'stall').then(() => abort.abort('enough'));
    const waiting = await failureOf(ledger.grant('ended', { amount: '1' }, { idempotencyKey, signal: abort.signal }));
    expect(waiting).toMatchObject({ code: 'aborted', cause: 'enough', mayHaveTakenEffect: true, attempts: 1 });

    const pause = new AbortController();
    const sent = answering(refusal(503, 'busy', { 'retry-after': '20' }));
    const client = behind.clientOf({ ...sent, onRetry: () => void setTimeout(() => pause.abort(), 100) });
    const pausing = await failureOf(client.grant('ended', { amount: '1' }, { signal: pause.signal }));
    expect(pausing).toMatchObject({ code: 'aborted', attempts: 1, mayHaveTakenEffect: true });

    const before = await failureOf(ledger.grant('ended', { amount: '1' }, { signal: AbortSignal.abort() }));
    expect(before).toMatchObject({ code: 'aborted', attempts: 0, mayHaveTakenEffect: false });
  });

  test('refuses options that cannot work, by name', () => {
    const apiKey = 'crd_live_x';
    expect(() => new CreditsLedger({ url: 'localhost:3000', apiKey })).toThrow(/url must be/);
    expect(() => new CreditsLedger({ url: 'http://localhost:3000/v1', apiKey })).toThrow(/before \/v1/);
    expect(() => new CreditsLedger({ url: 'http://localhost:3000', apiKey: 'two\nlines' })).toThrow(/apiKey must be/);
  });
});
