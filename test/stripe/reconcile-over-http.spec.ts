import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { APP_ROLE, createAppClient } from '../../src/database/connections.js';
import { WorkOnReconciliations } from '../../src/stripe/reconcile/work-on-reconciliations.js';
import type { Json } from '../contract/api.js';
import { eventually } from '../support/data-dir.js';
import type { Engine } from '../support/engine.js';
import { openReconcile } from './reconciling.js';
import { Shop } from './shop.js';

const HOUR_MS = 3_600_000;
const REASON = 'ticket 311';
const PACK = { name: 'Starter', amount: '100', price: { amount: '10', currency: 'usd' } };

describe('a reconciliation that is asked for over HTTP', () => {
  let shop: Shop;
  let engine: Engine;
  let work: WorkOnReconciliations;

  beforeAll(async () => {
    // Nobody works on it but the test, and nobody looks for events that were missed.
    shop = await Shop.open('postgres', ['api']);
    await shop.call('PUT', '/packs/starter', PACK);
    shop.simulator.deliveries.hold();
    const opened = await openReconcile(shop);
    engine = opened.engine;
    const login = { url: shop.database.url, role: APP_ROLE };
    const logger = pino({ level: 'silent' });
    const createClient = () => createAppClient({ login, logger, applicationName: 'credits-ledger reconcile' });
    work = new WorkOnReconciliations({ reconcile: opened.reconcile, pool: shop.database.appPool, createClient });
  });
  afterAll(async () => {
    await engine?.writePath.drain();
    await shop?.close();
  });

  const from = () => new Date(Date.now() - HOUR_MS).toISOString();
  const asked = (more: object = {}) =>
    shop.call('POST', '/ops/stripe/reconcile', { from: from(), reason: REASON, ...more });
  const runOf = async (id: string): Promise<Json> => (await shop.call('GET', `/ops/runs/${id}`)).body;
  const worked = (signal = new AbortController().signal) => work.run({ signal, failed: () => {} });
  const over = async (more: object = {}): Promise<Json> => {
    const { id } = (await asked(more)).body;
    await worked();
    return runOf(id);
  };

  test('tells what differs, repairs it where that is asked for, and is on record', async () => {
    const payment = await shop.buy('unheard', { pack: 'starter' });
    const { status, body } = await asked();
    expect([status, body]).toMatchObject([
      202,
      { action: 'reconcile', reason: REASON, arguments: { dry_run: true }, notice: expect.stringContaining('ROLE') },
    ]);
    await worked();
    const told = { kind: 'missing_grant', object: payment, account: 'unheard', repairable: true };
    expect(await runOf(body.id)).toMatchObject({
      state: 'done',
      actor: expect.stringMatching(/^key_/),
      progress: { objects: 2, objects_expected: 2 },
      result: { objects: 2, differences: 1, repaired: 0, first_differences: [{ ...told, repair: null }] },
    });
    expect(await shop.credits('unheard')).toMatchObject({ granted: '0' });

    expect((await over({ dry_run: false })).result).toMatchObject({
      repaired: 1,
      first_differences: [{ ...told, repair: { done: true, words: `${payment}: grant` } }],
    });
    expect(await shop.credits('unheard')).toMatchObject({ granted: '100' });
    expect((await over({ dry_run: false })).result).toMatchObject({
      objects: 2,
      differences: 0,
      first_differences: [],
    });
  });

  test('goes on with the rest where one payment is unclear', async () => {
    const wrong = [
      [{ credits_account: '..', credits_amount: '5' }, 'metadata.credits_account of the payment must not be . or ..'],
      [{ credits_account: 'a', credits_amount: '5,0' }, '"5,0"'],
      [{ credits_account: 'a', credits_amount: '5', credits_unit: 'none' }, '"none"'],
      [{ credits_account: 'a' }, 'metadata.credits_amount'],
      [{ credits_top_up: 'top_of_another_ledger' }, 'no such top-up'],
    ] as const;
    const words = new Map<string, string>();
    for (const [metadata, why] of wrong) words.set(await shop.paidByOthers(metadata), why);
    const right = await shop.paidByOthers({ credits_account: 'right', credits_amount: '5' });
    const { result } = await over({ dry_run: false });
    const found = new Map<string, Json>(result.first_differences.map((each: Json) => [each.object, each]));
    for (const [id, why] of words) {
      expect(found.get(id)).toMatchObject({ kind: 'unclear', account: null, repairable: false, repair: null });
      expect(found.get(id)!.words).toContain(why);
    }
    expect(found.get(right)).toMatchObject({ kind: 'missing_grant', repair: { done: true } });
    expect(result).toMatchObject({ differences: 6, repaired: 1 });
  });

  test('goes on behind the last object that was done when it is interrupted, and can be cancelled', async () => {
    for (let n = 0; n < 8; n++) await shop.buy(`cut_off_${n}`, { pack: 'starter' });
    const { id } = (await asked({ dry_run: false })).body;
    const done = async (run: string): Promise<number> => (await runOf(run)).progress?.objects ?? 0;
    // It is met in the middle, however late it is looked at.
    const slowly = () => shop.simulator.troubles.add({ kind: 'slow', ms: 1_000 }, { path: '/v1', times: 1_000 });
    const stop = new AbortController();
    slowly();
    const running = worked(stop.signal);
    while ((await done(id)) === 0) await sleep(1);
    stop.abort();
    await running;
    shop.simulator.troubles.clear();
    const { state, progress } = await runOf(id);
    expect(state).toBe('running');
    expect(progress.objects).toBeLessThan(progress.objects_expected);
    await worked();
    const all = progress.objects_expected;
    expect(await runOf(id)).toMatchObject({
      state: 'done',
      progress: { objects: all },
      result: { objects: all, repaired: 8 },
    });

    const next = (await asked()).body.id;
    slowly();
    const again = worked();
    while ((await done(next)) === 0) await sleep(1);
    await shop.call('POST', `/ops/runs/${next}/cancel`, { reason: REASON });
    await again;
    shop.simulator.troubles.clear();
    expect(await runOf(next)).toMatchObject({ state: 'cancelled' });
  });

  test('ends as failed where Stripe refuses, and is tried again where Stripe does not answer', async () => {
    const { id } = (await asked()).body;
    const always = { path: '/v1/payment_intents', times: 1_000 };
    shop.simulator.troubles.add({ kind: 'refuse', status: 500 }, always);
    await expect(worked()).rejects.toThrow();
    expect(await runOf(id)).toMatchObject({ state: 'running' });
    shop.simulator.troubles.clear();
    shop.simulator.troubles.add({ kind: 'refuse', status: 403 }, always);
    await worked();
    expect(await runOf(id)).toMatchObject({ state: 'failed', result: { error: expect.any(String) } });
    shop.simulator.troubles.clear();
    await shop.call('POST', `/ops/runs/${id}/resume`, { reason: REASON });
    await worked();
    expect(await runOf(id)).toMatchObject({ state: 'done' });
  });

  test.each<[string, object, string]>([
    ['no reason', { reason: undefined }, 'body.reason'],
    ['no beginning', { from: undefined }, 'body.from'],
    ['a beginning that is no time', { from: 'november' }, 'body.from'],
    ['an end before its beginning', { to: '2020-01-01T00:00:00Z' }, 'body.from'],
    ['more than 400 days', { from: '2024-01-01T00:00:00Z', to: '2025-03-01T00:00:00Z' }, 'body.from'],
    ['a field that nobody knows', { apply: true }, 'body.apply'],
  ])('is refused with %s', async (_what, more, location) => {
    const { status, body } = await asked(more);
    expect([status, body.code]).toEqual([422, 'invalid_request']);
    expect(body.errors[0].location).toBe(location);
  });

  test('needs a key of Stripe’s of its mode', async () => {
    const key = { name: 'test', mode: 'test', scopes: ['ops'] };
    const { secret } = (await shop.call('POST', '/keys', key)).body;
    const answer = await fetch(`${shop.url}/v1/ops/stripe/reconcile`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ from: from(), reason: REASON }),
    });
    expect([answer.status, ((await answer.json()) as Json).code]).toEqual([409, 'stripe_not_configured']);
  });

  test('is taken up by a worker', async () => {
    shop.services.push(await shop.startService('worker'));
    const { id } = (await asked()).body;
    await eventually(async () => (await runOf(id)).state === 'done');
  });
});
