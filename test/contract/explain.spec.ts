import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Api, pathOf, type Json } from './api.js';

const SUMS = ['available', 'held', 'debt', 'granted', 'spent', 'expired', 'revoked'] as const;

describe('explain', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
    await api.grant('anna', '10', { reason: 'welcome' });
    await api.grant('anna', '5', { category: 'paid', priority: 10 });
    await api.put(pathOf('anna'), { overdraft_limits: { credits: '4' } });
    const { reservation } = await api.reserve('anna', '7');
    await api.post(`/v1/reservations/${reservation.id}/commit`, { amount: '6.5' });
    await api.post(`${pathOf('anna')}/charges`, { amount: '12', overage: 'allow_debt' });
    await api.post(`/v1/reservations/${reservation.id}/refund`, { amount: '1' });
  });

  afterAll(() => api.stop());

  test('closes: what was there and every step add up to what is there, after each entry and at the end', async () => {
    const { body } = await api.get(`${pathOf('anna')}/explain`);
    const running = new Map<string, Record<string, number>>();
    for (const { entry, balance } of body.steps as Json[]) {
      if (entry.unit === undefined) continue;
      const sums = running.get(entry.unit) ?? Object.fromEntries(SUMS.map(sum => [sum, 0]));
      for (const sum of SUMS) sums[sum]! += Number(entry.deltas[sum] ?? 0);
      running.set(entry.unit, sums);
      expect(balance).toEqual(Object.fromEntries(SUMS.map(sum => [sum, String(sums[sum])])));
    }
    expect(body.opening).toEqual({});
    const { body: now } = await api.get(`${pathOf('anna')}/balance`);
    expect(body.closing).toEqual(now.balances);
    expect(body.steps.map(({ entry }: Json) => entry.seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('says in words which lots paid, what was owed and why', async () => {
    const { text } = (await api.get(`${pathOf('anna')}/explain`)).body;
    expect(text).toContain('Added 10 credits (reason: "welcome")');
    expect(text).toMatch(/Spent 6\.5 credits for res_\S+, 0\.5 credits of the hold were left over/);
    expect(text).toContain('5 credits from paid credits (no expiry)');
    expect(text).toContain('3.5 credits of it are owed');
    expect(text).toContain('Closing balance: 0 credits available, 2.5 credits owed');
  });

  test('starts from the balance of its first moment, and takes no entry twice', async () => {
    const { body: all } = await api.get(`${pathOf('anna')}/explain`);
    const from = all.steps[3].entry.effective_at;
    const { body } = await api.get(`${pathOf('anna')}/explain?from=${from}`);
    const { body: then } = await api.get(`${pathOf('anna')}/balance?as_of=${from}`);
    expect(body.opening).toEqual(then.balances);
    expect(body.steps).toEqual(all.steps.filter(({ entry }: Json) => entry.effective_at > from));
    expect(body.closing).toEqual(all.closing);
  });

  test('tells of an account that has no entry that nothing happened', async () => {
    const { body } = await api.get(`${pathOf('nobody')}/explain`);
    expect(body).toMatchObject({ opening: {}, closing: {}, steps: [] });
  });

  test.each([
    ['from', 'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z'],
    ['to', 'to=2999-01-01T00:00:00Z'],
    ['from', 'from=yesterday'],
  ])('refuses a wrong %s: %s', async (parameter, query) => {
    const { status, body } = await api.get(`${pathOf('anna')}/explain?${query}`);
    expect(status).toBe(422);
    expect(body.errors[0].location).toBe(`query.${parameter}`);
  });

  test('refuses to tell more than a thousand entries at once, and says what to do', async () => {
    const commands = Array.from({ length: 1000 }, (_, i) => ({
      id: `${i}`,
      type: 'grant',
      account: 'busy',
      idempotency_key: `k${i}`,
      amount: '1',
    }));
    await api.put(`${pathOf('busy')}`, { metadata: { a: 'b' } });
    await api.post('/v1/batch', { commands }, { key: null });
    const { status, body } = await api.get(`${pathOf('busy')}/explain`);
    expect(status).toBe(422);
    expect(body.errors[0].message).toContain('ask for a shorter time');
  });
});
