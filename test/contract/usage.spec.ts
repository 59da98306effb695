import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCheckpoint } from '../../src/projections/checkpoints.js';
import { Follower } from '../../src/projections/follower.js';
import { verifyProjection } from '../../src/projections/verify-projection.js';
import { UsageProjection } from '../../src/usage/usage-projection.js';
import { Api, expectStatus, pathOf, type Json } from './api.js';
import { awayFromMidnight } from '../support/midnight.js';

const projection = new UsageProjection(['model', 'feature']);

describe('usage', () => {
  let api: Api;
  let today: string;

  beforeAll(async () => {
    await awayFromMidnight();
    api = await Api.start();
    today = (await api.get(`${pathOf('clock')}/balance`)).body.as_of.slice(0, 10);
    await api.grant('anna', '1000');
    const spends = [
      ['10', { member: 'eve', metadata: { model: 'large', feature: 'chat', request: '1' } }],
      ['20', { member: 'eve', metadata: { model: 'small' } }],
      ['30', { metadata: { model: 'large' } }],
      ['40', {}],
    ] as const;
    for (const [amount, more] of spends) {
      const { reservation } = await api.reserve('anna', amount, more);
      await api.post(`/v1/reservations/${reservation.id}/commit`, { amount });
      if (amount === '10') await api.post(`/v1/reservations/${reservation.id}/refund`, { amount: '4' });
    }
    const charge = { amount: '5.5', metadata: { model: 'small', feature: 'search' } };
    const { body } = await api.post(`${pathOf('anna')}/charges`, charge);
    await api.post(`/v1/entries/${body.entries[0].id}/refund`, {});
  });

  afterAll(() => api.stop());

  async function usage(account: string, query = ''): Promise<Json[]> {
    return expectStatus(200, await api.get(`${pathOf(account)}/usage?${query}`)).data;
  }

  async function catchUp(): Promise<void> {
    await createCheckpoint(api.database.appPool, projection);
    const follower = new Follower(api.database.appPool, { error: () => {} });
    // Elsewhere: the service's own worker is at it.
    for (let step = ''; step !== 'up-to-date';) step = await follower.step(projection);
  }

  test('counts what is committed and what is given back, at once, under the properties of the spend', async () => {
    const used = (group: object, commits: number, committed: string, refunded: string, net: string) => {
      return { unit: 'credits', group, commits, committed, refunded, net };
    };
    expect(await usage('anna', 'group_by=model')).toEqual([
      used({ model: 'large' }, 2, '40', '4', '36'),
      used({ model: 'small' }, 2, '25.5', '5.5', '20'),
      used({ model: null }, 1, '40', '0', '40'),
    ]);
    expect(await usage('anna', 'group_by=feature,member')).toEqual([
      used({ feature: 'chat', member: 'eve' }, 1, '10', '4', '6'),
      used({ feature: 'search', member: null }, 1, '5.5', '5.5', '0'),
      used({ feature: null, member: 'eve' }, 1, '20', '0', '20'),
      used({ feature: null, member: null }, 2, '70', '0', '70'),
    ]);
    expect(await usage('anna')).toEqual([{ day: today, ...used({}, 5, '105.5', '9.5', '96') }]);
    expect(await usage('anna', 'group_by=')).toEqual([used({}, 5, '105.5', '9.5', '96')]);
  });

  test('is the same whether the projection has come by or not', async () => {
    for (let i = 0; i < 5; i++) {
      await api.post(`${pathOf('anna')}/charges`, { amount: '1', metadata: { model: `m${i}` } });
      const before = await usage('anna', 'group_by=day,model,member&limit=100');
      await catchUp();
      expect(await usage('anna', 'group_by=day,model,member&limit=100')).toEqual(before);
    }
    const options = { ownerUrl: api.database.url, projection };
    expect((await verifyProjection(options)).differences).toEqual({ count: 0, shown: [] });
  });

  test('has the same groups page by page', async () => {
    const all = await usage('anna', 'group_by=day,model,feature&limit=100');
    const paged: Json[] = [];
    for (let after = ''; ;) {
      const { body } = await api.get(`${pathOf('anna')}/usage?group_by=day,model,feature&limit=2${after}`);
      paged.push(...body.data);
      if (!body.has_more) break;
      after = `&after=${body.next_cursor}`;
    }
    expect(all.length).toBeGreaterThan(4);
    expect(paged).toEqual(all);
  });

  test('takes names of any script and length, and cuts values at 64 characters', async () => {
    const long = '𝔘'.repeat(500);
    const member = '𝔐'.repeat(255);
    await api.grant('unicode', '10');
    for (const model of [long, `${long.slice(0, 128)}!`.slice(0, 129), 'a']) {
      expectStatus(
        201,
        await api.post(`${pathOf('unicode')}/charges`, { amount: '1', member, metadata: { model, feature: long } }),
      );
    }
    const path = `${pathOf('unicode')}/usage?group_by=model,member,feature&limit=1`;
    for (const state of ['waiting', 'folded']) {
      const { body: first } = await api.get(path);
      const { body: second } = await api.get(`${path}&after=${first.next_cursor}`);
      expect([state, ...first.data, ...second.data]).toEqual([
        state,
        expect.objectContaining({ group: { model: 'a', member, feature: '𝔘'.repeat(64) }, commits: 1 }),
        expect.objectContaining({ group: { model: '𝔘'.repeat(64), member, feature: '𝔘'.repeat(64) }, commits: 2 }),
      ]);
      await catchUp();
    }
  });

  test('counts more in a day than an account can ever have', async () => {
    await api.put('/v1/units/points', { kind: 'prepaid', scale: 0 });
    const most = '9223372036854775807';
    await api.grant('huge', most, { unit: 'points' });
    for (let i = 0; i < 3; i++) {
      const { body } = await api.post(`${pathOf('huge')}/charges`, { amount: most, unit: 'points' });
      expectStatus(201, await api.post(`/v1/entries/${body.entries[0].id}/refund`, {}));
    }
    await catchUp();
    expect(await usage('huge', 'group_by=')).toMatchObject([
      { unit: 'points', committed: '27670116110564327421', refunded: '27670116110564327421', net: '0' },
    ]);
  });

  test('shows one unit, and only the days that are asked for', async () => {
    expect(await usage('anna', 'unit=credits&group_by=')).toHaveLength(1);
    expect(await usage('anna', 'from=2020-01-01&to=2020-12-31')).toEqual([]);
    expect(await usage('anna', `from=${today}&to=${today}`)).toHaveLength(1);
    expect(await usage('nobody')).toEqual([]);
    expect((await api.get(`${pathOf('anna')}/usage?unit=none`)).body.code).toBe('unit_not_found');
  });

  test('of a live account is not shown to a test key', async () => {
    const as = await api.makeKey({ mode: 'test', scopes: ['usage:read'] });
    expect((await api.get(`${pathOf('anna')}/usage`, { as })).body.data).toEqual([]);
  });

  test.each([
    ['group_by', 'group_by=colour'],
    ['group_by', 'group_by=day,day'],
    ['group_by', 'group_by=a,b,c,d,e,f,g'],
    ['from', 'from=2026-01-02&to=2026-01-01'],
    ['from', 'from=2020-01-01&to=2026-01-01'],
    ['from', 'from=2026-02-30'],
    ['to', 'to=yesterday'],
    ['after', 'after=bm9uZQ'],
    ['after', `group_by=&after=${Buffer.from('usage:["2026-01-01","credits",[]]').toString('base64url')}`],
    ['after', `group_by=&after=${Buffer.from('usage:{').toString('base64url')}`],
    ['after', `after=${Buffer.from('usage:["0000-01-01","credits",[]]').toString('base64url')}`],
    ['after', `group_by=&after=${Buffer.from('usage:[null,"\\u0000",[]]').toString('base64url')}`],
    ['to', 'to=0000-01-01'],
    ['colour', 'colour=red'],
  ])('refuses a wrong %s: %s', async (parameter, query) => {
    const { status, body } = await api.get(`${pathOf('anna')}/usage?${query}`);
    expect([status, body.errors[0].location]).toEqual([422, `query.${parameter}`]);
  });
});
