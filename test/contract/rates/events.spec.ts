import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PlanTerms } from '../../../src/ledger/domain/plan-terms.js';
import { openEngine } from '../../support/engine.js';
import { runReplay } from '../../integration/replay/run-replay.js';
import { Api, expectStatus, pathOf, type Json } from '../api.js';

const TOKENS = {
  charges: [
    {
      unit: 'credits',
      per: '1000000',
      prices: [
        { match: { model: 'free*' }, rates: { input: '0', output: '0' } },
        { match: { model: 'gpt-5*' }, rates: { input: '1.25', cached_input: '0.125', output: '10' } },
        { match: { model: '*' }, rates: { input: '0.25', output: '2' } },
      ],
    },
  ],
};
const RENDERS = {
  charges: [
    { unit: 'credits', prices: [{ match: { size: 'xl' }, rate: '4' }, { rate: '1' }] },
    { unit: 'renders', prices: [{ rate: '1' }] },
  ],
};
const METERS = { llm_tokens: TOKENS, renders: RENDERS };

const MILLION = { input: '1000000', output: '100000' };
const GPT = { meter: 'llm_tokens', quantity: MILLION, properties: { model: 'gpt-5' } };

describe('spends by event', () => {
  let api: Api;

  const publish = async (meters: object, card = 'default'): Promise<Json> =>
    expectStatus(200, await api.put(`/v1/rate-cards/${card}`, { rounding: 'up', publish: true, meters }));
  const reserve = async (account: string, body: object): Promise<Json> =>
    expectStatus(201, await api.post(`${pathOf(account)}/reservations`, body));
  const commit = async ({ reservation }: Json, body: object): Promise<Json> =>
    expectStatus(200, await api.post(`/v1/reservations/${reservation.id}/commit`, body));
  const funded = async (credits = '100'): Promise<string> => {
    const account = `funded-${randomUUID()}`;
    await api.grant(account, credits);
    await api.grant(account, '10', { unit: 'renders', category: 'included' });
    return account;
  };

  beforeAll(async () => {
    api = await Api.start();
    await api.put('/v1/units/renders', { kind: 'allowance', scale: 0 });
  });

  afterAll(() => api.stop());

  test('without a card in effect there is no meter', async () => {
    const answer = await api.post(`${pathOf('early')}/reservations`, GPT);
    expect(answer).toMatchObject({ status: 404, body: { code: 'meter_not_found' } });
    await api.put('/v1/rate-cards/default', { rounding: 'up', meters: METERS });
    expect((await api.post(`${pathOf('early')}/charges`, GPT)).body.code).toBe('meter_not_found');
    await publish(METERS);
  });

  test('what was estimated is held, what was used is spent, and the entries say why', async () => {
    const account = await funded();
    const held = await reserve(account, GPT);
    expect(held.reservation.lines).toMatchObject([{ unit: 'credits', reserved: '2.25' }]);
    expect(held.entries[0].event).toEqual({
      meter: 'llm_tokens',
      quantity: MILLION,
      properties: { model: 'gpt-5' },
      card: 'default',
      version: 1,
      lines: [{ unit: 'credits', amount: '2.25' }],
    });
    const spent = await commit(held, { quantity: { input: 800, cached_input: '200', output: '30' } });
    // 0.001 + 0.000025 + 0.0003
    expect(spent.reservation.lines).toMatchObject([{ committed: '0.001325', released: '2.248675' }]);
    expect(spent.entries[0].event).toMatchObject({
      quantity: { input: '800', cached_input: '200', output: '30' },
      version: 1,
    });
    const { body } = await api.get(`/v1/reservations/${held.reservation.id}`);
    expect(body.entries.map(({ event }: Json) => event.lines[0].amount)).toEqual(['2.25', '0.001325']);
  });

  test('a commit is priced by the version of its reservation, whatever was published meanwhile, on any replica', async () => {
    const account = await funded();
    const held = await reserve(account, { meter: 'renders', quantity: '2' });
    const { version } = held.entries[0].event;
    const dearer = { charges: [{ unit: 'credits', prices: [{ rate: '50' }] }] };
    await publish({ ...METERS, renders: dearer });
    const replica = await Api.start(api);
    const spent = await replica.post(`/v1/reservations/${held.reservation.id}/commit`, { quantity: '1' });
    expect(spent.body.reservation.lines).toMatchObject([{ committed: '1' }, { unit: 'renders', committed: '1' }]);
    expect(spent.body.entries[0].event.version).toBe(version);
    // A new event costs what the new version says, at once and on both.
    for (const each of [api, replica]) {
      const { body } = await each.post(`${pathOf(account)}/charges`, { meter: 'renders', quantity: '1' });
      expect(body.entries[0]).toMatchObject({ amount: '50', event: { version: version + 1 } });
      await api.grant(account, '100');
    }
    await replica.stop();
    await publish(METERS);
  });

  test('a commit may say what else turned out: its properties come on top', async () => {
    const account = await funded();
    const held = await reserve(account, GPT);
    const spent = await commit(held, { quantity: { output: '1000000' }, properties: { model: 'small', region: 'eu' } });
    expect(spent.entries[0]).toMatchObject({ amount: '2', event: { properties: { model: 'small', region: 'eu' } } });
  });

  test('captures are priced one by one', async () => {
    const account = await funded();
    const held = await reserve(account, { meter: 'renders', quantity: '3' });
    await commit(held, { quantity: '1', final: false });
    const { reservation } = await commit(held, { quantity: '1' });
    expect(reservation).toMatchObject({
      status: 'closed',
      lines: [{ committed: '2', released: '1' }, { committed: '2' }],
    });
  });

  test('a commit of nothing closes the hold at no cost', async () => {
    const account = await funded();
    const { reservation } = await commit(await reserve(account, GPT), { quantity: { input: '0' } });
    expect(reservation).toMatchObject({ status: 'closed', lines: [{ committed: '0', released: '2.25' }] });
  });

  test('a reservation by event may be committed by amount, and all that is left', async () => {
    const account = await funded();
    expect((await commit(await reserve(account, GPT), { amount: '1' })).entries[0]).toMatchObject({ amount: '1' });
    expect((await commit(await reserve(account, GPT), {})).entries[0]).toMatchObject({ amount: '2.25' });
    const lines = [
      { unit: 'credits', amount: '1' },
      { unit: 'renders', amount: '1' },
    ];
    const held = await reserve(account, { meter: 'renders', quantity: '5' });
    expect((await commit(held, { lines })).reservation.lines).toMatchObject([{ committed: '1' }, { committed: '1' }]);
  });

  test('more than was estimated follows the overage policy', async () => {
    const account = await funded('3');
    const held = await reserve(account, { ...GPT, overage: 'reject' });
    const answer = await api.post(`/v1/reservations/${held.reservation.id}/commit`, {
      quantity: { output: '1000000' },
    });
    expect(answer).toMatchObject({ status: 422, body: { code: 'commit_exceeds_reservation' } });
    await commit(held, { quantity: MILLION });
  });

  test('several units are all or nothing', async () => {
    const account = await funded('2');
    const answer = await api.post(`${pathOf(account)}/reservations`, { meter: 'renders', quantity: '3' });
    expect(answer).toMatchObject({
      status: 402,
      body: { code: 'insufficient_credits', shortfall: [{ unit: 'credits', required: '3', available: '2' }] },
    });
  });

  test('what is free holds nothing, and still may cost something in the end', async () => {
    const account = `free-${randomUUID()}`;
    const free = { ...GPT, properties: { model: 'free-1' } };
    const held = await reserve(account, free);
    expect(held.reservation).toMatchObject({ status: 'open', lines: [{ reserved: '0' }] });
    const closed = await commit(held, { quantity: MILLION });
    expect(closed.reservation).toMatchObject({ status: 'closed', lines: [{ committed: '0' }] });
    const charged = expectStatus(201, await api.post(`${pathOf(account)}/charges`, free));
    expect(charged.entries[0]).toMatchObject({ type: 'commit', amount: '0', event: { meter: 'llm_tokens' } });
    await api.grant(account, '10');
    const dear = await commit(await reserve(account, free), { quantity: MILLION, properties: { model: 'gpt-5' } });
    expect(dear.reservation.lines).toMatchObject([{ reserved: '0', committed: '2.25' }]);
    const release = await api.post(`/v1/reservations/${(await reserve(account, free)).reservation.id}/release`, {});
    expect(release.body.reservation.status).toBe('closed');
  });

  test('lots for certain meters and models are spent by their events', async () => {
    const account = `promo-${randomUUID()}`;
    await api.grant(account, '10', { applies_to: { meters: ['llm_tokens'], models: ['gpt-5'] } });
    expect((await api.post(`${pathOf(account)}/check`, GPT)).body.allowed).toBe(true);
    const other = { ...GPT, properties: { model: 'small' } };
    expect((await api.post(`${pathOf(account)}/check`, other)).body).toMatchObject({
      allowed: false,
      code: 'insufficient_credits',
    });
    expect((await api.post(`${pathOf(account)}/check`, { amount: '1' })).body.allowed).toBe(false);
    await reserve(account, GPT);
  });

  test('check prices as a reservation would, and says why it cannot', async () => {
    expect((await api.post(`${pathOf('nobody')}/check`, GPT)).body).toMatchObject({
      allowed: false,
      shortfall: [{ required: '2.25' }],
    });
    const unknown = await api.post(`${pathOf('nobody')}/check`, { ...GPT, meter: 'nothing' });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'meter_not_found' } });
  });

  test('a key that took effect gets its first answer again, also once its event has no price any more', async () => {
    const account = await funded();
    const key = randomUUID();
    const first = await api.post(`${pathOf(account)}/charges`, GPT, { key });
    await publish({ renders: RENDERS });
    const again = await api.post(`${pathOf(account)}/charges`, GPT, { key });
    expect(again).toMatchObject({ status: 201, text: first.text, headers: { 'idempotency-replayed': 'true' } });
    expect(await api.post(`${pathOf(account)}/charges`, { ...GPT, quantity: { input: '1' } }, { key })).toMatchObject({
      body: { code: 'idempotency_key_reused' },
    });
    expect(await api.post(`${pathOf(account)}/charges`, GPT)).toMatchObject({
      status: 404,
      body: { code: 'meter_not_found' },
    });
    const seq = (await api.get(pathOf(account))).body.seq;
    await publish(METERS);
    // A refusal is not remembered: the same key is decided afresh.
    expect((await api.get(pathOf(account))).body.seq).toBe(seq);
  });

  test('in a batch, one event without a price stops nothing', async () => {
    const account = await funded();
    const command = (id: string, more: object) => ({
      id,
      type: 'charge',
      account,
      idempotency_key: id + account,
      ...GPT,
      ...more,
    });
    const { body } = await api.post('/v1/batch', {
      commands: [
        command('a', {}),
        command('b', { meter: 'nothing' }),
        command('c', { quantity: '5' }),
        command('d', {}),
      ],
    });
    expect(body.results.map(({ status }: Json) => status)).toEqual([201, 404, 422, 201]);
    expect(body.results[2].body.errors[0].location).toBe('body.commands[2].quantity');
  });

  test('sixty events at once on what pays for forty give exactly forty', async () => {
    const account = await funded('40');
    await api.grant(account, '90', { unit: 'renders', category: 'included' });
    const answers = await Promise.all(
      Array.from({ length: 60 }, () =>
        api.post(`${pathOf(account)}/reservations`, { meter: 'renders', quantity: '1' }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(40);
    expect((await api.get(pathOf(account))).body.balances).toMatchObject({
      credits: { available: '0', held: '40' },
      renders: { available: '60', held: '40' },
    });
  });

  test.each([
    ['quantity is required with meter', { meter: 'renders' }, 'body.quantity'],
    ['a quantity needs its meter', { quantity: '1' }, 'body.amount'],
    ['more than nothing', { meter: 'renders', quantity: '0.000' }, 'body.quantity'],
    ['more than nothing of any kind', { meter: 'llm_tokens', quantity: { input: '0', output: 0 } }, 'body.quantity'],
    ['not amount and meter', { amount: '1', meter: 'renders', quantity: '1' }, 'body.meter'],
    [
      'not lines and meter',
      { lines: [{ unit: 'credits', amount: '1' }], meter: 'renders', quantity: '1' },
      'body.meter',
    ],
    ['no unit of its own', { meter: 'renders', quantity: '1', unit: 'credits' }, 'body.unit'],
    ['no negative quantity', { meter: 'renders', quantity: '-1' }, 'body.quantity'],
    ['no fraction that is a number', { meter: 'renders', quantity: 0.5 }, 'body.quantity'],
    ['no exponent', { meter: 'renders', quantity: '1e9' }, 'body.quantity'],
    ['no ten digits after the point', { meter: 'renders', quantity: '0.1234567891' }, 'body.quantity'],
    ['no nineteen digits', { meter: 'renders', quantity: '1'.repeat(19) }, 'body.quantity'],
    ['no amounts by no kind', { meter: 'llm_tokens', quantity: {} }, 'body.quantity'],
    ['no null', { meter: 'renders', quantity: null }, 'body.quantity'],
    ['no list', { meter: 'renders', quantity: ['1'] }, 'body.quantity'],
    ['no kind without a rate', { ...GPT, quantity: { reasoning: '1' } }, 'body.quantity.reasoning'],
    ['one amount where rates go by kind', { ...GPT, quantity: '1' }, 'body.quantity'],
    ['kinds where there is one rate', { meter: 'renders', quantity: { input: '1' } }, 'body.quantity'],
    ['a model that has a price', { ...GPT, properties: {} }, 'body.properties.model'],
    ['properties are strings', { ...GPT, properties: { model: 5 } }, 'body.properties.model'],
    [
      'not too many properties',
      { ...GPT, properties: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`p${i}`, 'x'])) },
      'body.properties',
    ],
    ['no long property', { ...GPT, properties: { model: 'x'.repeat(256) } }, 'body.properties.model'],
    ['no strange name of a property', { ...GPT, properties: { 'a b': 'x' } }, 'body.properties.a b'],
    ['no empty meter', { meter: '', quantity: '1' }, 'body.meter'],
  ])('a request needs: %s', async (_, body, location) => {
    const answer = await api.post(`${pathOf('strict')}/reservations`, body);
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
    expect(answer.body.errors[0].location).toBe(location);
    expect((await api.get(pathOf('strict'))).body.seq).toBe(0);
  });

  test('what costs more than can be counted is refused', async () => {
    const answer = await api.post(`${pathOf('huge')}/charges`, { meter: 'renders', quantity: '999999999999999999' });
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'amount_too_large', errors: [{ location: 'body.quantity' }] },
    });
  });

  test('a commit by event needs a reservation by event, of the same mode', async () => {
    const account = await funded();
    const { reservation } = await api.reserve(account, '5');
    const plain = await api.post(`/v1/reservations/${reservation.id}/commit`, { quantity: '1' });
    expect(plain).toMatchObject({ status: 422, body: { errors: [{ location: 'body.quantity' }] } });
    const held = await reserve(account, GPT);
    const stranger = await api.makeKey({ mode: 'test' });
    const path = `/v1/reservations/${held.reservation.id}/commit`;
    expect(await api.post(path, { quantity: MILLION }, { as: stranger })).toMatchObject({
      body: { code: 'reservation_not_found' },
    });
    expect((await api.post(path, { quantity: '5' })).body.errors[0].location).toBe('body.quantity');
    expect((await api.post(path, { quantity: MILLION, amount: '1' })).body.errors[0].location).toBe('body.quantity');
    expect((await api.post(path, { properties: { model: 'x' } })).body.errors[0].location).toBe('body.properties');
    await commit(held, { quantity: MILLION });
    expect((await api.post(path, { quantity: MILLION })).body.code).toBe('reservation_closed');
  });

  test("the card of the account's plan comes before the default, on the version in effect", async () => {
    const account = await funded();
    await publish({ renders: { charges: [{ unit: 'credits', prices: [{ rate: '0.5' }] }] } }, 'gold');
    const { writePath } = await openEngine(api.database);
    const terms: PlanTerms = {
      plan: 'gold',
      version: 1,
      paid: false,
      renewalGraceMs: 0,
      grants: [],
      trial: null,
      limits: [],
      period: { every: 'month', count: 1, anchor: 'subscription' },
      arrears: [],
      rateCard: 'gold',
      fallback: null,
    };
    const asked = { start: null, end: null, when: 'now', policy: 'keep', cancelAtEnd: null, overrides: null } as const;
    const command = {
      type: 'subscribe',
      subscription: 's',
      terms,
      archived: false,
      trial: false,
      seen: false,
      tried: false,
      ...asked,
    } as const;
    await writePath.execute({ target: { mode: 'live', account }, command, once: null, fact: null });
    const event = { meter: 'renders', quantity: '1' };
    const charged = expectStatus(201, await api.post(`${pathOf(account)}/charges`, event));
    expect(charged.entries[0]).toMatchObject({ amount: '0.5', event: { card: 'gold', version: 1 } });
    const held = await reserve(account, event);
    const cancel = { type: 'cancel', subscription: 's', when: 'now' } as const;
    await writePath.execute({ target: { mode: 'live', account }, command: cancel, once: null, fact: null });
    await writePath.drain();
    // What was agreed stays; what comes is priced anew.
    expect((await commit(held, { quantity: '1' })).entries[0]).toMatchObject({
      amount: '0.5',
      event: { card: 'gold' },
    });
    const after = expectStatus(201, await api.post(`${pathOf(account)}/charges`, event));
    expect(after.entries[0]).toMatchObject({ amount: '1', event: { card: 'default' } });
    expect(await api.post(`${pathOf(account)}/charges`, { ...event, meter: 'nothing' })).toMatchObject({ status: 404 });
  });

  test('explain says what was used and by which prices', async () => {
    const account = await funded();
    await commit(await reserve(account, GPT), { quantity: { input: '1000', output: '10' } });
    const { body } = await api.get(`${pathOf(account)}/explain`);
    expect(body.text).toContain('1000 input, 10 output of llm_tokens (model gpt-5), by version');
  });

  test('the fold of the entries is what the tables say', async () => {
    const account = await funded();
    await reserve(account, GPT);
    await reserve(account, { ...GPT, properties: { model: 'free-1' } });
    const { result } = await runReplay(api.database, { dry_run: true });
    expect(result).toMatchObject({ differences: 0 });
    expect(result.entries).toBeGreaterThan(50);
  });
});
