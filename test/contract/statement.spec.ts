import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Api, expectStatus, pathOf, type Json } from './api.js';
import { eventually } from '../support/data-dir.js';

const SUMS = ['available', 'held', 'debt', 'granted', 'spent', 'expired', 'revoked'] as const;

describe('a statement', () => {
  let api: Api;
  let middle: string;

  beforeAll(async () => {
    api = await Api.start();
    await api.put('/v1/units/images', { kind: 'allowance', scale: 0 });
    await api.grant('anna', '40');
    await api.grant('anna', '3', { unit: 'images' });
    await api.put(pathOf('anna'), { overdraft_limits: { credits: '10' } });
    const { reservation } = await api.reserve('anna', '12');
    await api.post(`/v1/reservations/${reservation.id}/commit`, { amount: '10.5' });
    middle = (await api.get(`${pathOf('anna')}/balance`)).body.as_of;
    await new Promise(resolve => setTimeout(resolve, 5));
    await api.post(`/v1/reservations/${reservation.id}/refund`, { amount: '1' });
    await api.post(`${pathOf('anna')}/charges`, { amount: '35', overage: 'allow_debt' });
    await api.grant('anna', '2', { reason: '=HYPERLINK("x")' });
  });

  afterAll(() => api.stop());

  async function statement(query = ''): Promise<Json> {
    return expectStatus(200, await api.get(`${pathOf('anna')}/statement?${query}`));
  }

  function expectToAddUp({ opening, lines, closing }: Json): void {
    const units = new Set([...Object.keys(opening), ...lines.map((line: Json) => line.unit)]);
    for (const unit of units) {
      for (const sum of SUMS) {
        const moved = lines
          .filter((line: Json) => line.unit === unit)
          .map((line: Json) => Number(line.deltas[sum] ?? 0));
        const total = moved.reduce((a: number, b: number) => a + b, Number(opening[unit]?.[sum] ?? 0));
        expect(total).toBe(Number(closing[unit][sum]));
      }
    }
  }

  test('adds up to the balance of its end, line by line', async () => {
    const told = await statement();
    expectToAddUp(told);
    expect(told.opening).toEqual({});
    expect(told.closing).toEqual((await api.get(`${pathOf('anna')}/balance`)).body.balances);
    expect(told.lines.map(({ unit, type, entries }: Json) => `${unit} ${type} ${entries}`)).toEqual([
      'credits grant 2',
      'credits reserve 1',
      'credits commit 2',
      'credits refund 1',
      'images grant 1',
    ]);
  });

  test('begins where the one before ended, and leaves nothing out', async () => {
    const [first, second, whole] = [
      await statement(`to=${middle}`),
      await statement(`from=${middle}`),
      await statement(),
    ];
    expect(second.opening).toEqual(first.closing);
    expect(second.closing).toEqual(whole.closing);
    expectToAddUp(first);
    expectToAddUp(second);
    expect(await statement(`from=${middle}&to=${middle}`)).toMatchObject({ opening: first.closing, lines: [] });
  });

  test('books what time did before it tells', async () => {
    let soon = 0;
    // A machine that stands still meanwhile asks for a lot that is over: then it is asked for anew.
    await eventually(async () => {
      soon = Date.now() + 3_000;
      const brief = { amount: '7', expires_at: new Date(soon).toISOString() };
      return (await api.post(`${pathOf('brief')}/grants`, brief)).status === 201;
    });
    await new Promise(resolve => setTimeout(resolve, soon + 100 - Date.now()));
    const { body } = await api.get(`${pathOf('brief')}/statement`);
    expect(body.lines.map(({ type }: Json) => type)).toEqual(['grant', 'expire']);
    expect(body.closing.credits).toMatchObject({ available: '0', expired: '7' });
  });

  test('is CSV where that is asked for, without a word of the caller', async () => {
    const { text, headers, status } = await api.send('GET', `${pathOf('anna')}/statement?format=csv&from=${middle}`);
    expect([status, headers['content-type']]).toEqual([200, 'text/csv; charset=utf-8']);
    const [head, ...rows] = text.trimEnd().split('\r\n');
    expect(head).toBe('at,unit,type,entries,granted,available,held,spent,expired,revoked,debt');
    expect(rows.map(row => row.split(',').slice(1, 4).join(' '))).toEqual([
      'credits opening ',
      'images opening ',
      'credits refund 1',
      'credits commit 1',
      'credits grant 1',
      'credits closing ',
      'images closing ',
    ]);
    expect(text).not.toContain('HYPERLINK');
  });

  test.each([
    ['text/csv', '', 'text/csv; charset=utf-8'],
    ['application/json;q=0.5, text/csv', '', 'text/csv; charset=utf-8'],
    ['*/*', '', 'application/json; charset=utf-8'],
    ['text/csv', '?format=json', 'application/json; charset=utf-8'],
    ['application/json', '?format=csv', 'text/csv; charset=utf-8'],
  ])('for Accept: %s and the query "%s" is %s', async (accept, query, type) => {
    const { headers, status } = await api.send('GET', `${pathOf('anna')}/statement${query}`, { headers: { accept } });
    expect([status, headers['content-type'], headers['vary']]).toEqual([200, type, 'Accept']);
  });

  test('of an account without entries is empty', async () => {
    expect((await api.get(`${pathOf('nobody')}/statement`)).body).toMatchObject({
      opening: {},
      lines: [],
      closing: {},
    });
  });

  test.each([
    ['from', 'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z'],
    ['to', 'to=2999-01-01T00:00:00Z'],
    ['from', 'from=yesterday'],
    ['format', 'format=pdf'],
  ])('refuses a wrong %s: %s', async (parameter, query) => {
    const { status, body } = await api.get(`${pathOf('anna')}/statement?${query}`);
    expect([status, body.errors[0].location]).toEqual([422, `query.${parameter}`]);
  });
});
