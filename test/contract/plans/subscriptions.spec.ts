import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ERROR_TABLE } from '../../../src/transport/error-table.js';
import { Api, expectStatus, pathOf, type Answer, type Json } from '../api.js';
import { startReplicas, stopReplicas } from '../replicas.js';
import { awayFromMidnight } from '../../support/midnight.js';

const DAY_MS = 86_400_000;

/** Seconds are what a period is known by. */
const NOW = Math.floor(Date.now() / 1000) * 1000;
const iso = (moment: number): string => new Date(moment).toISOString();

const DAILY_IMAGES = { unit: 'images', amount: '10', window: { every: 'day', anchor: 'calendar', time_zone: 'UTC' } };
const FREE = { name: 'Free', grants: [{ unit: 'credits', amount: '20' }] };
const PRO = {
  name: 'Pro',
  prices: [{ amount: '20', currency: 'usd' }],
  grants: [{ unit: 'credits', amount: '1000', rollover: { carry: 'cap', percent: 20, amount: '100' } }],
  limits: [DAILY_IMAGES],
  fallback: 'free',
};

describe('subscriptions over HTTP', () => {
  let replicas: readonly [Api, Api];
  let api: Api;

  beforeAll(async () => {
    await awayFromMidnight();
    replicas = await startReplicas();
    [api] = replicas;
    await api.put('/v1/units/images', { kind: 'allowance', scale: 0 });
    for (const [id, definition] of Object.entries({ free: FREE, pro: PRO, basic: { ...PRO, name: 'Basic' } })) {
      expectStatus(200, await api.put(`/v1/plans/${id}`, { ...definition, publish: true }));
    }
    expectStatus(200, await api.put('/v1/plans/gone', { ...FREE, publish: true }));
    expectStatus(200, await api.call('DELETE', '/v1/plans/gone'));
  });

  afterAll(async () => {
    await stopReplicas(replicas);
  });

  const at = (account: string, subscription = 'main'): string => `${pathOf(account)}/subscriptions/${subscription}`;
  const put = async (account: string, body: object): Promise<Json> =>
    expectStatus(200, await api.put(at(account), body));
  const cycle = (start: number, end: number) => ({ cycle_start_at: iso(start), cycle_end_at: iso(end) });
  const refused = (answer: Answer, code: keyof typeof ERROR_TABLE): void => {
    expect(answer).toMatchObject({ status: ERROR_TABLE[code].http, body: { code } });
  };

  test('a subscription begins with its credits and its limits, and is read as it is', async () => {
    const period = cycle(NOW - DAY_MS, NOW + 29 * DAY_MS);
    const begun = await put('begins', { plan: 'pro', ...period });
    expect(begun.entries.map(({ type, unit }: Json) => [type, unit])).toEqual([
      ['subscribe', undefined],
      ['grant', 'credits'],
      ['grant', 'images'],
    ]);
    expect(begun.balances).toMatchObject({ credits: { available: '1000' }, images: { available: '10' } });
    await api.post(`${pathOf('begins')}/charges`, { amount: '3', unit: 'images' });
    const { body } = await api.get(at('begins'));
    expect(body.subscription).toMatchObject({
      id: 'main', plan: 'pro', plan_version: 1, status: 'active', cancel_at_period_end: false,
      period_start_at: period.cycle_start_at, period_end_at: period.cycle_end_at,
      limits: [{ unit: 'images', cap: '10', used: '3', soft: false }],
    }); // prettier-ignore
    expect((await api.get(`${pathOf('begins')}/subscriptions`)).body.subscriptions).toEqual([body.subscription]);
  });

  test('a period that was had is not had again, by sixteen at once over two replicas', async () => {
    const body = { plan: 'pro', ...cycle(NOW - DAY_MS, NOW + DAY_MS) };
    const answers = await Promise.all(Array.from({ length: 16 }, (_, i) => replicas[i % 2]!.put(at('had'), body)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const { body: account } = await api.get(pathOf('had'));
    expect(account.balances.credits.granted).toBe('1000');
    expect(await put('had', { ...body, cycle_start_at: iso(NOW - 9 * DAY_MS) })).toMatchObject({ entries: [] });
  });

  test('a renewal closes the period: what is left is carried up to the cap, the rest expires', async () => {
    await put('renews', { plan: 'pro', ...cycle(NOW - 30 * DAY_MS, NOW - 2000) });
    expect((await api.get(at('renews'))).body.subscription.status).toBe('past_due');
    const renewal = { plan: 'pro', ...cycle(NOW - 2000, NOW + 28 * DAY_MS) };
    const renewed = await put('renews', renewal);
    expect(renewed.entries.map(({ type }: Json) => type)).toEqual(['rollover', 'expire', 'subscribe', 'grant']);
    expect(renewed.balances.credits).toMatchObject({ available: '1100', expired: '900' });
    expect(await put('renews', renewal)).toMatchObject({ entries: [], seq: renewed.seq });
    for (const replica of replicas) {
      expect((await replica.get(pathOf('renews'))).body.balances.credits.available).toBe('1100');
    }
  });

  test('a plan without a price renews by itself, whoever looks', async () => {
    let [account, end] = ['', 0];
    // On a machine that stands still meanwhile its period may be over before it begins: then another begins.
    for (let attempt = 1; Date.now() >= end; attempt++) {
      [account, end] = [`itself ${attempt}`, Math.ceil(Date.now() / 1000) * 1000 + 5000 * attempt];
      await put(account, { plan: 'free', ...cycle(NOW - 20 * DAY_MS, end) });
    }
    await sleep(end - Date.now() + 300);
    const { body } = await replicas[1]!.get(pathOf(account));
    expect(body.balances.credits).toMatchObject({ available: '20', expired: '20', granted: '40' });
  });

  test('a cancellation waits for the end of the period, can be taken back, or is now', async () => {
    await put('cancels', { plan: 'pro', ...cycle(NOW - DAY_MS, NOW + DAY_MS) });
    const waits = expectStatus(200, await api.call('DELETE', at('cancels')));
    expect(waits.subscription).toMatchObject({ status: 'active', cancel_at_period_end: true });
    const back = await put('cancels', { plan: 'pro', cancel_at_period_end: false });
    expect(back.subscription).toMatchObject({ cancel_at_period_end: false });
    const now = expectStatus(200, await api.call('DELETE', `${at('cancels')}?at=now`));
    expect(now.subscription.status).toBe('ended');
    expect(now.balances).toMatchObject({ credits: { available: '120' }, images: { available: '0' } });
    const fallback = (await api.get(`${pathOf('cancels')}/subscriptions`)).body.subscriptions;
    expect(fallback).toMatchObject([
      { id: 'fallback:free', status: 'active' },
      { id: 'main', status: 'ended' },
    ]);
    expect(expectStatus(200, await api.call('DELETE', `${at('cancels')}?at=now`)).entries).toEqual([]);
  });

  test('amounts of an account of its own take the place of those of the plan', async () => {
    const { balances } = await put('own', { plan: 'pro', overrides: { credits: '5', images: '0' } });
    expect(balances.credits.available).toBe('5');
    expect(await api.post(`${pathOf('own')}/charges`, { amount: '1', unit: 'images' })).toMatchObject({ status: 402 });
  });

  test('amounts of its own that change within a period count for its limits at once, and are given from the next one on', async () => {
    await put('raised', { plan: 'pro' });
    const before = (await api.get(pathOf('raised'))).body.balances.credits.available;
    expectStatus(201, await api.post(`${pathOf('raised')}/charges`, { amount: '10', unit: 'images' }));
    const raised = await put('raised', { plan: 'pro', overrides: { images: '12', credits: '7' } });
    expect(raised.subscription).toMatchObject({
      grants: [{ unit: 'credits', amount: '7' }],
      limits: [{ unit: 'images', cap: '12', used: '10' }],
    });
    expect(raised.balances).toMatchObject({ credits: { available: before }, images: { available: '2' } });
    expect((await put('raised', { plan: 'pro', overrides: { images: '12', credits: '7' } })).entries).toEqual([]);
    const lowered = await put('raised', { plan: 'pro', overrides: { images: '3' } });
    expect(lowered.subscription.limits).toMatchObject([{ unit: 'images', cap: '3', used: '10' }]);
    const more = await api.post(`${pathOf('raised')}/charges`, { amount: '1', unit: 'images' });
    expect(more).toMatchObject({ status: 429, body: { shortfall: [{ unit: 'images', used: '10', cap: '3' }] } });
    refused(await api.put(at('raised'), { plan: 'pro', overrides: { credits: '0' } }), 'invalid_request');
  });

  test('a limit that is reached is 429, with what is used, of how much, and when it resets', async () => {
    await put('limited', { plan: 'pro' });
    expectStatus(201, await api.post(`${pathOf('limited')}/charges`, { amount: '9', unit: 'images' }));
    const lines = [
      { unit: 'images', amount: '1' },
      { unit: 'credits', amount: '1' },
    ];
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) => replicas[i % 2]!.post(`${pathOf('limited')}/reservations`, { lines })),
    );
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 429, 429, 429, 429, 429]);
    const { body, headers } = answers.find(({ status }) => status === 429)!;
    expect(body).toMatchObject({
      code: 'limit_reached',
      retryable: true,
      shortfall: [{ unit: 'images', required: '1', available: '0', used: '10', cap: '10' }],
    });
    const resets = Date.parse(body.shortfall[0].resets_at);
    expect(resets % DAY_MS).toBe(0);
    expect(Math.abs(Number(headers['retry-after']) - (resets - Date.now()) / 1000)).toBeLessThan(60);
    const asked = (await api.post(`${pathOf('limited')}/check`, { lines }, { key: null })).body;
    expect(asked).toMatchObject({ allowed: false, code: 'limit_reached' });
  });

  test('a plan is tried out once, by sixteen at once under sixteen ids over two replicas', async () => {
    const trial = { days: 7, grants: [{ unit: 'credits', amount: '5' }] };
    expectStatus(200, await api.put('/v1/plans/tried', { ...PRO, name: 'Tried', trial, publish: true }));
    const ask = (i: number) => replicas[i % 2]!.put(at('tries', `sub_${i}`), { plan: 'tried', trial: true });
    const answers = await Promise.all(Array.from({ length: 16 }, (_, i) => ask(i)));
    const begun = answers.findIndex(({ status }) => status === 200);
    expect(answers[begun]!.body.subscription).toMatchObject({ status: 'trialing' });
    answers.splice(begun, 1);
    for (const answer of answers) refused(answer, 'trial_used');
    expect(expectStatus(200, await ask(begun))).toMatchObject({ entries: [] });
    expectStatus(200, await api.call('DELETE', `${at('tries', `sub_${begun}`)}?at=now`));
    refused(await ask(begun), 'trial_used');
    const { body } = await api.get(pathOf('tries'));
    // The trial, and the plan it fell back to.
    expect(body.balances.credits.granted).toBe('25');
    const paid = expectStatus(200, await api.put(at('tries', 'paid'), { plan: 'tried' }));
    expect(paid.subscription.status).toBe('active');
  });

  test('an allowance without a price is given once a period, whichever subscription has it, over two replicas', async () => {
    const limited = {
      ...FREE,
      name: 'Limited',
      limits: [{ unit: 'images', amount: '5', window: { every: 'billing_period' } }],
    };
    expectStatus(200, await api.put('/v1/plans/limited', { ...limited, publish: true }));
    expectStatus(200, await api.put('/v1/plans/once', { ...PRO, name: 'Once', fallback: 'limited', publish: true }));
    await put('once', { plan: 'once', overrides: { credits: '1' } });
    expectStatus(200, await api.call('DELETE', `${at('once')}?at=now`));
    expectStatus(201, await api.post(`${pathOf('once')}/charges`, { amount: '2', unit: 'images' }));
    const subscribe = (i: number, id: string) => replicas[i % 2]!.put(at('once', id), { plan: 'limited' });
    for (const [i, id] of ['own', 'main', 'own', 'fourth'].entries()) {
      const answer = expectStatus(200, await subscribe(i, id));
      expect(answer.balances.credits.granted).toBe('21');
      expect(answer.subscription.limits).toMatchObject([{ unit: 'images', cap: '5', used: '2' }]);
      expect((await replicas[(i + 1) % 2]!.get(pathOf('once'))).body.balances.images.available).toBe('3');
      // Those who ended keep their record; the plan is never given by two.
      expectStatus(200, await replicas[(i + 1) % 2]!.call('DELETE', `${at('once', id)}?at=now`));
    }
    expect((await api.get(pathOf('once'))).body.balances.images.available).toBe('0');
  });

  test('an allowance that the period gave is waited for: 429 until the next one', async () => {
    await api.put('/v1/units/minutes', { kind: 'allowance', scale: 1 });
    const talk = { ...FREE, name: 'Talk', grants: [{ unit: 'minutes', amount: '30' }] };
    expectStatus(200, await api.put('/v1/plans/talk', { ...talk, publish: true }));
    const end = NOW + 3 * DAY_MS;
    await put('talks', { plan: 'talk', ...cycle(NOW - DAY_MS, end) });
    expectStatus(201, await api.post(`${pathOf('talks')}/charges`, { amount: '29.5', unit: 'minutes' }));
    const short = await replicas[1]!.post(`${pathOf('talks')}/reservations`, { amount: '1', unit: 'minutes' });
    refused(short, 'limit_reached');
    expect(short.body).toMatchObject({
      retryable: true,
      shortfall: [{ unit: 'minutes', available: '0.5', used: '29.5', cap: '30', resets_at: iso(end) }],
    });
    expect(Math.abs(Number(short.headers['retry-after']) - (end - Date.now()) / 1000)).toBeLessThan(60);
  });

  test('what cannot be is refused by its name, and leaves no trace', async () => {
    const period = cycle(NOW - DAY_MS, NOW + DAY_MS);
    await put('refused', { plan: 'pro', ...period });
    const { seq } = (await api.get(pathOf('refused'))).body;
    const ask = (body: object, subscription = 'main') => api.put(at('refused', subscription), body);
    refused(await ask({ plan: 'pro', cycle_start_at: iso(NOW), cycle_end_at: iso(NOW + DAY_MS) }), 'period_overlap');
    refused(await ask({ plan: 'unheard-of' }), 'plan_not_found');
    refused(await ask({ plan: 'gone' }, 'other'), 'plan_archived');
    refused(await ask({ plan: 'gone' }), 'plan_archived');
    refused(await ask({ plan: 'pro', ...cycle(NOW, NOW) }, 'other'), 'invalid_request');
    refused(await ask({ plan: 'pro', ...cycle(NOW - 90 * DAY_MS, NOW - 60 * DAY_MS) }, 'other'), 'invalid_request');
    refused(await ask({ plan: 'free', ...cycle(NOW - 9 * DAY_MS, NOW - DAY_MS) }, 'other'), 'invalid_request');
    refused(await ask({ plan: 'pro', ...cycle(NOW + 9 * DAY_MS, NOW + 20 * DAY_MS) }, 'other'), 'invalid_request');
    refused(await ask({ plan: 'pro', cycle_end_at: iso(NOW + DAY_MS) }, 'other'), 'invalid_request');
    refused(await ask({ plan: 'pro', trial: true }, 'other'), 'invalid_request');
    refused(await ask({ plan: 'pro', overrides: { images: '1.5' } }, 'other'), 'invalid_request');
    refused(await ask({ plan: 'pro', overrides: { nothing: '1' } }, 'other'), 'unit_not_found');
    refused(await ask({ plan: 'free', overrides: { images: '1' } }, 'other'), 'invalid_request');
    refused(await ask({ plan: 'pro', policy: 'keep' }), 'invalid_request');
    refused(await ask({ plan: 'pro' }, 'fallback:free'), 'invalid_request');
    refused(await api.call('DELETE', at('refused', 'other')), 'subscription_not_found');
    refused(await api.get(at('refused', 'other')), 'subscription_not_found');
    refused(await api.call('DELETE', `${at('refused')}?at=never`), 'invalid_request');
    expect((await api.get(pathOf('refused'))).body.seq).toBe(seq);
  });

  test('an account has at most twenty, and a test key sees none of those of live accounts', async () => {
    for (let i = 0; i < 20; i++) expectStatus(200, await api.put(at('many', `sub_${i}`), { plan: 'free' }));
    refused(await api.put(at('many', 'sub_20'), { plan: 'free' }), 'too_many_subscriptions');
    const as = await api.makeKey({ mode: 'test' });
    refused(await api.get(at('many', 'sub_0'), { as }), 'subscription_not_found');
  });
});
