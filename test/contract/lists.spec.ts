import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Api, pathOf, type Json } from './api.js';

describe('lists', () => {
  let api: Api;

  async function allPages(path: string, limit: number): Promise<Json[][]> {
    const pages: Json[][] = [];
    let after = '';
    for (;;) {
      const { body } = await api.get(`${path}${path.includes('?') ? '&' : '?'}limit=${limit}${after}`);
      pages.push(body.data);
      expect(body.has_more).toBe(body.next_cursor !== null);
      if (!body.has_more) return pages;
      after = `&after=${encodeURIComponent(body.next_cursor)}`;
    }
  }

  beforeAll(async () => {
    api = await Api.start();
    await api.put('/v1/units/images', { kind: 'allowance', scale: 0 });
    for (let i = 1; i <= 5; i++) await api.grant('listed', String(i), { metadata: { i: String(i) } });
    await api.grant('listed', '2', { unit: 'images', category: 'included' });
    for (let i = 1; i <= 4; i++) {
      const { reservation } = await api.reserve('listed', '1', { metadata: { i: String(i) } });
      if (i % 2 === 0) await api.post(`/v1/reservations/${reservation.id}/commit`, {});
    }
    for (const name of ['z', 'a', 'ä', '😀', 'B']) await api.grant(name, '1');
  });

  afterAll(() => api.stop());

  test.each([1, 2, 3, 7, 100])('entries come newest first, %d a page, none twice and none missing', async limit => {
    const pages = await allPages(`${pathOf('listed')}/entries`, limit);
    expect(pages.flat().map(({ seq }) => seq)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(pages.slice(0, -1).every(page => page.length === limit)).toBe(true);
  });

  test('entries are filtered by type, unit and moments, both inclusive', async () => {
    const path = `${pathOf('listed')}/entries`;
    const all = (await allPages(path, 100)).flat();
    const seqs = async (query: string) => (await allPages(`${path}?${query}`, 2)).flat().map(({ seq }) => seq);
    expect(await seqs('type=commit')).toEqual([12, 9]);
    expect(await seqs('unit=images')).toEqual([6]);
    expect(await seqs('type=grant&unit=credits')).toEqual([5, 4, 3, 2, 1]);
    const [from, to] = [all[9].effective_at, all[4].effective_at];
    const between = all.filter(({ effective_at: at }) => at >= from && at <= to).map(({ seq }) => seq);
    expect(await seqs(`from=${from}&to=${to}`)).toEqual(between);
    expect(between.length).toBeGreaterThanOrEqual(6);
    expect(await seqs('to=2000-01-01T00:00:00Z')).toEqual([]);
    expect(await seqs('from=2999-01-01T00:00:00Z')).toEqual([]);
  });

  test('lots come newest first, what is used up included, and add up to the balance', async () => {
    const lots = (await allPages(`${pathOf('listed')}/lots`, 2)).flat();
    expect(lots).toHaveLength(6);
    expect(lots[0]).toMatchObject({ unit: 'images', category: 'included', granted: '2', remaining: '2' });
    expect(lots.at(-1)).toMatchObject({ unit: 'credits', granted: '1', remaining: '0' });
    const credits = (await allPages(`${pathOf('listed')}/lots?unit=credits`, 100)).flat();
    const { credits: balance } = (await api.get(pathOf('listed'))).body.balances;
    const sum = (field: string) => String(credits.reduce((total: number, lot: Json) => total + Number(lot[field]), 0));
    expect([sum('remaining'), sum('held')]).toEqual([balance.available, balance.held]);
  });

  test('reservations come newest first, ended ones included, or only those open', async () => {
    const all = (await allPages(`${pathOf('listed')}/reservations`, 3)).flat();
    expect(all.map(({ metadata, status }) => `${metadata.i} ${status}`)).toEqual([
      '4 closed',
      '3 open',
      '2 closed',
      '1 open',
    ]);
    const open = (await allPages(`${pathOf('listed')}/reservations?status=open`, 1)).flat();
    expect(open.map(({ metadata }) => metadata.i)).toEqual(['3', '1']);
    const { body } = await api.get(`/v1/reservations/${all[0].id}`);
    expect(body).toMatchObject({ ...all[0], entries: [{ type: 'reserve' }, { type: 'commit' }] });
  });

  test('a list of open reservations has none that ended while it was made', async () => {
    await api.grant('busy', '100');
    const held: Json[] = await Promise.all(Array.from({ length: 20 }, () => api.reserve('busy', '1')));
    const listing = held.map(({ reservation }) => [
      api.post(`/v1/reservations/${reservation.id}/commit`, {}),
      api.get(`${pathOf('busy')}/reservations?status=open&limit=100`),
    ]);
    for (const { body } of await Promise.all(listing.flat())) {
      for (const { status } of body.data ?? []) expect(status).toBe('open');
    }
  });

  test('accounts come in the order of their bytes', async () => {
    const accounts = (await allPages('/v1/accounts', 2)).flat().map(({ account }) => account);
    expect(accounts).toEqual(['B', 'a', 'busy', 'listed', 'z', 'ä', '😀']);
  });

  test('an account without an entry is none, whatever keys were used with it', async () => {
    expect((await api.post(`${pathOf('never-there')}/unfreeze`, {})).status).toBe(200);
    const accounts = (await allPages('/v1/accounts', 100)).flat().map(({ account }) => account);
    expect(accounts).not.toContain('never-there');
  });

  test('units and keys are lists too', async () => {
    expect((await allPages('/v1/units', 1)).flat()).toEqual([
      { unit: 'credits', kind: 'prepaid', scale: 6, in_use: true },
      { unit: 'images', kind: 'allowance', scale: 0, in_use: true },
    ]);
    await api.makeKey();
    const ids = (await allPages('/v1/keys', 1)).flat().map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
    expect(ids.length).toBe(2);
  });

  test('a page has 20 items unless it says otherwise', async () => {
    for (let i = 0; i < 21; i++) await api.grant('twenty', '1');
    const { body } = await api.get(`${pathOf('twenty')}/entries`);
    expect(body.data).toHaveLength(20);
    expect(body.has_more).toBe(true);
  });

  test.each([
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=1.5',
    'limit=x',
    'limit=',
    'limit=1&limit=2',
    'after=nonsense',
    'after=',
    `after=${Buffer.from('entries:x').toString('base64url')}`,
    `after=${Buffer.from('entries:99999999999999999999').toString('base64url')}`,
    `after=${'x'.repeat(3000)}`,
    'type=nothing',
    'from=yesterday',
    'to=2026-02-30T00:00:00Z',
    'as_of=2026-01-01T00:00:00Z',
    'unknown=1',
    '__proto__=1',
  ])('%s is refused', async query => {
    const answer = await api.get(`${pathOf('listed')}/entries?${query}`);
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
    expect(answer.body.errors[0].location).toMatch(/^query/);
  });

  test('a cursor fits only the list it came from', async () => {
    const { body } = await api.get(`${pathOf('listed')}/entries?limit=1`);
    expect((await api.get(`${pathOf('listed')}/lots?after=${body.next_cursor}`)).status).toBe(422);
  });
});
