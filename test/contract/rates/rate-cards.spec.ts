import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DatabaseError, type Pool } from 'pg';
import { Api, expectStatus, type Json } from '../api.js';

const prices = (rate: string, more: object = {}) => ({
  rounding: 'up',
  meters: { renders: { charges: [{ unit: 'credits', prices: [{ rate }] }] } },
  ...more,
});
const published = (rate: string, more: object = {}) => prices(rate, { publish: true, ...more });

describe('rate cards', () => {
  let api: Api;
  let cards = 0;

  /** A card of its own. */
  const fresh = (): string => `/v1/rate-cards/card_${++cards}`;
  const put = async (path: string, body: object): Promise<Json> => expectStatus(200, await api.put(path, body));
  const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();
  const rateOf = (card: Json): string => card.meters.renders.charges[0].prices[0].rate;

  beforeAll(async () => {
    api = await Api.start();
  });

  afterAll(() => api.stop());

  test('a draft is replaced by the next draft, and prices nothing', async () => {
    const path = fresh();
    expect(await put(path, prices('1'))).toMatchObject({ version: 1, status: 'draft', effective_at: null });
    expect(await put(path, prices('2', { name: 'Prices' }))).toMatchObject({
      version: 1,
      status: 'draft',
      name: 'Prices',
    });
    const { body } = await api.get(path);
    expect(rateOf(body)).toBe('2');
    expect(body.versions).toHaveLength(1);
    const { body: list } = await api.get('/v1/rate-cards?limit=100');
    const id = path.split('/').at(-1);
    const summary = { id, name: 'Prices', version_in_effect: null, newest_version: 1, draft_version: 1 };
    expect(list.data).toContainEqual(summary);
  });

  test('publishing takes the number of the draft; the next draft is the next version', async () => {
    const path = fresh();
    await put(path, prices('1'));
    const first = await put(path, published('2'));
    expect(first).toMatchObject({ version: 1, status: 'published' });
    expect(first.published_at).toBe(first.effective_at);
    expect(await put(path, prices('3'))).toMatchObject({ version: 2, status: 'draft' });
    const { body } = await api.get(path);
    expect(body.version).toBe(1);
    expect(rateOf(body)).toBe('2');
    expect(body.versions.map(({ version, status }: Json) => [version, status])).toEqual([
      [2, 'draft'],
      [1, 'published'],
    ]);
    expect(rateOf((await api.get(`${path}?version=2`)).body)).toBe('3');
  });

  test('publishing what is in effect again answers that version, also with the moment of its answer', async () => {
    const path = fresh();
    const first = await put(path, published('1'));
    expect(await put(path, published('1'))).toEqual(first);
    expect(await put(path, published('1.0'))).toMatchObject({ version: 2 });
    const second = await put(path, published('1.0'));
    expect(await put(path, published('1.0', { effective_at: second.effective_at }))).toEqual(second);
  });

  test('a version waits for its moment, and what is published meanwhile does not undo it', async () => {
    const path = fresh();
    await put(path, published('1'));
    const at = inAnHour();
    const planned = await put(path, published('2', { effective_at: at }));
    expect(planned).toMatchObject({ version: 2, effective_at: at });
    expect((await api.get(path)).body.version).toBe(1);
    expect(await put(path, published('2', { effective_at: at }))).toEqual(planned);
    expect(await put(path, published('3'))).toMatchObject({ version: 3 });
    expect((await api.get(path)).body.version).toBe(3);
    // The same prices, but now: that is another version.
    expect(await put(path, published('2'))).toMatchObject({ version: 4 });
  });

  test('a version comes into effect by the clock of the database, by itself', async () => {
    for (let leadMs = 1_500; ; leadMs *= 4) {
      const path = fresh();
      await put(path, published('1'));
      const soon = Date.now() + leadMs;
      const planned = await api.put(path, published('2', { effective_at: new Date(soon).toISOString() }));
      const { body: before } = await api.get(path);
      // Whoever was not asked before that moment says nothing of it.
      if (Date.now() >= soon) continue;
      expect([planned.body.version, before.version]).toEqual([2, 1]);
      await sleep(soon + 100 - Date.now());
      expect((await api.get(path)).body.version).toBe(2);
      return;
    }
  });

  test.each(['2000-01-01T00:00:00Z', '0000-01-01T00:00:00Z'])('prices are not changed afterwards: %s', async at => {
    const answer = await api.put(fresh(), published('1', { effective_at: at }));
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
    expect(answer.body.errors[0].location).toBe('body.effective_at');
  });

  test('a moment without publishing is refused', async () => {
    const answer = await api.put(fresh(), prices('1', { effective_at: inAnHour() }));
    expect(answer.body.errors).toEqual([
      { location: 'body.effective_at', message: 'goes with publish: a draft prices nothing' },
    ]);
  });

  test('sixteen publications at once are sixteen versions, or fewer where they say the same', async () => {
    const path = fresh();
    const all = await Promise.all(Array.from({ length: 16 }, (_, i) => api.put(path, published(String(i + 1)))));
    expect(all.map(({ body }) => body.version).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 16 }, (_, i) => i + 1),
    );
    const same = await Promise.all(Array.from({ length: 16 }, () => api.put(path, published('99'))));
    expect(new Set(same.map(({ text }) => text)).size).toBe(1);
  });

  test('a unit that nobody defined is refused', async () => {
    const meters = { m: { charges: [{ unit: 'nothing', prices: [{ rate: '1' }] }] } };
    expect(await api.put(fresh(), { rounding: 'up', meters })).toMatchObject({
      status: 404,
      body: { code: 'unit_not_found' },
    });
  });

  test('a price that no event reaches is refused and named', async () => {
    const meters = {
      m: { charges: [{ unit: 'credits', prices: [{ rate: '1' }, { match: { model: 'a' }, rate: '2' }] }] },
    };
    const answer = await api.put(fresh(), { rounding: 'up', meters });
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
    expect(answer.body.errors[0].location).toBe('body.meters.m.charges[0].prices[1]');
  });

  test('a hundred wrong prices are twenty errors', async () => {
    const wrong = Array.from({ length: 100 }, () => ({ rate: '1' }));
    const meters = { m: { charges: [{ unit: 'credits', prices: wrong }] } };
    expect((await api.put(fresh(), { rounding: 'up', meters })).body.errors).toHaveLength(20);
  });

  test.each(['no.dots', 'x'.repeat(65), '%20', 'ä'])('%s is no id of a card', async id => {
    const answer = await api.put(`/v1/rate-cards/${encodeURIComponent(id)}`, prices('1'));
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ location: 'path.card' }] } });
  });

  test.each(['nobody', 'no.dots', 'x'.repeat(65), '%00'])('a card that is not there is not found: %s', async id => {
    expect(await api.get(`/v1/rate-cards/${id}`)).toMatchObject({ status: 404, body: { code: 'rate_card_not_found' } });
  });

  test('nor is a version that is not there', async () => {
    const path = fresh();
    await put(path, prices('1'));
    expect(await api.get(`${path}?version=2`)).toMatchObject({ status: 404, body: { code: 'rate_card_not_found' } });
    for (const version of ['0', '-1', '1.5', 'x', '2147483648']) {
      expect((await api.get(`${path}?version=${version}`)).status).toBe(422);
    }
  });

  test('cards are shared by live and test, and written by config:write only', async () => {
    const path = fresh();
    const live = await api.makeKey({ scopes: ['ledger:read', 'ledger:write'] });
    const testing = await api.makeKey({ mode: 'test', scopes: ['ledger:read'] });
    expect((await api.put(path, prices('1'), { as: live })).body.code).toBe('scope_missing');
    await put(path, published('1'));
    expect((await api.get(path, { as: testing })).body.version).toBe(1);
  });

  test('a page of the list has its limit', async () => {
    const ids: string[] = [];
    for (let after = ''; ;) {
      const { body } = await api.get(`/v1/rate-cards?limit=2${after}`);
      ids.push(...body.data.map(({ id }: Json) => id));
      if (!body.has_more) break;
      expect(body.data).toHaveLength(2);
      after = `&after=${encodeURIComponent(body.next_cursor)}`;
    }
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(ids.length).toBeGreaterThan(2);
  });

  describe('PostgreSQL itself', () => {
    const refusal = async (pool: Pool, sql: string): Promise<string> => {
      try {
        await pool.query(sql);
      } catch (error) {
        if (error instanceof DatabaseError) return [error.code, error.constraint].filter(Boolean).join(' ');
        throw error;
      }
      throw new Error(`not refused: ${sql}`);
    };

    beforeAll(async () => {
      await put('/v1/rate-cards/kept', published('1'));
      await put('/v1/rate-cards/kept', prices('2'));
    });

    test.each([
      `UPDATE rate_card_versions SET definition = '{}' WHERE card = 'kept' AND version = 1`,
      `UPDATE rate_card_versions SET effective_at = effective_at + interval '1 day' WHERE card = 'kept' AND version = 1`,
      `UPDATE rate_card_versions SET published_at = NULL, effective_at = NULL WHERE card = 'kept' AND version = 1`,
    ])('keeps published versions as they are, whoever asks: %s', async sql => {
      expect(await refusal(api.database.appPool, sql)).toBe('23001 rate_cards_stay');
      expect(await refusal(api.database.ownerPool, sql)).toBe('23001 rate_cards_stay');
    });

    test('refuses the owner to delete them, also in a session that replicates', async () => {
      const sql = `DELETE FROM rate_card_versions WHERE card = 'kept'`;
      expect(await refusal(api.database.appPool, sql)).toBe('42501');
      expect(await refusal(api.database.ownerPool, sql)).toBe('23001 rate_cards_stay');
      expect(await refusal(api.database.ownerPool, 'TRUNCATE rate_card_versions')).toBe('23001 rate_cards_stay');
      expect(await refusal(api.database.ownerPool, `SET session_replication_role = replica; ${sql}`)).toBe(
        '23001 rate_cards_stay',
      );
      await api.database.ownerPool.query('SET session_replication_role = DEFAULT');
    });

    test('has one draft a card, and none that is in effect', async () => {
      const insert = (version: number, moments: string): string =>
        `INSERT INTO rate_card_versions (card, version, definition, published_at, effective_at) VALUES ('kept', ${version}, '{}', ${moments})`;
      expect(await refusal(api.database.appPool, insert(9, 'NULL, NULL'))).toBe('23505 rate_cards_one_draft');
      expect(await refusal(api.database.appPool, insert(9, 'NULL, now()'))).toBe('23514 rate_cards_in_effect');
      expect(await refusal(api.database.appPool, insert(9, `now(), now() - interval '1 day'`))).toBe(
        '23514 rate_cards_in_effect',
      );
      expect(await refusal(api.database.appPool, insert(1, 'now(), now()'))).toBe('23505 rate_cards_once');
    });
  });
});
