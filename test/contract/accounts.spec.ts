import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Api, pathOf } from './api.js';

describe('account ids', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
  });

  afterAll(() => api.stop());

  test.each([
    ['a slash', 'org/7'],
    ['dots', '...'],
    ['a percent sign', '100%25 %'],
    ['spaces, quotes and a semicolon', `a b"c'd;e?f#g&h=i+j`],
    ['an emoji', '😀'],
    ['right to left', 'שלום'],
    ['255 characters outside the BMP', '😀'.repeat(255)],
    ['__proto__', '__proto__'],
    ['SQL', `'; DROP TABLE entries; --`],
    ['a backslash', '\\u0000'],
  ])('may have %s', async (_, account) => {
    const granted = await api.grant(account, '1');
    expect(granted.account).toBe(account);
    const { body } = await api.get(pathOf(account));
    expect(body).toMatchObject({ account, seq: 1 });
    expect((await api.get(`${pathOf(account)}/entries`)).body.data[0].account).toBe(account);
  });

  test('are compared byte for byte: composed and decomposed, upper and lower case are different accounts', async () => {
    const twins = ['é', 'é'.normalize('NFD'), 'E', 'e', ' e', 'e '];
    for (const [index, account] of twins.entries()) await api.grant(account, String(index + 1));
    for (const [index, account] of twins.entries()) {
      expect((await api.get(pathOf(account))).body.balances.credits.granted).toBe(String(index + 1));
    }
  });

  test('may be percent-encoded more than needed', async () => {
    await api.grant('over-encoded', '1');
    const encoded = [...'over-encoded'].map(char => `%${char.charCodeAt(0).toString(16)}`).join('');
    expect((await api.get(`/v1/accounts/${encoded}`)).body.seq).toBe(1);
  });

  test.each([
    ['a dot', '.'],
    ['two dots', '%2e%2e'],
    ['U+0000', 'a%00b'],
    ['a line feed', 'a%0Ab'],
    ['a C1 control character', '%C2%85'],
    ['256 characters', 'x'.repeat(256)],
    ['256 characters outside the BMP', '%F0%9F%98%80'.repeat(256)],
    ['a lone surrogate', '%ED%A0%80'],
    ['bytes that are not UTF-8', '%FF'],
    ['half an escape', '%4'],
    ['15 KB', 'x'.repeat(15_000)],
  ])('may not have %s', async (_, encoded) => {
    for (const [method, call] of [
      ['GET', ''],
      ['GET', '/balance'],
      ['POST', '/grants'],
      ['POST', '/check'],
    ]) {
      const answer = await api.call(method!, `/v1/accounts/${encoded}${call}`, method === 'POST' ? { body: {} } : {});
      expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
      expect(answer.body.errors[0].location).toMatch(/^path/);
    }
  });

  test('of a megabyte are refused before they are read', async () => {
    const answer = await api.send('GET', `/v1/accounts/${'x'.repeat(1_000_000)}`);
    expect(answer).toMatchObject({ status: 413, body: { code: 'payload_too_large' } });
    expect(answer.headers['request-id']).toBeTruthy();
  });
});

describe('reading accounts', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
  });

  afterAll(() => api.stop());

  test('one without an entry reads as zeros, and is not listed', async () => {
    const zeros = { available: '0', held: '0', debt: '0', granted: '0', spent: '0', expired: '0', revoked: '0' };
    expect((await api.get(pathOf('nobody'))).body).toEqual({
      account: 'nobody',
      seq: 0,
      frozen: false,
      overdraft_limits: {},
      metadata: {},
      balances: { credits: zeros },
      created_at: null,
    });
    expect((await api.get(`${pathOf('nobody')}/balance`)).body).toMatchObject({ seq: 0, balances: { credits: zeros } });
    for (const list of ['entries', 'lots', 'reservations']) {
      const { body } = await api.get(`${pathOf('nobody')}/${list}`);
      expect(body).toEqual({ data: [], has_more: false, next_cursor: null });
    }
    expect((await api.get('/v1/accounts')).body.data).toEqual([]);
  });

  test('a refused command does not make an account', async () => {
    await api.post(`${pathOf('refused')}/reservations`, { amount: '1' });
    expect((await api.get('/v1/accounts')).body.data).toEqual([]);
    const { rows } = await api.database.ownerPool.query('SELECT FROM account_names');
    expect(rows).toHaveLength(0);
  });

  test('balances as of a moment are the fold of what had taken effect by then, and seq with them', async () => {
    const account = pathOf('past');
    const grant = await api.grant('past', '10');
    const { entries, reservation } = await api.reserve('past', '4');
    await api.put('/v1/units/images', { kind: 'allowance', scale: 0 });
    await api.grant('past', '3', { unit: 'images' });
    await api.post(`/v1/reservations/${reservation.id}/commit`, {});
    const at = async (moment: string, query = '') =>
      (await api.get(`${account}/balance?as_of=${encodeURIComponent(moment)}${query}`)).body;
    const before = new Date(Date.parse(grant.entries[0].effective_at) - 1).toISOString();
    expect(await at(before)).toMatchObject({ seq: 0, as_of: before, balances: { credits: { granted: '0' } } });
    const then = await at(entries[0].effective_at);
    expect(then).toMatchObject({ seq: 2, balances: { credits: { available: '6', held: '4', spent: '0' } } });
    expect(then.balances.images).toBeUndefined();
    expect(await at(entries[0].effective_at, '&unit=images')).toMatchObject({ balances: { images: { granted: '0' } } });
    const { body: now } = await api.get(`${account}/balance`);
    expect(now).toMatchObject({ seq: 4, balances: { credits: { spent: '4' }, images: { available: '3' } } });
    expect(await at(now.as_of)).toEqual(now);
    const offset = entries[0].effective_at.replace('Z', '+00:00');
    expect(await at(offset)).toEqual(then);
  });

  test('balances in the past are right beyond a snapshot', async () => {
    const commands = Array.from({ length: 1_000 }, (_, i) => ({
      id: `${i}`,
      type: 'grant',
      account: 'many',
      amount: '0.000001',
      idempotency_key: `k${i}`,
      metadata: { i: `${i}` },
    }));
    const moments: { seq: number; at: string }[] = [];
    for (let round = 0; round < 3; round++) {
      // Lots are limited to a thousand, so what was granted is spent in between.
      const body = { commands: commands.slice(0, 900).map(c => ({ ...c, idempotency_key: `${round}${c.id}` })) };
      const { results } = (await api.post('/v1/batch', body)).body;
      expect(results.every(({ status }: { status: number }) => status === 201)).toBe(true);
      const spent = await api.post(`${pathOf('many')}/charges`, { amount: '0.0009' });
      moments.push({ seq: spent.body.seq, at: spent.body.entries[0].effective_at });
    }
    const { rows } = await api.database.ownerPool.query('SELECT FROM balance_snapshots');
    expect(rows.length).toBeGreaterThan(0);
    for (const [round, { seq, at }] of moments.entries()) {
      const { body } = await api.get(`${pathOf('many')}/balance?as_of=${at}`);
      const spent = `0.00${String((round + 1) * 9).padStart(2, '0')}`;
      expect(body).toMatchObject({ seq, balances: { credits: { available: '0', spent, granted: spent } } });
    }
  });
});
