import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MAX_MEMBERS } from '../../src/ledger/domain/member.js';
import { ERROR_TABLE } from '../../src/transport/error-table.js';
import { runReplay } from '../integration/replay/run-replay.js';
import { GrpcRefusal, type GrpcClient } from '../support/grpc-client.js';
import { ClockedApi } from './clocks.js';
import { Api, expectStatus, pathOf, type Answer, type Json } from './api.js';
import { differencesIn, startReplicas, stopReplicas } from './replicas.js';
import { awayFromMidnight } from '../support/midnight.js';

const DAY = { every: 'day', time_zone: 'UTC' };
const perDay = (amount: string, more: object = {}) => ({ unit: 'credits', amount, window: DAY, ...more });
const LIFE = { every: 'lifetime' };

describe('members over HTTP', () => {
  let replicas: readonly [Api, Api];
  let api: Api;
  let grpc: GrpcClient;

  beforeAll(async () => {
    await awayFromMidnight();
    replicas = await startReplicas();
    [api] = replicas;
    grpc = await api.grpc();
  });

  afterAll(async () => {
    grpc.close();
    await stopReplicas(replicas);
  });

  const at = (account: string, member: string): string => `${pathOf(account)}/members/${encodeURIComponent(member)}`;
  const put = async (account: string, member: string, body: object = {}): Promise<Json> =>
    expectStatus(200, await api.put(at(account, member), body));
  const get = async (account: string, member: string): Promise<Json> =>
    expectStatus(200, await api.get(at(account, member))).member;
  const refused = ({ status, body }: Answer, code: keyof typeof ERROR_TABLE): void =>
    expect([status, body.code]).toEqual([ERROR_TABLE[code].http, code]);

  test('user, team and organisation count what a user spends, and refuse it together', async () => {
    await api.grant('acme', '1000');
    await put('acme', 'org', { budgets: [perDay('100')] });
    await put('acme', 'design', { parent: 'org', budgets: [perDay('20')] });
    const set = await put('acme', 'ada', {
      parent: 'design',
      budgets: [perDay('12.5'), perDay('50', { window: LIFE })],
    });
    expect(set.entries).toMatchObject([{ type: 'configure', member: 'ada' }]);
    expect(set.member).toMatchObject({ id: 'ada', parent: 'design', budgets: [{ used: '0', held: '0' }, {}] });
    const path = pathOf('acme');
    const { reservation } = expectStatus(201, await api.post(`${path}/reservations`, { amount: '10', member: 'ada' }));
    const denied = await api.post(`${path}/charges`, { amount: '3', member: 'ada' });
    refused(denied, 'limit_reached');
    const { budgets } = await get('acme', 'ada');
    expect(denied.body).toMatchObject({
      retryable: true,
      shortfall: [
        {
          unit: 'credits',
          limit: 'budget',
          member: 'ada',
          required: '3',
          available: '2.5',
          used: '10',
          cap: '12.5',
          held: '10',
          open_reservations: 1,
          resets_at: budgets[0].resets_at,
        },
      ],
    });
    const seconds = Number(denied.headers['retry-after']);
    expect(Math.abs(seconds * 1000 - (Date.parse(budgets[0].resets_at) - Date.now()))).toBeLessThan(60_000);
    expect(budgets[0]).toEqual({
      unit: 'credits',
      amount: '12.5',
      window: { every: 'day', count: 1, time_zone: 'UTC' },
      soft: false,
      used: '10',
      held: '10',
      resets_at: expect.any(String),
    });
    expectStatus(200, await api.post(`/v1/reservations/${reservation.id}/commit`, { amount: '7.5' }));
    expectStatus(201, await api.post(`${path}/charges`, { amount: '12.5', member: 'bob' }));
    refused(await api.post(`${path}/charges`, { amount: '12.6', member: 'design' }), 'limit_reached');
    expect((await get('acme', 'org')).budgets).toMatchObject([{ used: '7.5', held: '0' }]);
    const listed = expectStatus(200, await api.get(`${path}/members?limit=2`));
    expect(listed).toMatchObject({ has_more: true, data: [{ id: 'ada' }, { id: 'design' }] });
    const rest = expectStatus(200, await api.get(`${path}/members?after=${listed.next_cursor}`));
    expect(rest).toMatchObject({ has_more: false, data: [{ id: 'org' }] });
    expect(expectStatus(200, await api.get(`${path}/members?parent=org`)).data).toMatchObject([{ id: 'design' }]);
  });

  test('what a refund gives back is spent again, and reports by member say the same', async () => {
    await api.grant('reports', '100');
    await put('reports', 'ada', { budgets: [perDay('10')] });
    const charge = { amount: '10', member: 'ada' };
    const { entries } = expectStatus(201, await api.post(`${pathOf('reports')}/charges`, charge));
    expectStatus(201, await api.post(`/v1/entries/${entries[0].id}/refund`, { amount: '4' }));
    expect(await get('reports', 'ada')).toMatchObject({ budgets: [{ used: '6' }] });
    refused(await api.post(`${pathOf('reports')}/charges`, { ...charge, amount: '4.1' }), 'limit_reached');
    const usage = expectStatus(200, await api.get(`${pathOf('reports')}/usage?group_by=member`));
    expect(usage.data).toMatchObject([{ group: { member: 'ada' }, committed: '10', refunded: '4', net: '6' }]);
    const same = await grpc.call('listUsage', { account: 'reports', group_by: { names: ['member'] } });
    expect(same.data).toMatchObject([{ group: { member: 'ada' }, net: '6' }]);
  });

  test('sixteen at once at nine of ten, on two replicas: one is let through', async () => {
    await api.grant('tabs', '1000');
    await put('tabs', 'org', { budgets: [perDay('10', { window: LIFE })] });
    for (const tab of ['ada', 'bob']) await put('tabs', tab, { parent: 'org', budgets: [perDay('100')] });
    expectStatus(201, await api.post(`${pathOf('tabs')}/charges`, { amount: '9', member: 'ada' }));
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, i) =>
        replicas[i % 2]!.post(`${pathOf('tabs')}/reservations`, { amount: '1', member: i % 4 < 2 ? 'ada' : 'bob' }),
      ),
    );
    const through = answers.filter(({ status }) => status === 201);
    expect(through).toHaveLength(1);
    for (const answer of answers) if (answer !== through[0]) refused(answer, 'insufficient_credits');
    expect((await get('tabs', 'org')).budgets).toMatchObject([{ used: '10', held: '1' }]);
    const all = await Promise.all(
      Array.from({ length: 16 }, (_, i) =>
        replicas[i % 2]!.post(`${pathOf('tabs')}/charges`, { amount: '1', member: 'eve' }),
      ),
    );
    expect(all.every(({ status }) => status === 201)).toBe(true);
  });

  test('a budget that is changed on one replica holds on the other at once', async () => {
    await api.grant('moves', '1000');
    await put('moves', 'ada', { budgets: [perDay('10')] });
    const charge = (amount: string) => replicas[1]!.post(`${pathOf('moves')}/charges`, { amount, member: 'ada' });
    expectStatus(201, await charge('10'));
    refused(await charge('1'), 'limit_reached');
    await put('moves', 'ada', { budgets: [perDay('12')] });
    expectStatus(201, await charge('2'));
    refused(await charge('0.000001'), 'limit_reached');
    expectStatus(200, await api.call('DELETE', at('moves', 'ada')));
    refused(await api.get(at('moves', 'ada')), 'member_not_found');
    expectStatus(201, await charge('100'));
  });

  test('a lot of its own is spent by its member alone, within the budget', async () => {
    const grant = { amount: '50', applies_to: { members: ['ada', 'bob'] } };
    expectStatus(201, await api.post(`${pathOf('own')}/grants`, grant));
    await put('own', 'ada', { budgets: [perDay('5')] });
    const charge = (amount: string, member?: string) => api.post(`${pathOf('own')}/charges`, { amount, member });
    refused(await charge('1'), 'insufficient_credits');
    refused(await charge('1', 'eve'), 'insufficient_credits');
    expectStatus(201, await charge('5', 'ada'));
    refused(await charge('1', 'ada'), 'limit_reached');
    expectStatus(201, await charge('45', 'bob'));
    const short = await charge('1', 'ada');
    refused(short, 'insufficient_credits');
    expect(short.body.shortfall).toMatchObject([{ available: '0' }, { limit: 'budget', member: 'ada' }]);
  });

  test('a soft budget warns in every answer to a spend, before it too, and in the first answer again', async () => {
    await api.grant('soft', '100');
    await put('soft', 'team', { budgets: [perDay('5', { soft: true })] });
    await put('soft', 'ada', { parent: 'team' });
    const path = pathOf('soft');
    const spend = { amount: '4', member: 'ada' };
    expect(expectStatus(200, await api.post(`${path}/check`, spend, { key: null })).warnings).toBeUndefined();
    const held = expectStatus(201, await api.post(`${path}/reservations`, spend));
    expect(held.warnings).toBeUndefined();
    const warning = { limit: 'budget', unit: 'credits', cap: '5', member: 'team', resets_at: expect.any(String) };
    const asked = expectStatus(200, await api.post(`${path}/check`, spend, { key: null }));
    expect(asked).toMatchObject({ allowed: true, warnings: [{ ...warning, used: '8' }] });
    const first = await api.post(`${path}/charges`, spend, { key: 'again' });
    expect(expectStatus(201, first).warnings).toEqual([{ ...warning, used: '8' }]);
    expect((await api.post(`${path}/charges`, spend, { key: 'again' })).text).toBe(first.text);
    const id = held.reservation.id;
    expect(expectStatus(200, await api.post(`/v1/reservations/${id}/extend`, { add_amount: '1' })).warnings).toEqual([
      { ...warning, used: '9' },
    ]);
    expect(expectStatus(200, await api.post(`/v1/reservations/${id}/commit`, { amount: '2' })).warnings).toEqual([
      { ...warning, used: '6' },
    ]);
    const overGrpc = await grpc.call('chargeCredits', {
      account: 'soft',
      idempotency_key: 'g',
      amount: '1',
      member: 'ada',
    });
    expect(overGrpc.warnings).toMatchObject([{ limit: 'budget', used: '7', cap: '5', member: 'team' }]);
  });

  test('what is wrong with a member is said, and where', async () => {
    const budget = perDay('1');
    const wrong: readonly (readonly [object, string])[] = [
      [{ parent: '' }, 'body.parent'],
      [{ budgets: {} }, 'body.budgets'],
      [{ budgets: [{ ...budget, amount: '-1' }] }, 'body.budgets[0].amount'],
      [{ budgets: [{ ...budget, amount: '0.0000001' }] }, 'body.budgets[0].amount'],
      [{ budgets: [{ ...budget, window: { every: 'fortnight' } }] }, 'body.budgets[0].window.every'],
      [
        { budgets: [{ ...budget, window: { every: 'day', time_zone: 'Mars/Base' } }] },
        'body.budgets[0].window.time_zone',
      ],
      [{ budgets: [{ ...budget, window: { every: 'hour', count: 5 } }] }, 'body.budgets[0].window.count'],
      [
        { budgets: [{ ...budget, window: { ...DAY, anchor_at: '2026-01-01T00:00:00Z' } }] },
        'body.budgets[0].window.time_zone',
      ],
      [{ budgets: Array.from({ length: 11 }, () => budget) }, 'body.budgets'],
      [{ color: 'red' }, 'body.color'],
    ];
    for (const [body, location] of wrong) {
      const answer = await api.put(at('wrong', 'ada'), body);
      refused(answer, 'invalid_request');
      expect(answer.body.errors.map((error: Json) => error.location)).toContain(location);
    }
    refused(await api.put(at('wrong', 'ada'), { budgets: [budget, budget] }), 'invalid_request');
    refused(await api.put(at('wrong', 'ada'), { budgets: [{ ...budget, unit: 'nothing' }] }), 'unit_not_found');
    refused(await api.put(at('wrong', 'ada'), { budgets: [perDay('9'.repeat(30))] }), 'amount_too_large');
    refused(await api.put(at('wrong', 'ada'), { parent: 'nobody' }), 'member_not_found');
    refused(await api.get(at('wrong', 'ada')), 'member_not_found');
    refused(await api.call('DELETE', at('wrong', 'ada')), 'member_not_found');
    await put('wrong', 'boss');
    await put('wrong', 'ada', { parent: 'boss' });
    refused(await api.call('DELETE', at('wrong', 'boss')), 'member_in_use');
    refused(await api.put(at('wrong', 'boss'), { parent: 'ada' }), 'invalid_request');
    const reader = await api.makeKey({ mode: 'live', scopes: ['ledger:read'] });
    refused(await api.put(at('wrong', 'ada'), {}, { as: reader }), 'scope_missing');
    const other = await api.makeKey({ mode: 'test', scopes: ['ledger:read'] });
    refused(await api.get(at('wrong', 'ada'), { as: other }), 'member_not_found');
  });

  test('names are compared character by character, whatever is in them', async () => {
    await api.grant('names', '100');
    const names = ['__proto__', 'é', 'e\u0301', 'a/b?c#d', '😀'.repeat(255), '100%'];
    for (const [i, name] of names.entries()) {
      await put('names', name, { budgets: [perDay(String(i + 1))] });
      const amount = String(i + 1);
      expectStatus(201, await api.post(`${pathOf('names')}/charges`, { amount, member: name }));
      refused(await api.post(`${pathOf('names')}/charges`, { amount: '1', member: name }), 'limit_reached');
      expect(await get('names', name)).toMatchObject({ id: name, budgets: [{ amount, used: amount }] });
    }
    expect(expectStatus(200, await api.get(`${pathOf('names')}/members`)).data).toHaveLength(names.length);
  });

  test('a member that reached its budget while the account has credits spends again once its clock is in the next window', async () => {
    const clocked = await ClockedApi.over(api);
    const clock = await clocked.account('moved', '2028-02-28T22:00:00Z');
    await clocked.grant('moved', '1000');
    const window = { every: 'day', time_zone: 'America/New_York' };
    const budgets = [perDay('10', { window }), perDay('15', { window: { every: 'month', time_zone: 'UTC' } })];
    expectStatus(200, await clocked.put(at('moved', 'ada'), { budgets }));
    const charge = (amount: string) => clocked.post(`${pathOf('moved')}/charges`, { amount, member: 'ada' });
    expectStatus(201, await charge('10'));
    const denied = await charge('1');
    refused(denied, 'limit_reached');
    expect(denied.body.shortfall).toMatchObject([{ member: 'ada', used: '10', resets_at: '2028-02-29T05:00:00.000Z' }]);
    await clocked.advance(clock, '2028-02-29T04:59:59Z');
    refused(await charge('1'), 'limit_reached');
    await clocked.advance(clock, '2028-02-29T05:00:00Z');
    expectStatus(201, await charge('5'));
    const month = await charge('1');
    expect(month.body.shortfall).toMatchObject([{ cap: '15', used: '15', resets_at: '2028-03-01T00:00:00.000Z' }]);
    await clocked.advance(clock, '2028-03-01T00:00:00Z');
    expectStatus(201, await charge('5'));
    refused(await charge('1'), 'limit_reached');
  });

  test('one more than an account may have on record is refused', async () => {
    await api.grant('full', '1');
    const { ownerPool } = api.database;
    const ofFull = `account_no = (SELECT account_no FROM account_names WHERE id = 'full')`;
    await ownerPool.query(`INSERT INTO members (account_no, member, placed_at, budgets, counts)
      SELECT account_no, 'm' || n, 1, '[]', '[]' FROM account_names, generate_series(1, ${MAX_MEMBERS}) n WHERE id = 'full'`);
    const [, other] = replicas;
    refused(await other!.put(at('full', 'one-more'), {}), 'too_many_members');
    await ownerPool.query(`DELETE FROM members WHERE ${ofFull}`);
  });

  test('gRPC calls say the same', async () => {
    await api.grant('grpc', '100');
    const budgets = [{ unit: 'credits', amount: '3', window: { every: 'day', count: 1 }, soft: false }];
    await grpc.call('setMember', { account: 'grpc', member: 'org', budgets: [] });
    const set = await grpc.call('setMember', { account: 'grpc', member: 'ada', parent: 'org', budgets });
    expect(set.member).toMatchObject({ id: 'ada', parent: 'org', budgets: [{ amount: '3', used: '0' }] });
    expect(await get('grpc', 'ada')).toMatchObject({ parent: 'org', budgets: [{ window: { time_zone: 'UTC' } }] });
    const charge = { account: 'grpc', idempotency_key: 'c', amount: '4', member: 'ada' };
    const refusal = await grpc.call('chargeCredits', charge).then(
      () => null,
      (error: unknown) => error as GrpcRefusal,
    );
    expect(refusal).toBeInstanceOf(GrpcRefusal);
    expect((await grpc.call('listMembers', { account: 'grpc' })).data).toMatchObject([{ id: 'ada' }, { id: 'org' }]);
    expect((await grpc.call('getMember', { account: 'grpc', member: 'ada' })).member).toMatchObject({ id: 'ada' });
    await grpc.call('removeMember', { account: 'grpc', member: 'ada' });
    refused(await api.get(at('grpc', 'ada')), 'member_not_found');
  });

  test('a member is explained, and what is wrong with its row is found and put right', async () => {
    await api.grant('damaged', '100');
    await put('damaged', 'ada', { budgets: [perDay('10')] });
    expectStatus(201, await api.post(`${pathOf('damaged')}/charges`, { amount: '8', member: 'ada' }));
    const told = expectStatus(200, await api.get(`${pathOf('damaged')}/explain`)).text;
    expect(told).toContain('Set member ada: 10 credits each day');
    const { ownerPool } = api.database;
    await ownerPool.query(`UPDATE members SET counts = '[null]' WHERE member = 'ada' AND account_no = (
      SELECT account_no FROM account_names WHERE id = 'damaged')`);
    expect(await differencesIn(api)).toMatchObject([{ place: 'members', field: 'ada.counts', account: 'damaged' }]);
    expect((await runReplay(api.database, { account: 'damaged' })).state).toBe('done');
    expect(await differencesIn(api)).toEqual([]);
    for (const replica of replicas) {
      refused(await replica.post(`${pathOf('damaged')}/charges`, { amount: '3', member: 'ada' }), 'limit_reached');
    }
  });
});
