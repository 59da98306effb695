import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Api, pathOf } from './api.js';

describe('idempotency keys', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
  });

  afterAll(() => api.stop());

  test('the same request with the same key gets the first answer again, status and bytes', async () => {
    const path = `${pathOf('again')}/grants`;
    const first = await api.post(path, { amount: '5', reason: 'x' }, { key: 'k1' });
    await api.grant('again', '7');
    const again = await api.post(path, { amount: '5', reason: 'x' }, { key: 'k1' });
    expect(again.status).toBe(201);
    expect(again.text).toBe(first.text);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect((await api.get(pathOf('again'))).body.balances.credits.granted).toBe('12');
  });

  test('the order of names and white space do not make another request', async () => {
    const path = `${pathOf('reordered')}/grants`;
    const first = await api.post(path, '{"amount":"5","reason":"x"}', { key: 'k' });
    const again = await api.post(path, ' { "reason" : "x",\n"amount":"\\u0035" } ', { key: 'k' });
    expect(again.text).toBe(first.text);
  });

  test('every command can be repeated, also where the account has moved on', async () => {
    await api.grant('repeating', '100');
    const twice = async (path: string, body: unknown) => {
      const key = `once ${path} ${JSON.stringify(body)}`;
      const first = await api.post(path, body, { key });
      const second = await api.post(path, body, { key });
      expect(second.text).toBe(first.text);
      expect(second.status).toBe(first.status);
      expect(second.headers['idempotency-replayed']).toBe('true');
      return first.body;
    };
    const account = pathOf('repeating');
    const { reservation } = await twice(`${account}/reservations`, { amount: '10' });
    await twice(`/v1/reservations/${reservation.id}/extend`, { add_amount: '1' });
    await twice(`/v1/reservations/${reservation.id}/commit`, { amount: '5' });
    await twice(`/v1/reservations/${reservation.id}/refund`, { amount: '1' });
    const other = await twice(`${account}/reservations`, { amount: '11' });
    await twice(`/v1/reservations/${other.reservation.id}/release`, {});
    const charge = await twice(`${account}/charges`, { amount: '2' });
    await twice(`/v1/entries/${charge.entries[0].id}/refund`, {});
    const { lot } = await twice(`${account}/grants`, { amount: '3' });
    await twice(`/v1/lots/${lot.id}/revoke`, {});
    await twice(`${account}/freeze`, {});
    await twice(`${account}/unfreeze`, {});
    const { credits } = (await api.get(account)).body.balances;
    expect(credits).toMatchObject({ available: '96', held: '0', spent: '4', revoked: '3', granted: '103' });
  });

  test('the same key with another request is refused, and changes nothing', async () => {
    const path = `${pathOf('reused')}/grants`;
    await api.post(path, { amount: '5' }, { key: 'k' });
    const others = [
      api.post(path, { amount: '6' }, { key: 'k' }),
      api.post(path, { amount: 5 }, { key: 'k' }),
      api.post(path, { amount: '5', unit: 'credits' }, { key: 'k' }),
      api.post(`${pathOf('reused')}/charges`, { amount: '5' }, { key: 'k' }),
    ];
    for (const answer of await Promise.all(others)) {
      expect(answer).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused', retryable: false } });
    }
    expect((await api.get(pathOf('reused'))).body.seq).toBe(1);
  });

  test('the same key for another account, or in test mode, is another key', async () => {
    const testKey = await api.makeKey({ mode: 'test' });
    await api.post(`${pathOf('one')}/grants`, { amount: '5' }, { key: 'shared' });
    const other = await api.post(`${pathOf('two')}/grants`, { amount: '5' }, { key: 'shared' });
    const inTest = await api.post(`${pathOf('one')}/grants`, { amount: '6' }, { key: 'shared', as: testKey });
    expect([other.status, inTest.status]).toEqual([201, 201]);
    expect(other.headers['idempotency-replayed']).toBeUndefined();
  });

  test('a key belongs to the account, whichever API key sends it', async () => {
    const otherKey = await api.makeKey();
    const first = await api.post(`${pathOf('shared')}/grants`, { amount: '5' }, { key: 'k' });
    const again = await api.post(`${pathOf('shared')}/grants`, { amount: '5' }, { key: 'k', as: otherKey });
    expect(again.text).toBe(first.text);
  });

  test('the same request sent twenty times at once takes effect once', async () => {
    const sent = Array.from({ length: 20 }, () =>
      api.post(`${pathOf('at-once')}/grants`, { amount: '5' }, { key: 'one' }),
    );
    const answers = await Promise.all(sent);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1);
    expect((await api.get(pathOf('at-once'))).body.balances.credits.granted).toBe('5');
  });

  test('a refusal is not remembered: the same key is decided afresh', async () => {
    const path = `${pathOf('afresh')}/reservations`;
    const refused = await api.post(path, { amount: '5' }, { key: 'k' });
    expect(refused.status).toBe(402);
    await api.grant('afresh', '5');
    const granted = await api.post(path, { amount: '5' }, { key: 'k' });
    expect(granted.status).toBe(201);
    expect(granted.headers['idempotency-replayed']).toBeUndefined();
  });

  test('once an answer is no longer kept, its key is a fact: 409 with the first entry', async () => {
    const path = `${pathOf('cleaned')}/grants`;
    const first = await api.post(path, { amount: '5' }, { key: 'k' });
    await api.database.ownerPool.query('UPDATE outcomes SET body = NULL');
    const late = await api.post(path, { amount: '5' }, { key: 'k' });
    expect(late).toMatchObject({
      status: 409,
      body: { code: 'fact_already_recorded', entry: first.body.entries[0].id },
    });
    expect((await api.post(path, { amount: '6' }, { key: 'k' })).body.code).toBe('idempotency_key_reused');
  });

  test('a retry may go through the batch, and the other way round', async () => {
    const single = await api.post(`${pathOf('both-ways')}/grants`, { amount: '5' }, { key: 'k' });
    const command = { id: '1', type: 'grant', account: 'both-ways', idempotency_key: 'k', amount: '5' };
    const batch = await api.post('/v1/batch', { commands: [command] });
    expect(batch.body.results[0]).toEqual({ id: '1', status: 201, body: single.body });
  });
});
