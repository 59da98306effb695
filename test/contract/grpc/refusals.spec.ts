import { Client, credentials, Metadata, status as STATUS } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ERROR_TABLE } from '../../../src/transport/error-table.js';
import {
  CommitReservationRequest,
  GrantCreditsRequest,
} from '../../../src/transport/grpc/generated/credits/v1/mutations.js';
import type { GrpcClient } from '../../support/grpc-client.js';
import { Api, pathOf } from '../api.js';

describe('refusals over gRPC', () => {
  let api: Api;
  let grpc: GrpcClient;

  beforeAll(async () => {
    api = await Api.start();
    grpc = await api.grpc();
  });

  afterAll(async () => {
    grpc.close();
    await api.stop();
  });

  const grant = (account: string, more: object = {}) =>
    grpc.call('grantCredits', { account, idempotency_key: `${Math.random()}`, amount: '10', ...more });

  test('every code has a status that says what to do, and none is OK, UNKNOWN or CANCELLED', () => {
    for (const { grpc: code } of Object.values(ERROR_TABLE)) {
      expect(STATUS[code]).toBeDefined();
      expect([STATUS.OK, STATUS.UNKNOWN, STATUS.CANCELLED]).not.toContain(code);
    }
  });

  test('wrong fields are named as they stand in the message', async () => {
    const lines = [
      { unit: 'credits', amount: '1' },
      { unit: 'credits', amount: '0.1234567' },
    ];
    await expect(grpc.call('reserveCredits', { account: 'a', idempotency_key: 'k', lines })).rejects.toMatchObject({
      status: STATUS.INVALID_ARGUMENT,
      code: 'invalid_request',
      message: 'lines[1].unit is named twice',
      details: { BadRequest: { field_violations: [{ field: 'lines[1].unit', description: 'is named twice' }] } },
    });
    await expect(grpc.call('getAccount', { account: '..' })).rejects.toMatchObject({
      details: { BadRequest: { field_violations: [{ field: 'account', description: 'must not be . or ..' }] } },
    });
    await expect(grpc.call('listEntries', { account: 'a', limit: 101 })).rejects.toMatchObject({
      details: { BadRequest: { field_violations: [{ field: 'limit' }] } },
    });
    await expect(grant('a', { idempotency_key: 'ü' })).rejects.toMatchObject({
      details: { BadRequest: { field_violations: [{ field: 'idempotency_key' }] } },
    });
    await expect(grant('a', { category: 99 })).rejects.toMatchObject({
      details: { BadRequest: { field_violations: [{ field: 'category' }] } },
    });
  });

  test('a shortfall and the reservation that stays open come as messages of their own', async () => {
    await grant('short', { amount: '5' });
    const { reservation } = await grpc.call('reserveCredits', {
      account: 'short',
      idempotency_key: 'r',
      amount: '3',
      overage: 1,
    });
    const spend = grpc.call('reserveCredits', { account: 'short', idempotency_key: 'more', amount: '4' });
    await expect(spend).rejects.toMatchObject({
      status: STATUS.FAILED_PRECONDITION,
      code: 'insufficient_credits',
      details: {
        ErrorInfo: { domain: 'credits-ledger', metadata: { retryable: 'true' } },
        Shortfalls: {
          shortfall: [{ unit: 'credits', required: '4', available: '2', held: '3', open_reservations: 1 }],
        },
      },
    });
    const commit = { reservation: reservation!.id, idempotency_key: 'c', amount: '4' };
    await expect(grpc.call('commitReservation', commit)).rejects.toMatchObject({
      code: 'commit_exceeds_reservation',
      details: { Reservation: { id: reservation!.id, status: 1, lines: [{ reserved: '3' }] } },
    });
  });

  test('details that would not fit into trailers are left out, and the rest arrives', async () => {
    await grant('wordy', { amount: '5' });
    const metadata = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`key-${i}`, 'ü'.repeat(500)]));
    const { reservation } = await grpc.call('reserveCredits', {
      account: 'wordy',
      idempotency_key: 'r',
      amount: '3',
      overage: 1,
      metadata,
    });
    const error = await grpc
      .call('commitReservation', { reservation: reservation!.id, idempotency_key: 'c', amount: '4' })
      .catch((refusal: unknown) => refusal);
    expect(error).toMatchObject({ code: 'commit_exceeds_reservation' });
    expect(error).not.toHaveProperty('details.Reservation');
  });

  test('a fact that took effect before names its first entry', async () => {
    const first = await grant('fact', { reference: 'order' });
    await expect(grant('fact', { reference: 'order' })).rejects.toMatchObject({
      status: STATUS.ALREADY_EXISTS,
      code: 'fact_already_recorded',
      details: { ErrorInfo: { metadata: { entry: first.entries![0]!.id } } },
    });
  });

  test('who may call is decided as over HTTP: key, scope, mode, rate', async () => {
    await expect(grpc.call('getAccount', { account: 'a' }, { as: null })).rejects.toMatchObject({
      status: STATUS.UNAUTHENTICATED,
      code: 'unauthenticated',
    });
    const reader = await api.makeKey({ scopes: ['ledger:read'] });
    await expect(grpc.call('grantCredits', {}, { as: reader })).rejects.toMatchObject({
      status: STATUS.PERMISSION_DENIED,
      code: 'scope_missing',
    });
    const { lot } = await api.grant('live', '1');
    const test = await api.makeKey({ mode: 'test' });
    const revoke = grpc.call('revokeLot', { lot: lot.id, idempotency_key: 'k' }, { as: test });
    await expect(revoke).rejects.toMatchObject({ status: STATUS.NOT_FOUND, code: 'lot_not_found' });
    const slow = await api.makeKey({ rate_limit_per_second: 1 });
    const asked = await Promise.allSettled(
      Array.from({ length: 8 }, () => grpc.call('getAccount', { account: 'a' }, { as: slow })),
    );
    const refused = asked.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({
      reason: {
        status: STATUS.RESOURCE_EXHAUSTED,
        code: 'rate_limited',
        details: { RetryInfo: { retry_delay: { seconds: 1 } }, ErrorInfo: { metadata: { retryable: 'true' } } },
      },
    });
  });

  test("every answer has a request id: the caller's own where there is one", async () => {
    const { metadata } = await grpc.ask('getAccount', { account: 'a' }, { requestId: 'mine-1' });
    expect(metadata.get('request-id')).toEqual(['mine-1']);
    const error = await grpc
      .call('getReservation', { reservation: 'x' }, { requestId: 'mine-2' })
      .catch(refusal => refusal);
    expect(error.metadata.get('request-id')).toEqual(['mine-2']);
    expect(error.details).toMatchObject({
      RequestInfo: { request_id: 'mine-2' },
      ErrorInfo: { metadata: { request_id: 'mine-2' } },
    });
  });

  test('a call waits no longer than its deadline, and what came of it is for its key to tell', async () => {
    await api.grant('late', '10');
    const { ownerPool } = api.database;
    const blocker = await ownerPool.connect();
    try {
      await blocker.query('BEGIN');
      await blocker.query(
        `SELECT FROM accounts WHERE account_no = (SELECT account_no FROM account_names WHERE id = 'late') FOR UPDATE`,
      );
      const request = { account: 'late', idempotency_key: 'k', amount: '1' };
      // While the row is locked: it is not waited for.
      await expect(grpc.call('chargeCredits', request, { deadline: Date.now() + 300 })).rejects.toMatchObject({
        status: STATUS.DEADLINE_EXCEEDED,
      });
      await blocker.query('ROLLBACK');
      expect((await grpc.call('chargeCredits', request)).balances!['credits']!.available).toBe('9');
      expect((await api.get(pathOf('late'))).body.balances.credits.spent).toBe('1');
    } finally {
      blocker.release(true);
    }
  });

  describe('a message that is none', () => {
    const good = Buffer.from(GrantCreditsRequest.encode({ account: 'm', idempotency_key: 'k', amount: '1' }).finish());
    const field = (number: number, wire: number, ...bytes: number[]) => Buffer.from([(number << 3) | wire, ...bytes]);
    const text = (value: string | Buffer) => [Buffer.byteLength(value), ...Buffer.from(value)];
    const entry = (key: string) =>
      field(12, 2, ...text(Buffer.concat([field(1, 2, ...text(key)), field(2, 2, ...text('v'))])));

    test.each<[string, Buffer]>([
      ['random bytes', Buffer.from('not protobuf at all, is it?')],
      ['is cut short', good.subarray(0, good.length - 1)],
      ['has a field nobody knows', Buffer.concat([good, field(15, 0, 1)])],
      ['has a field of another type', Buffer.concat([good, field(3, 0, 5)])],
      ['ends with a zero and more', Buffer.concat([good, Buffer.from([0, 0, 1, 2])])],
      ['ends a group it never began', Buffer.concat([good, field(1, 4)])],
      ['says a length beyond its end', Buffer.concat([good, field(11, 2, 0xff, 0xff, 0xff, 0xff, 0x07)])],
      ['has text that is not UTF-8', Buffer.concat([good, field(11, 2, 2, 0xc3, 0x28)])],
      ['has half a surrogate in UTF-8', Buffer.concat([good, field(11, 2, 3, 0xed, 0xa0, 0x80)])],
      ['has U+0000 in a text', Buffer.concat([good, field(11, 2, ...text('a\0b'))])],
      ['has the name __proto__ in a map', Buffer.concat([good, entry('__proto__')])],
      [
        'has __proto__ in a map, and as a value elsewhere',
        Buffer.concat([good, field(11, 2, ...text('__proto__')), entry('__proto__')]),
      ],
      [
        'has a moment beyond all calendars',
        Buffer.concat([good, field(7, 2, 11, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)]),
      ],
      [
        'has a moment with too many nanoseconds',
        Buffer.concat([good, field(7, 2, 6, 0x10, 0xff, 0xff, 0xff, 0xff, 0x07)]),
      ],
    ])('is refused with INVALID_ARGUMENT when it %s', async (_, bytes) => {
      const error = await grpc.send('grantCredits', bytes).catch(refusal => refusal);
      expect(error).toMatchObject({ status: STATUS.INVALID_ARGUMENT, code: 'invalid_request' });
      expect(error.message).not.toMatch(/\.[jt]s\b|Error|node_modules/);
      expect((await api.get(pathOf('m'))).body.seq).toBe(0);
    });

    test('is refused with the field that cannot be stored', async () => {
      const request = { account: 'm', idempotency_key: 'k', amount: '1', metadata: { a: 'b\0' } };
      await expect(grpc.call('grantCredits', request)).rejects.toMatchObject({
        details: { BadRequest: { field_violations: [{ field: 'metadata.a' }] } },
      });
    });

    test('is taken where the name __proto__ is no more than a value', async () => {
      const request = { account: '__proto__', idempotency_key: '__proto__', amount: '1', reason: '__proto__' };
      expect((await grpc.call('grantCredits', request)).entries![0]).toMatchObject({
        account: '__proto__',
        reason: '__proto__',
      });
    });

    test.each([
      ['a request of more than 64 KiB', 'grantCredits' as const, 65_537],
      ['a batch of more than 4 MiB', 'executeBatch' as const, 4 * 1024 * 1024 + 1],
    ])('is refused unread: %s', async (_, method, bytes) => {
      await expect(grpc.send(method, Buffer.alloc(bytes))).rejects.toMatchObject({ status: STATUS.RESOURCE_EXHAUSTED });
    });

    test('nobody without a key makes the service read one', async () => {
      await expect(grpc.send('executeBatch', Buffer.alloc(4_000_000), { as: null })).rejects.toMatchObject({
        status: STATUS.UNAUTHENTICATED,
      });
    });
  });

  test('a call that is not there is UNIMPLEMENTED', async () => {
    const client = new Client(grpc.address, credentials.createInsecure());
    const asItIs = (bytes: Buffer) => bytes;
    const error = await new Promise<unknown>(resolve => {
      const path = '/credits.v1.CreditsService/PrintMoney';
      client.makeUnaryRequest(path, asItIs, asItIs, Buffer.alloc(0), new Metadata(), refusal => resolve(refusal));
    });
    client.close();
    expect(error).toMatchObject({ code: STATUS.UNIMPLEMENTED });
  });

  test('ids are judged as over HTTP', async () => {
    for (const id of ['', 'x', 'res_', 'lot_0000000000000000000000', `res_${'a'.repeat(22)}`, 'ü'.repeat(100)]) {
      const bytes = Buffer.from(CommitReservationRequest.encode({ reservation: id, idempotency_key: 'k' }).finish());
      await expect(grpc.send('commitReservation', bytes)).rejects.toMatchObject({
        status: STATUS.NOT_FOUND,
        code: 'reservation_not_found',
      });
    }
  });
});
