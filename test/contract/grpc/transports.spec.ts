import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GrpcClient, UnaryMethod, RequestOf } from '../../support/grpc-client.js';
import { asHttpJson, readByProto, withoutDefaults } from '../../support/proto-json.js';
import { Api, pathOf, type Json } from '../api.js';

const OVER = { member: 'm', metadata: { b: '2', a: '1' } };

describe('over gRPC as over HTTP', () => {
  let api: Api;
  let grpc: GrpcClient;

  beforeAll(async () => {
    api = await Api.start();
    grpc = await api.grpc();
  });

  afterAll(async () => {
    grpc.close();
    await api.stop();
  });

  /** The answer over gRPC as HTTP would have written it. */
  async function ask<M extends UnaryMethod>(method: M, request: RequestOf<M>): Promise<Json> {
    const { bytes } = await grpc.ask(method, request);
    return asHttpJson(
      readByProto(
        method.replace(/^./, letter => letter.toUpperCase()),
        bytes,
      ),
    );
  }

  /** Sends it over HTTP, then over gRPC: once in effect, twice the first answer. */
  async function both<M extends UnaryMethod>(
    path: string,
    body: object,
    method: M,
    request: RequestOf<M>,
  ): Promise<Json> {
    const key = `${method} ${path}`;
    const first = await api.post(path, body, { key });
    const { replayed, ...repeated } = await ask(method, {
      ...(request as object),
      idempotency_key: key,
    } as RequestOf<M>);
    expect(replayed).toBe(true);
    expect(repeated).toEqual(withoutDefaults(first.body));
    return first.body;
  }

  test('every mutation gives the same answer, and a key used over one transport is known over the other', async () => {
    const account = 'both';
    const expires = '2031-05-06T07:08:09.010Z';
    const { lot } = await both(
      `${pathOf(account)}/grants`,
      {
        amount: '100.5',
        unit: 'credits',
        category: 'paid',
        priority: 7,
        expires_at: expires,
        applies_to: { members: ['m', 'n'] },
        cost: { amount: '19.99', currency: 'EUR' },
        reference: 'order-1',
        reason: '',
        metadata: { a: 'ü' },
      },
      'grantCredits',
      {
        account,
        amount: '100.5',
        unit: 'credits',
        category: 1,
        priority: 7,
        expires_at: { seconds: Date.parse(expires) / 1000 - 0.01, nanos: 10_000_000 },
        applies_to: { members: ['m', 'n'] },
        cost: { amount: '19.99', currency: 'EUR' },
        reference: 'order-1',
        reason: '',
        metadata: { a: 'ü' },
      },
    );
    const lines = [{ unit: 'credits', amount: '10' }];
    const { reservation } = await both(
      `${pathOf(account)}/reservations`,
      { lines, ttl_seconds: 600, grace_seconds: 0, overage: 'reject', late: 'charge', ...OVER },
      'reserveCredits',
      { account, lines, ttl_seconds: 600, grace_seconds: 0, overage: 1, late: 2, ...OVER },
    );
    const at = `/v1/reservations/${reservation.id}`;
    const id = { reservation: reservation.id };
    const extend = { ttl_seconds: 900, add_amount: '1', unit: 'credits' };
    await both(`${at}/extend`, extend, 'extendReservation', { ...id, ...extend });
    const commit = {
      amount: '4',
      final: false,
      provider_cost: { amount: '0.2', currency: 'USD' },
      metadata: { x: '' },
    };
    await both(`${at}/commit`, commit, 'commitReservation', { ...id, ...commit });
    const refund = { amount: '1', unit: 'credits', reason: 'r' };
    await both(`${at}/refund`, refund, 'refundReservation', { ...id, ...refund });
    await both(`${at}/release`, { reason: 'done' }, 'releaseReservation', { ...id, reason: 'done' });
    const charge = { amount: '2', reason: 'c', ...OVER };
    const charged = await both(`${pathOf(account)}/charges`, { ...charge, overage: 'allow_debt' }, 'chargeCredits', {
      account,
      ...charge,
      overage: 3,
    });
    const entry = charged.entries[0].id;
    await both(`/v1/entries/${entry}/refund`, { amount: '1' }, 'refundEntry', { entry, amount: '1' });
    await both(`/v1/lots/${lot.id}/revoke`, { amount: '1', reason: 'r' }, 'revokeLot', {
      lot: lot.id,
      amount: '1',
      reason: 'r',
    });
    await both(`${pathOf(account)}/freeze`, { reason: 'f' }, 'freezeAccount', { account, reason: 'f' });
    await both(`${pathOf(account)}/unfreeze`, {}, 'unfreezeAccount', { account });
  });

  test('a key used over gRPC is known over HTTP, and with another request refused by both', async () => {
    const account = 'first-grpc';
    const body = { amount: '5', expires_at: '2031-01-01T00:00:00.000Z', metadata: { a: 'b' } };
    const request = { ...body, account, expires_at: { seconds: Date.parse(body.expires_at) / 1000 } };
    const first = await ask('grantCredits', { ...request, idempotency_key: 'k' });
    const again = await api.post(`${pathOf(account)}/grants`, body, { key: 'k' });
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(withoutDefaults(again.body)).toEqual(first);
    const other = grpc.call('grantCredits', { ...request, amount: '6', idempotency_key: 'k' });
    await expect(other).rejects.toMatchObject({ status: 3, code: 'idempotency_key_reused' });
  });

  test('every read gives the same answer', async () => {
    const account = 'read';
    await api.grant(account, '10', { category: 'included', metadata: { a: 'b' } });
    const { reservation } = await api.reserve(account, '3', OVER);
    await api.post(`/v1/reservations/${reservation.id}/commit`, { amount: '1', final: false });
    await grpc.call('configureAccount', {
      account,
      overdraft_limits: { amounts: { credits: '5' } },
      metadata: { values: { tier: 'gold' } },
    });
    const path = pathOf(account);
    const http = async (url: string): Promise<Json> => withoutDefaults((await api.get(url)).body);
    expect((await ask('getAccount', { account })).account).toEqual(await http(path));
    expect((await http(path)).overdraft_limits).toEqual({ credits: '5' });
    const balance = await ask('getBalance', { account, unit: 'credits' });
    expect({ ...balance, as_of: null }).toEqual({ ...(await http(`${path}/balance?unit=credits`)), as_of: null });
    const began = (await http(path)).created_at;
    const asOf = { seconds: Math.floor(Date.parse(began) / 1000), nanos: (Date.parse(began) % 1000) * 1e6 };
    expect(await ask('getBalance', { account, as_of: asOf })).toEqual(await http(`${path}/balance?as_of=${began}`));
    const first = await ask('listEntries', { account, limit: 2, from: asOf });
    expect(first).toEqual(await http(`${path}/entries?limit=2&from=${began}`));
    expect(first.has_more).toBe(true);
    const next = await ask('listEntries', { account, limit: 2, after: first.next_cursor });
    expect(next).toEqual(await http(`${path}/entries?limit=2&after=${first.next_cursor}`));
    expect(await ask('listEntries', { account, type: 4 })).toEqual(await http(`${path}/entries?type=commit`));
    expect(await ask('listLots', { account })).toEqual(await http(`${path}/lots`));
    const open = await ask('listReservations', { account, status: 1 });
    expect(open).toEqual(await http(`${path}/reservations?status=open`));
    const { entries, ...rest } = await http(`/v1/reservations/${reservation.id}`);
    expect(await ask('getReservation', { reservation: reservation.id })).toEqual({ reservation: rest, entries });
    const { to: _to, text: _text, ...explained } = await ask('explainAccount', { account, from: asOf });
    const { to: _http, text, ...expected } = await http(`${path}/explain?from=${began}`);
    expect(explained).toEqual(expected);
    expect(text).toContain('read');
    expect(await ask('listAccounts', { limit: 1 })).toEqual(await http('/v1/accounts?limit=1'));
    const check = await ask('checkReservation', { account, amount: '100', overage: 1 });
    expect(check).toEqual(withoutDefaults((await api.post(`${path}/check`, { amount: '100' }, { key: null })).body));
    expect(check.code).toBe('insufficient_credits');
  });

  test('usage, statements and explanations of one unit are the same', async () => {
    const account = 'spent';
    const path = pathOf(account);
    await api.put('/v1/units/images', { kind: 'allowance', scale: 0 });
    await api.grant(account, '50');
    await api.grant(account, '3', { unit: 'images' });
    await api.post(`${path}/charges`, { amount: '10', member: 'eve', metadata: { model: 'large' } });
    const { body } = await api.post(`${path}/charges`, { amount: '2' });
    await api.post(`/v1/entries/${body.entries[0].id}/refund`, {});
    const http = async (url: string): Promise<Json> => withoutDefaults((await api.get(`${path}/${url}`)).body);

    const day = (await api.get(`${path}/balance`)).body.as_of.slice(0, 10);
    const byDay = await ask('listUsage', { account, from: day, to: day });
    expect(byDay).toEqual(await http(`usage?from=${day}&to=${day}`));
    expect(byDay.data).toMatchObject([{ day, commits: 2, committed: '12', refunded: '2', net: '10' }]);
    const names = ['model', 'member'];
    const first = await ask('listUsage', { account, group_by: { names }, limit: 1 });
    expect(first).toEqual(await http('usage?group_by=model,member&limit=1'));
    expect(first.data).toMatchObject([{ group: { model: 'large', member: 'eve' } }]);
    const second = await ask('listUsage', { account, group_by: { names }, after: first.next_cursor });
    expect(second).toEqual(await http(`usage?group_by=model,member&after=${first.next_cursor}`));
    const whole = await ask('listUsage', { account, group_by: {}, unit: 'credits' });
    expect(whole).toEqual(await http('usage?group_by=&unit=credits'));
    expect(whole.data).toHaveLength(1);

    const from = { seconds: Math.floor(Date.now() / 1000) - 60 };
    const to = { seconds: from.seconds + 30 };
    const period = [from, to].map(({ seconds }) => new Date(seconds * 1000).toISOString());
    expect(await ask('getStatement', { account, from, to })).toEqual(
      await http(`statement?from=${period[0]}&to=${period[1]}`),
    );
    const { to: _to, ...statement } = await ask('getStatement', { account });
    const { to: _http, ...expected } = await http('statement');
    expect(statement).toEqual(expected);
    expect(statement.lines.map(({ type }: Json) => type)).toEqual(['grant', 'commit', 'refund', 'grant']);

    const { to: _now, text: _text, ...images } = await ask('explainAccount', { account, unit: 'images' });
    const { to: _then, text: _words, ...explained } = await http('explain?unit=images');
    expect(images).toEqual(explained);
    expect(images.steps).toHaveLength(1);
  });

  test.each([
    ['listUsage', { account: 'spent', from: 'yesterday' }, 'from'],
    ['listUsage', { account: 'spent', group_by: { names: ['colour'] } }, 'group_by'],
    ['listUsage', { account: 'spent', limit: 101 }, 'limit'],
    ['getStatement', { account: 'spent', to: { seconds: 32_503_680_000 } }, 'to'],
  ] as const)('%s of %j is refused for its %s', async (method, request, field) => {
    await expect(grpc.call(method, request as never)).rejects.toMatchObject({
      status: 3,
      code: 'invalid_request',
      details: { BadRequest: { field_violations: [{ field }] } },
    });
  });

  test('usage needs its own scope', async () => {
    const as = await api.makeKey({ mode: 'live', scopes: ['ledger:read'] });
    await expect(grpc.call('listUsage', { account: 'spent' }, { as })).rejects.toMatchObject({ code: 'scope_missing' });
  });

  test('units and keys are configured alike', async () => {
    const { unit } = await ask('defineUnit', { unit: 'tokens', kind: 2, scale: 0 });
    expect(unit).toEqual({ unit: 'tokens', kind: 'allowance' });
    expect(await ask('listUnits', {})).toEqual(withoutDefaults((await api.get('/v1/units')).body));
    const made = await grpc.call('createKey', {
      name: 'n',
      mode: 2,
      scopes: ['ledger:read'],
      rate_limit_per_second: 9,
    });
    expect((await ask('listKeys', {})).data).toEqual(withoutDefaults((await api.get('/v1/keys')).body.data));
    expect((await api.get('/v1/accounts', { as: made.secret! })).status).toBe(200);
    const { key } = await ask('revokeKey', { id: made.key!.id });
    expect(key.revoked_at).toBeDefined();
    expect((await api.get('/v1/accounts', { as: made.secret! })).status).toBe(401);
  });

  test('plans are written and read alike', async () => {
    await api.put('/v1/units/premium_renders', { kind: 'allowance', scale: 0 });
    await api.put('/v1/plans/free', { name: 'Free', grants: [{ unit: 'credits', amount: '20' }], publish: true });
    const plain = {
      name: 'Pro',
      description: '',
      features: ['ü'],
      public: true,
      prices: [{ amount: '20', currency: 'usd', stripe_price: 'price_grpc' }],
      grants: [
        { unit: 'credits', amount: '1000', rollover: { carry: 'cap', percent: 20, amount: '200', periods: 1 } },
        { unit: 'tokens', amount: '5', priority: 0, applies_to: { meters: ['chat'] } },
      ],
      trial: { days: 14, grants: [{ unit: 'credits', amount: '10' }] },
      limits: [
        {
          unit: 'premium_renders',
          amount: '0',
          window: { every: 'day', anchor: 'calendar', time_zone: 'Asia/Tokyo' },
          match: [{ meters: ['render'], properties: { quality: 'premium' } }, { models: ['xl'] }],
          counts: 'quantity',
        },
      ],
      renewal_grace_seconds: 0,
      fallback: 'free',
      metadata: { a: 'b' },
    };
    const http = (await api.put('/v1/plans/pro', { ...plain, publish: true })).body;
    expect(http).toMatchObject({ version: 1 });
    // What the newest version says already makes none: over gRPC it was read the same.
    const { plan } = await ask('definePlan', { plan: 'pro', definition: plain, publish: true });
    expect(plan).toEqual(withoutDefaults(http));
    expect(await ask('definePlan', { plan: 'pro', definition: { name: 'Bare' } })).toMatchObject({
      plan: { version: 1, draft: { name: 'Bare' } },
    });
    for (const [call, path] of [['listPlans', '/v1/plans'], ['getPlan', '/v1/plans/pro'], ['listPlanVersions', '/v1/plans/pro/versions']] as const) {
      const { plan: one, ...page } = await ask(call, { ...(call !== 'listPlans' && { plan: 'pro' }) });
      expect(one ?? page).toEqual(withoutDefaults((await api.get(path)).body));
    }
    expect((await ask('archivePlan', { plan: 'pro' })).plan.archived_at).toBeDefined();
  }); // prettier-ignore

  test('who has no key reads what is public and sold, and a key that is none is refused', async () => {
    const shown = { name: 'Shown', public: true, grants: [{ unit: 'credits', amount: '1' }], publish: true };
    await api.put('/v1/plans/shown', shown);
    await api.put('/v1/plans/hidden', { ...shown, name: 'Hidden', public: false });
    const free = await grpc.call('listPlans', {}, { as: null });
    expect(free.data!.map(({ id }) => id)).toEqual(
      (await api.get('/v1/plans', { as: null })).body.data.map(({ id }: Json) => id),
    );
    expect(free.data!.map(({ id }) => id)).not.toContain('hidden');
    await expect(grpc.call('getPlan', { plan: 'hidden' }, { as: null })).rejects.toMatchObject({
      code: 'plan_not_found',
    });
    const usage = await api.makeKey({ scopes: ['usage:read'] });
    await expect(grpc.call('getPlan', { plan: 'hidden' }, { as: usage })).rejects.toMatchObject({
      code: 'plan_not_found',
    });
    expect((await grpc.call('getPlan', { plan: 'shown' }, { as: usage })).plan).toMatchObject({ id: 'shown' });
    await expect(grpc.call('listPlans', {}, { as: `${usage}x` })).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(grpc.call('listPlanVersions', { plan: 'shown' }, { as: null })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  });

  test('a subscription is put, read, listed and cancelled alike, and its entries name it', async () => {
    await api.put('/v1/units/renders', { kind: 'allowance', scale: 0 });
    const limits = [{ unit: 'renders', amount: '10', window: { every: 'billing_period' } }];
    for (const [id, more] of [
      ['month', {}],
      ['paid', { prices: [{ amount: '9', currency: 'eur' }], fallback: 'month' }],
    ] as const) {
      await api.put(`/v1/plans/${id}`, {
        name: id,
        grants: [{ unit: 'credits', amount: '20' }],
        limits,
        publish: true,
        ...more,
      });
    }
    const account = 'subscriber';
    const [start, end] = [-1, 20].map(days => Math.floor(Date.now() / 1000) + days * 86_400) as [number, number];
    const [from, to] = [start, end].map(seconds => new Date(seconds * 1000).toISOString());
    const put = await ask('putSubscription', {
      account,
      subscription: 'sub_1',
      plan: 'paid',
      cycle_start_at: { seconds: start },
      cycle_end_at: { seconds: end },
      overrides: { credits: '5.5' },
    });
    expect(put).toMatchObject({
      entries: [{ type: 'subscribe', subscription: 'sub_1' }, { type: 'grant', amount: '5.5' }, { type: 'grant' }],
      subscription: { id: 'sub_1', plan: 'paid', status: 'active', period_start_at: from, period_end_at: to },
    });
    const again = await api.put(`${pathOf(account)}/subscriptions/sub_1`, { plan: 'paid', cycle_start_at: from });
    expect(again.body).toMatchObject({ entries: [], seq: put.seq });
    const http = async (url: string): Promise<Json> =>
      withoutDefaults((await api.get(`${pathOf(account)}/${url}`)).body);
    expect((await http('entries')).data).toEqual((await ask('listEntries', { account })).data);
    expect((await http('entries')).data.at(-1)).toEqual(put.entries[0]);
    expect(await ask('getSubscription', { account, subscription: 'sub_1' })).toEqual(await http('subscriptions/sub_1'));
    const canceled = await ask('cancelSubscription', { account, subscription: 'sub_1' });
    expect(canceled).toMatchObject({
      entries: [{ subscription: 'sub_1' }],
      subscription: { cancel_at_period_end: true },
    });
    await ask('cancelSubscription', { account, subscription: 'sub_1', at: 1 });
    const list = await ask('listSubscriptions', { account });
    expect(list).toEqual(await http('subscriptions'));
    expect(list.subscriptions.map(({ id, status }: Json) => [id, status])).toEqual([
      ['fallback:month', 'active'],
      ['sub_1', 'ended'],
    ]);
  });

  test('rate cards are written, read and tried alike', async () => {
    const meters = {
      tokens: {
        description: 'Tokens of models.',
        charges: [
          {
            unit: 'credits',
            per: '1000',
            minimum: '0.1',
            rounding: 'half_even',
            prices: [
              { match: { model: 'large*' }, base: '1', rates: { input: '2', output: { graduated: [{ up_to: '5', price: '1', flat: '0.5' }, { price: '0.5' }] } } },
              { rate: { volume: [{ price: '3' }] } },
            ],
          },
        ],
      },
    };
    const rates = { input: { price: '2' }, output: { graduated: [{ up_to: '5', price: '1', flat: '0.5' }, { price: '0.5' }] } };
    const prices = [{ match: { model: 'large*' }, base: '1', rates }, { rate: { volume: [{ price: '3' }] } }];
    const definition = { name: 'Prices', description: '', rounding: 'up' };
    const draft = await ask('putRateCard', {
      card: 'both',
      ...definition,
      meters: { tokens: { ...meters.tokens, charges: [{ ...meters.tokens.charges[0]!, prices }] } },
    });
    expect(draft.card).toMatchObject({ version: 1, status: 'draft' });
    // What is published over HTTP is what was drafted over gRPC: it was read the same.
    const published = (await api.put('/v1/rate-cards/both', { ...definition, meters, publish: true })).body;
    const { card, version_in_effect: inEffect, versions } = await ask('getRateCard', { card: 'both' });
    const { version_in_effect: expectedInEffect, versions: expectedVersions, ...expected } = withoutDefaults((await api.get('/v1/rate-cards/both')).body);
    const asHttp = JSON.parse(JSON.stringify(card), (_, value) => (typeof value?.price === 'string' && Object.keys(value).length === 1 && value.price === '2' ? '2' : value));
    expect([asHttp, inEffect, versions]).toEqual([expected, expectedInEffect, expectedVersions]);
    expect(expected).toEqual(withoutDefaults(published));
    const { status: _status, published_at: _at, effective_at: _from, ...drafted } = draft.card;
    expect(card).toMatchObject(drafted);
    expect(await ask('listRateCards', {})).toEqual(withoutDefaults((await api.get('/v1/rate-cards')).body));
    await api.put('/v1/rate-cards/default', { rounding: 'up', meters: { tokens: { charges: [{ unit: 'credits', prices: [{ rate: '1' }] }] } }, publish: true });
    await api.grant('priced', '5');
    await api.post(`${pathOf('priced')}/charges`, { meter: 'tokens', quantity: '3' });
    const [from, to] = [-60, 60].map(seconds => ({ seconds: Math.floor(Date.now() / 1000) + seconds })) as [{ seconds: number }, { seconds: number }];
    const simulated = await ask('simulateRateCard', { card: 'both', over: 'default', account: 'priced', from, to });
    const body = { over: 'default', account: 'priced', from: new Date(from.seconds * 1000), to: new Date(to.seconds * 1000) };
    expect(simulated).toEqual(withoutDefaults((await api.post('/v1/rate-cards/both/simulate', body, { key: null })).body));
    expect(simulated.total).toEqual({ events: 1, actual: { credits: '3' }, candidate: { credits: '0.1' } });
  }); // prettier-ignore

  test.each([
    ['putRateCard', { card: 'bad', rounding: 'up', meters: { m: { charges: [{ unit: 'credits', prices: [{ rate: { price: '1', volume: [{ price: '1' }] } }] }] } } }, 'meters.m.charges[0].prices[0].rate.price'],
    ['putRateCard', { card: 'bad', rounding: 'up', meters: { m: { charges: [{ unit: 'credits', prices: [{ rate: {} }] }] } } }, 'meters.m.charges[0].prices[0].rate'],
    ['putRateCard', { card: 'bad', rounding: 'sideways', meters: { m: { charges: [{ unit: 'credits', prices: [{ base: '1' }] }] } } }, 'rounding'],
    ['getRateCard', { card: 'both', version: -1 }, 'version'],
    ['simulateRateCard', { card: 'both', from: { seconds: 5 }, to: { seconds: 1 } }, 'to'],
    ['putSubscription', { account: 'a', subscription: 'sub', plan: 'month', change: 9 }, 'change'],
    ['putSubscription', { account: 'a', subscription: 'sub', plan: 'month', unused: 9 }, 'unused'],
    ['putSubscription', { account: 'a', subscription: 'fallback:free', plan: 'month' }, 'subscription'],
    ['cancelSubscription', { account: 'a', subscription: 'sub', at: 3 }, 'at'],
    ['listFinanceMonths', { from: '2026-13' }, 'from'],
  ] as const)('%s of %j is refused for its %s', async (method, request, field) => {
    await expect(grpc.call(method, request as never)).rejects.toMatchObject({
      status: 3,
      details: { BadRequest: { field_violations: [{ field }] } },
    });
  }); // prettier-ignore

  test('finance is told alike, and needs the scope ops', async () => {
    const months = await ask('listFinanceMonths', { from: '2026-01', to: '2026-02' });
    const expected = (await api.get('/v1/finance/months?from=2026-01&to=2026-02')).body;
    expect({ ...months, complete_until: null }).toEqual({ ...withoutDefaults(expected), complete_until: null });
    const as = await api.makeKey({ scopes: ['ledger:read'] });
    await expect(grpc.call('listFinanceMonths', {}, { as })).rejects.toMatchObject({ code: 'scope_missing' });
  });
});
