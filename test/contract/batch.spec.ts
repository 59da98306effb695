import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Api, pathOf, type Json } from './api.js';

describe('batch', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
  });

  afterAll(() => api.stop());

  async function run(commands: object[]): Promise<Json[]> {
    const { status, body } = await api.post('/v1/batch', { commands }, { key: null });
    expect(status).toBe(200);
    expect(body.results.map(({ id }: Json) => id)).toEqual(commands.map(command => (command as Json).id));
    return body.results;
  }

  test('answers each command as its own call would, in the order they came', async () => {
    await api.grant('all', '100', { category: 'paid' });
    const { reservation } = await api.reserve('all', '10');
    const second = await api.reserve('all', '10');
    const charge = (await api.post(`${pathOf('all')}/charges`, { amount: '5' })).body;
    const { lot } = await api.grant('all', '1');
    const entry = charge.entries[0].id;
    const results = await run([
      { id: 'grant', type: 'grant', account: 'all', idempotency_key: 'b1', amount: '1' },
      { id: 'reserve', type: 'reserve', account: 'all', idempotency_key: 'b2', amount: '1', ttl_seconds: 60 },
      { id: 'charge', type: 'charge', account: 'all', idempotency_key: 'b3', amount: '1' },
      { id: 'extend', type: 'extend', reservation: reservation.id, idempotency_key: 'b4', add_amount: '1' },
      { id: 'commit', type: 'commit', reservation: reservation.id, idempotency_key: 'b5', amount: '2' },
      { id: 'refund', type: 'refund', reservation: reservation.id, idempotency_key: 'b6' },
      { id: 'release', type: 'release', reservation: second.reservation.id, idempotency_key: 'b7' },
      { id: 'refund-entry', type: 'refund', entry, idempotency_key: 'b8', amount: '1' },
      { id: 'revoke', type: 'revoke', lot: lot.id, idempotency_key: 'b9' },
    ]);
    expect(results.map(({ status }) => status)).toEqual([201, 201, 201, 200, 200, 201, 200, 201, 200]);
    const seqs = results.map(({ body }) => body.seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(results[4].body.reservation.status).toBe('closed');
    const repeated = await api.post(`/v1/reservations/${reservation.id}/commit`, { amount: '2' }, { key: 'b5' });
    expect(repeated.body).toEqual(results[4].body);
  });

  test("keeps an account's commands in their order: what the first brings the second may spend", async () => {
    const commands = Array.from({ length: 300 }, (_, i) => ({
      id: `${i}`,
      type: i % 2 === 0 ? 'grant' : 'charge',
      account: 'ordered',
      idempotency_key: `k${i}`,
      amount: '1',
    }));
    const results = await run(commands);
    expect(results.map(({ status }) => status)).toEqual(commands.map(() => 201));
    expect(results.map(({ body }) => body.seq)).toEqual(commands.map((_, i) => i + 1));
  });

  test('keeps the order where one command names the account and the next one a reservation of it', async () => {
    const other = await Api.start(api);
    for (let round = 0; round < 5; round++) {
      const account = `named-${round}`;
      await api.grant(account, '1');
      const { reservation } = await api.reserve(account, '1');
      // Another replica, which has not met the name yet.
      const { body } = await other.post('/v1/batch', {
        commands: [
          { id: '1', type: 'grant', account, idempotency_key: 'g', amount: '5' },
          { id: '2', type: 'extend', reservation: reservation.id, idempotency_key: 'e', add_amount: '5' },
        ],
      });
      expect(body.results.map(({ status }: Json) => status)).toEqual([201, 200]);
    }
    await other.stop();
  });

  test('a refused command stops nothing and says what is wrong with it', async () => {
    const results = await run([
      { id: 'a', type: 'grant', account: 'mixed', idempotency_key: 'k1', amount: '5' },
      { id: 'b', type: 'charge', account: 'mixed', idempotency_key: 'k2', amount: '50' },
      { id: 'c', type: 'grant', account: 'mixed', idempotency_key: 'k3', amount: '-1' },
      { id: 'd', type: 'grant', account: 'mixed', amount: '1' },
      { id: 'e', type: 'grant', account: 'mixed', idempotency_key: 'k1', amount: '6' },
      { id: 'f', type: 'commit', reservation: 'res_x', idempotency_key: 'k4' },
      { id: 'g', type: 'nothing', account: 'mixed', idempotency_key: 'k5' },
      { id: 'h', type: 'grant', idempotency_key: 'k6', amount: '1' },
      { id: 'i', type: 'grant', account: 'mixed', lot: 'lot_x', idempotency_key: 'k7', amount: '1' },
      { id: 'j', type: 'grant', account: 'mixed', idempotency_key: 'k8', amount: '1', extra: true },
      { id: 'k', type: 'grant', account: '..', idempotency_key: 'k9', amount: '1' },
      { id: 'l', type: 'grant', account: 7, idempotency_key: 'k10', amount: '1' },
      { id: 'm', type: 'grant', account: 'mixed', idempotency_key: 7, amount: '1' },
      { id: 'n', type: 'charge', account: 'mixed', idempotency_key: 'k11', amount: '5' },
    ]);
    expect(results.map(({ status, body }) => `${status} ${body.code ?? ''}`.trim())).toEqual([
      '201',
      '402 insufficient_credits',
      '422 invalid_request',
      '400 idempotency_key_required',
      '422 idempotency_key_reused',
      '404 reservation_not_found',
      '422 invalid_request',
      '422 invalid_request',
      '422 invalid_request',
      '422 invalid_request',
      '422 invalid_request',
      '422 invalid_request',
      '422 invalid_request',
      '201',
    ]);
    expect(results[2].body.errors).toEqual([{ location: 'body.commands[2].amount', message: expect.any(String) }]);
    expect(results[9].body.errors[0].location).toBe('body.commands[9].extra');
  });

  test('the same key twice in one batch is one command', async () => {
    const command = { type: 'grant', account: 'twice', idempotency_key: 'k', amount: '5' };
    const [first, second] = await run([
      { id: '1', ...command },
      { id: '2', ...command },
    ]);
    expect(second.body).toEqual(first.body);
    expect((await api.get(pathOf('twice'))).body.seq).toBe(1);
  });

  test('takes a thousand commands, on a thousand accounts', async () => {
    const commands = Array.from({ length: 1_000 }, (_, i) => ({
      id: `${i}`,
      type: 'grant',
      account: `wide-${i}`,
      idempotency_key: 'k',
      amount: '1',
    }));
    const results = await run(commands);
    expect(results.every(({ status }) => status === 201)).toBe(true);
  });

  test.each([
    ['nothing', {}],
    ['no commands', { commands: [] }],
    ['something else than a list', { commands: {} }],
    ['a command that is no object', { commands: [1] }],
    ['a command without an id', { commands: [{ type: 'grant' }] }],
    ['an unknown field', { commands: [{ id: '1' }], extra: 1 }],
    ['more than a thousand commands', { commands: Array.from({ length: 1_001 }, (_, i) => ({ id: `${i}` })) }],
  ])('refuses %s as a whole', async (_, body) => {
    expect(await api.post('/v1/batch', body)).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
  });
});
