import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  CreditsLedger,
  LedgerError,
  type CreditsLedgerOptions,
  type Retry,
} from '../../clients/typescript/src/index.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startService, type RunningService } from '../support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';

describe('a call of the client', () => {
  let database: TestDatabase;
  let service: RunningService;
  let proxy: TcpProxy;
  let ledger: CreditsLedger;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService({ databaseUrl: database.url });
    proxy = await TcpProxy.open(service.url);
    ledger = clientOf();
  });

  afterAll(async () => {
    await proxy.close();
    await service.stop();
    await database.close();
  });

  function clientOf(more: Partial<CreditsLedgerOptions> = {}): CreditsLedger {
    return new CreditsLedger({ url: proxy.url, apiKey: service.apiKey, ...more });
  }

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
    for (const wrong of ['', '.', '..']) expect(() => ledger.getAccount(wrong)).toThrow(TypeError);
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
    const sent = counting();
    const short = await failureOf(clientOf(sent).reserve('nobody', { amount: '5' }));
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
    const sent = counting();
    const refused = await failureOf(clientOf(sent).reserve('contended', { amount: '4' }));
    expect(refused).toMatchObject({ code: 'insufficient_credits', retryable: true, attempts: 1 });
    expect(sent.count()).toBe(1);
  });

  test.each(['lose-request', 'lose-answer'] as const)(
    'takes effect once when the connection fails: %s',
    async fault => {
      const retries: Retry[] = [];
      const idempotencyKey = randomUUID();
      const hit = proxy.failOn(idempotencyKey, fault);
      const client = clientOf({ onRetry: retry => void retries.push(retry) });
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
    const hit = proxy.failOn(idempotencyKey, 'stall');
    const client = clientOf({ onRetry: retry => void retries.push(retry) });
    const { seq } = await client.grant('stalled', { amount: '3' }, { idempotencyKey, timeoutMs: 500 });
    await hit;
    expect(seq).toBe(1);
    expect(retries).toMatchObject([{ error: { code: 'timeout' } }]);
  });

  test('without a key is not sent again when it may have taken effect', async () => {
    const name = randomUUID();
    const hit = proxy.failOn(name, 'lose-answer');
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
});

/** A `fetch` that counts. */
function counting() {
  let count = 0;
  return {
    fetch: ((input, init) => {
      count++;
      return fetch(input, init);
    }) as typeof fetch,
    count: () => count,
  };
}

async function failureOf(call: Promise<unknown>): Promise<LedgerError> {
  const error = await call.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof LedgerError) return error;
  throw error;
}
