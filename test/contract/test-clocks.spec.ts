import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { auditLedger } from '../support/audit.js';
import { Api, expectStatus, pathOf, type Json } from './api.js';
import { ClockedApi } from './clocks.js';

const AT = '2027-03-01T12:00:00.000Z';

describe('test clocks', () => {
  const replicas: Api[] = [];
  let live: Api;
  let api: ClockedApi;
  let other: ClockedApi;

  beforeAll(async () => {
    live = await Api.start();
    replicas.push(live, await Api.start(live));
    api = await ClockedApi.over(live);
    other = api.through(replicas[1]!);
    expectStatus(200, await live.put('/v1/units/seats', { kind: 'allowance', scale: 0 }));
    const free = { name: 'Free', grants: [{ unit: 'credits', amount: '20' }] };
    expectStatus(200, await live.put('/v1/plans/free', { ...free, publish: true }));
  });

  afterAll(async () => {
    expect(await auditLedger(live.database)).toEqual([]);
    for (const replica of replicas.toReversed()) await replica.stop();
  });

  const dueOf = (clock: string): Promise<Json[]> =>
    live.database.ownerPool
      .query('SELECT account_no FROM account_clocks WHERE clock = $1 AND due_bound IS NOT NULL', [clock])
      .then(({ rows }) => rows);

  test('a clock stands where it was set, and is read as it is', async () => {
    const made = expectStatus(201, await api.post('/v1/test-clocks', { now_at: '2027-03-01T13:00:00+01:00' }));
    expect(made).toEqual({
      id: expect.stringMatching(/^clk_[0-9a-f]{32}$/), now_at: AT, status: 'ready', to_at: null, accounts: 0,
      created_at: made.created_at,
    }); // prettier-ignore
    expect((await other.get(`/v1/test-clocks/${made.id}`)).body).toEqual(made);
    await api.take('stands', made.id);
    expect((await api.get(`/v1/test-clocks/${made.id}`)).body).toMatchObject({ now_at: AT, accounts: 1 });
    expect((await api.get(pathOf('stands'))).body).toMatchObject({ test_clock: made.id, created_at: AT, seq: 1 });
    const { data, has_more: more } = (await api.get('/v1/test-clocks?limit=1')).body;
    expect([data.length, typeof more]).toEqual([1, 'boolean']);
  });

  test('an account takes effect at the clock’s time, and is recorded at the real one', async () => {
    const before = Date.now();
    const clock = await api.account('dated', AT);
    const granted = await api.grant('dated', '10');
    expect(granted.entries[0]).toMatchObject({ effective_at: AT });
    const recorded = Date.parse(granted.entries[0].recorded_at);
    expect(recorded).toBeGreaterThanOrEqual(before - 1000);
    expect(recorded).toBeLessThanOrEqual(Date.now() + 1000);
    await api.advance(clock, '2027-03-02T00:00:00.000Z');
    expect((await other.charge('dated', '1')).entries[0]).toMatchObject({ effective_at: '2027-03-02T00:00:00.000Z' });
    expect((await api.entries('dated')).map(({ type }) => type)).toEqual(['configure', 'grant', 'commit']);
  });

  test('nothing moves but by an advance, however long it is', async () => {
    const clock = await api.account('still', AT);
    await api.grant('still', '10', { expires_at: '2027-03-01T12:00:01Z' });
    const { reservation } = expectStatus(
      201,
      await api.post(`${pathOf('still')}/reservations`, { amount: '4', ttl_seconds: 1, grace_seconds: 0 }),
    );
    await new Promise(resolve => setTimeout(resolve, 1200));
    expect(await other.balance('still')).toMatchObject({ available: '6', held: '4', expired: '0' });
    const { rows } = await live.database.ownerPool.query('SELECT due_bound FROM accounts WHERE id = $1', ['still']);
    expect(rows).toEqual([{ due_bound: null }]);
    expect(await api.advance(clock, '2027-03-01T12:00:00.999Z')).toMatchObject({ status: 'ready', to_at: null });
    expect(await other.balance('still')).toMatchObject({ available: '6', held: '4' });
    await api.advance(clock, '2027-03-01T12:00:01Z');
    // The advance has booked it: nobody has looked since.
    const { rows: booked } = await live.database.ownerPool.query(
      `SELECT e.type, e.effective_at FROM entries e JOIN account_names n USING (account_no) WHERE n.id = 'still' AND e.type = 'expire' ORDER BY seq`,
    );
    expect(booked.map(({ effective_at: at }) => at.toISOString())).toEqual(
      Array(booked.length).fill('2027-03-01T12:00:01.000Z'),
    );
    expect(booked.length).toBe(2);
    expect(await api.balance('still')).toMatchObject({ available: '0', held: '0', expired: '10' });
    expect(await api.post(`/v1/reservations/${reservation.id}/commit`, {})).toMatchObject({ status: 410 });
  });

  test('a hold, its grace, and how long a caller is to wait are told by the clock', async () => {
    const clock = await api.account('holds', AT);
    await api.grant('holds', '5');
    const held = expectStatus(
      201,
      await api.post(`${pathOf('holds')}/reservations`, { amount: '5', ttl_seconds: 60, grace_seconds: 5 }),
    );
    expect(held.reservation).toMatchObject({ created_at: AT, expires_at: '2027-03-01T12:01:00.000Z' });
    const denied = await other.post(`${pathOf('holds')}/reservations`, { amount: '1' });
    expect(denied.body.shortfall[0].next_release_at).toBe('2027-03-01T12:01:05.000Z');
    await api.advance(clock, '2027-03-01T12:01:04.999Z');
    const prolonged = expectStatus(
      200,
      await other.post(`/v1/reservations/${held.reservation.id}/extend`, { ttl_seconds: 60 }),
    );
    expect(prolonged.reservation.expires_at).toBe('2027-03-01T12:02:04.999Z');
    await api.advance(clock, '2027-03-01T12:02:09.999Z');
    expect(await other.balance('holds')).toMatchObject({ available: '5', held: '0' });
  });

  test('as_of ends at the clock’s now, and a past that is in the real future is a past', async () => {
    const clock = await api.account('asked', AT);
    await api.grant('asked', '7');
    await api.advance(clock, '2028-03-01T12:00:00Z');
    await api.charge('asked', '2');
    const at = (moment: string) => api.get(`${pathOf('asked')}/balance?as_of=${moment}`);
    expect((await at('2027-03-01T11:59:59Z')).body.balances.credits.available).toBe('0');
    expect((await at('2028-03-01T11:59:59Z')).body.balances.credits.available).toBe('7');
    expect((await at('2028-03-01T12:00:00Z')).body.balances.credits.available).toBe('5');
    expect(await at('2028-03-01T12:00:00.001Z')).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
    const statement = await api.get(`${pathOf('asked')}/statement?to=2028-03-01T12:00:00.001Z`);
    expect(statement.body.closing.credits.available).toBe('5');
    expect(await api.get(`${pathOf('asked')}/statement?to=2028-03-01T12:00:00.002Z`)).toMatchObject({ status: 422 });
    const explained = await api.get(`${pathOf('asked')}/explain?from=2027-01-01T00:00:00Z&to=2028-03-01T12:00:00Z`);
    expect(explained.text).toContain(`its time is that of the test clock ${clock}`);
  });

  test('accounts of one clock move together, those of another and of none do not', async () => {
    const clock = await api.account('together_1', AT);
    await api.take('together_2', clock);
    await api.account('apart', AT);
    for (const name of ['together_1', 'together_2', 'apart', 'real']) await api.subscribe(name, { plan: 'free' });
    const { now_at: now, accounts } = await api.advance(clock, '2027-06-15T00:00:00.000Z');
    expect([now, accounts]).toEqual(['2027-06-15T00:00:00.000Z', 2]);
    // 1 March, and then 1 April, 1 May and 1 June, each at noon.
    for (const name of ['together_1', 'together_2']) expect(await other.balance(name)).toMatchObject({ granted: '80' });
    for (const name of ['apart', 'real']) expect(await other.balance(name)).toMatchObject({ granted: '20' });
  });

  test('two replicas with the account in memory see the advance at once', async () => {
    const clock = await api.account('seen', AT);
    await api.subscribe('seen', { plan: 'free' });
    for (let month = 4; month <= 12; month++) {
      for (const replica of [api, other]) expect((await replica.balance('seen')).granted).toBe(`${20 * (month - 3)}`);
      const to = `2027-${String(month).padStart(2, '0')}-01T12:00:00.000Z`;
      await (month % 2 === 0 ? api : other).advance(clock, to);
    }
    expect((await other.balance('seen')).granted).toBe('200');
  });

  test('refuses what is no way for a clock, in words', async () => {
    const clock = await api.clock(AT);
    const move = (to: unknown, id = clock) => api.post(`/v1/test-clocks/${id}/advance`, { to_at: to });
    for (const [to, says] of [
      ['2027-03-01T11:59:59.999Z', 'only moves forward'],
      ['2029-03-01T12:00:00.001Z', 'is too far'],
      ['soon', 'must be a time like'],
      ['2100-01-01T00:00:00Z', '2000 to 2099'],
      [1_900_000_000, 'must be a time like'],
    ] as const) {
      const answer = await move(to);
      expect(answer).toMatchObject({
        status: 422,
        body: { code: 'invalid_request', errors: [{ location: 'body.to_at' }] },
      });
      expect(answer.body.errors[0].message).toContain(says);
    }
    expect((await api.get(`/v1/test-clocks/${clock}`)).body).toMatchObject({ now_at: AT, status: 'ready' });
    expect((await move('2029-03-01T12:00:00Z')).body).toMatchObject({ now_at: '2029-03-01T12:00:00.000Z' });
    for (const id of ['clk_none', 'x%00y', 'ü', '__proto__']) {
      const gone = await api.post(`/v1/test-clocks/${encodeURIComponent(id)}/advance`, { to_at: AT });
      expect(gone).toMatchObject({ status: 404, body: { code: 'test_clock_not_found' } });
      expect(await api.get(`/v1/test-clocks/${encodeURIComponent(id)}`)).toMatchObject({ status: 404 });
    }
    expect(await api.post('/v1/test-clocks', { now_at: '1999-12-31T23:59:59Z' })).toMatchObject({ status: 422 });
  });

  test('refuses live keys, live accounts, accounts with entries, and a second clock', async () => {
    const clock = await api.clock(AT);
    for (const answer of [
      await live.post('/v1/test-clocks', { now_at: AT }),
      await live.get(`/v1/test-clocks/${clock}`),
      await live.post(`/v1/test-clocks/${clock}/advance`, { to_at: AT }),
    ]) {
      expect(answer).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
    }
    expect(await live.put(pathOf('alive'), { test_clock: clock })).toMatchObject({
      status: 422, body: { code: 'invalid_request', errors: [{ location: 'body.test_clock' }] },
    }); // prettier-ignore
    await api.grant('early', '1');
    expect(await api.put(pathOf('early'), { test_clock: clock })).toMatchObject({
      status: 409, body: { code: 'account_in_use' },
    }); // prettier-ignore
    await api.take('taken', clock);
    expect((await api.take('taken', clock)).entries).toEqual([]);
    const second = await api.clock(AT);
    expect(await api.put(pathOf('taken'), { test_clock: second })).toMatchObject({ body: { code: 'account_in_use' } });
    expect(await api.put(pathOf('lost'), { test_clock: 'clk_none' })).toMatchObject({
      status: 404, body: { code: 'test_clock_not_found' },
    }); // prettier-ignore
    expect(await api.put(pathOf('lost'), { test_clock: '!' })).toMatchObject({ status: 422 });
    expect((await api.get(pathOf('lost'))).body.seq).toBe(0);
    const reader = await live.makeKey({ mode: 'test', scopes: ['ledger:read', 'ledger:write'] });
    expect(await live.get('/v1/test-clocks', { as: reader })).toMatchObject({ status: 403 });
  });

  test('a clock has at most a hundred accounts, whoever comes at the same moment', async () => {
    const clock = await api.clock(AT);
    const answers = await Promise.all(
      Array.from({ length: 110 }, (_, i) =>
        (i % 2 === 0 ? api : other).put(pathOf(`crowd_${i}`), { test_clock: clock }),
      ),
    );
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.map(({ body }) => body.code)).toEqual(Array(10).fill('test_clock_full'));
    expect((await api.get(`/v1/test-clocks/${clock}`)).body.accounts).toBe(100);
  });

  test('the same key makes one clock and one move; another request with it is refused', async () => {
    const first = await api.post('/v1/test-clocks', { now_at: AT }, 'once');
    const again = await other.post('/v1/test-clocks', { now_at: AT }, 'once');
    expect(again).toMatchObject({ status: 201, headers: { 'idempotency-replayed': 'true' }, body: first.body });
    const reused = { status: 422, body: { code: 'idempotency_key_reused' } };
    expect(await api.post('/v1/test-clocks', { now_at: '2027-03-02T00:00:00Z' }, 'once')).toMatchObject(reused);
    const path = `/v1/test-clocks/${first.body.id}/advance`;
    const to = { to_at: '2027-03-05T00:00:00Z' };
    expectStatus(200, await api.post(path, to, 'move'));
    expectStatus(200, await api.post(path, { to_at: '2027-03-09T00:00:00Z' }));
    // Long ago it did what it was to do: a retry is not told that this would be backwards.
    const late = await other.post(path, to, 'move');
    expect(late).toMatchObject({ status: 200, headers: { 'idempotency-replayed': 'true' } });
    expect(late.body.now_at).toBe('2027-03-09T00:00:00.000Z');
    expect(await api.post(path, { to_at: '2027-04-01T00:00:00Z' }, 'move')).toMatchObject(reused);
    expect(await live.post('/v1/test-clocks', { now_at: AT }, { as: api.as, key: null })).toMatchObject({
      status: 400, body: { code: 'idempotency_key_required' },
    }); // prettier-ignore
  });

  test('the calls are the same over gRPC, where live keys are refused too', async () => {
    const grpc = await live.grpc();
    try {
      const at = (moment: string) => ({ seconds: Date.parse(moment) / 1000 });
      const { as } = api;
      const request = { now_at: at(AT), idempotency_key: 'over gRPC' };
      const { response: made } = await grpc.ask('createTestClock', request, { as });
      const id = made.clock!.id!;
      expect(made.clock).toMatchObject({ status: 1, now_at: at(AT) });
      expect((await grpc.ask('createTestClock', request, { as })).response).toMatchObject({
        replayed: true,
        clock: { id },
      });
      await grpc.ask('configureAccount', { account: 'grpc', test_clock: id }, { as });
      const { response: account } = await grpc.ask('getAccount', { account: 'grpc' }, { as });
      expect(account.account).toMatchObject({ test_clock: id, created_at: at(AT) });
      const to = at('2027-04-01T00:00:00Z');
      const move = { clock: id, to_at: to, idempotency_key: 'move over gRPC' };
      expect((await grpc.ask('advanceTestClock', move, { as })).response).toMatchObject({
        clock: { now_at: to, accounts: 1 },
      });
      expect((await grpc.ask('getTestClock', { clock: id }, { as })).response).toMatchObject({ clock: { now_at: to } });
      expect((await grpc.ask('listTestClocks', { limit: 1 }, { as })).response.data).toHaveLength(1);
      for (const refused of [
        grpc.ask('createTestClock', request),
        grpc.ask('getTestClock', { clock: id }),
        grpc.ask('listTestClocks', {}),
        grpc.ask('advanceTestClock', move),
      ]) {
        await expect(refused).rejects.toMatchObject({ code: 'scope_missing' });
      }
    } finally {
      grpc.close();
    }
  });

  test('two moves at once end at the same place; to another place is refused until the clock is there', async () => {
    const clock = await api.account('raced', AT);
    await api.subscribe('raced', { plan: 'free' });
    const to = { to_at: '2028-03-01T12:00:00Z' };
    const path = `/v1/test-clocks/${clock}/advance`;
    const answers = await Promise.all([api, other, api, other].map(replica => replica.post(path, to)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    // Thirteen first days of a month, 1 March 2027 and 2028 included.
    expect(await api.balance('raced')).toMatchObject({ granted: '260', expired: '240' });
    await live.database.ownerPool.query(`UPDATE test_clocks SET target_at = now_at + interval '1 day' WHERE id = $1`, [
      clock,
    ]);
    const elsewhere = await api.post(path, { to_at: '2028-04-01T12:00:00Z' });
    expect(elsewhere).toMatchObject({ status: 409, body: { code: 'test_clock_advancing', retryable: true } });
    expect(Number(elsewhere.headers['retry-after'])).toBe(1);
    expect((await api.get(`/v1/test-clocks/${clock}`)).body).toMatchObject({
      status: 'advancing', to_at: '2028-03-02T12:00:00.000Z',
    }); // prettier-ignore
    await api.advance(clock, '2028-03-02T12:00:00Z');
    expect(await dueOf(clock)).toHaveLength(1);
  });

  test('commands beside an advance each take effect at some time of the clock, in order, and none is lost', async () => {
    const clock = await api.account('beside', AT);
    await api.take('beside_2', clock);
    for (const name of ['beside', 'beside_2']) await api.subscribe(name, { plan: 'free' });
    const done = new AbortController();
    const spend = async (replica: ClockedApi, name: string): Promise<number> => {
      let spent = 0;
      while (!done.signal.aborted) {
        const answer = await replica.post(`${pathOf(name)}/charges`, { amount: '0.5' });
        if (answer.status === 201) spent++;
        else expect(answer.status).toBe(402);
      }
      return spent;
    };
    const spenders = [api, other].flatMap(replica => ['beside', 'beside_2'].map(name => spend(replica, name)));
    for (let month = 4; month <= 9; month++) await api.advance(clock, `2027-0${month}-20T00:00:00.000Z`);
    done.abort();
    const [a, b, c, d] = await Promise.all(spenders);
    expect(Math.min(a! + c!, b! + d!)).toBeGreaterThan(0);
    for (const [name, spent] of [
      ['beside', a! + c!],
      ['beside_2', b! + d!],
    ] as const) {
      expect(await api.balance(name)).toMatchObject({ granted: '140', spent: `${spent / 2}` });
      const grants = (await live.database.ownerPool.query(
        `SELECT e.effective_at FROM entries e JOIN account_names n USING (account_no)
         WHERE n.id = $1 AND e.type = 'grant' ORDER BY seq`, [name])).rows; // prettier-ignore
      expect(grants.map(({ effective_at: at }) => at.toISOString())).toEqual(
        [3, 4, 5, 6, 7, 8, 9].map(month => `2027-0${month}-01T12:00:00.000Z`),
      );
    }
  });
});
