import { status as STATUS } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Command, CommandResult } from '../../../src/transport/grpc/generated/credits/v1/commands.js';
import { detailsOf, type CommandsStream, type GrpcClient } from '../../support/grpc-client.js';
import { Api, pathOf } from '../api.js';

interface Ended {
  readonly code: number;
  readonly details: string;
}

/** What came back over one stream, as it came. */
class Stream {
  readonly results: CommandResult[] = [];
  readonly ended: Promise<Ended>;
  private wake: () => void = () => {};

  constructor(readonly call: CommandsStream) {
    call.on('data', ({ results = [] }: { results?: CommandResult[] }) => {
      this.results.push(...results);
      this.wake();
    });
    call.on('error', () => {});
    this.ended = new Promise(resolve => call.on('status', resolve));
  }

  send(...commands: Command[]): this {
    this.call.write({ commands });
    return this;
  }

  async until(count: number): Promise<CommandResult[]> {
    while (this.results.length < count) await new Promise<void>(resolve => (this.wake = resolve));
    return this.results;
  }

  /** Says that no more comes, and waits for the rest. */
  async finish(): Promise<Ended> {
    this.call.end();
    return this.ended;
  }
}

const grant = (account: string, key: string, amount = '1'): Command => ({
  id: key,
  grant: { account, idempotency_key: key, amount },
});
const charge = (account: string, key: string, amount = '1'): Command => ({
  id: key,
  charge: { account, idempotency_key: key, amount },
});

function codeOf({ error }: CommandResult): string | undefined {
  if (error === undefined) return undefined;
  return (detailsOf(error)['ErrorInfo'] as { reason: string }).reason.toLowerCase();
}

describe('a stream of commands', () => {
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

  test('answers every command with its id, as its own call would, and ends when its caller is done', async () => {
    await api.grant('all', '100', { category: 'paid' });
    const open = (await api.reserve('all', '10')).reservation.id;
    const other = (await api.reserve('all', '10')).reservation.id;
    const spent = (await api.post(`${pathOf('all')}/charges`, { amount: '5' })).body.entries[0].id;
    const { lot } = await api.grant('all', '1');
    const stream = new Stream(grpc.stream()).send(
      grant('all', '1'),
      { id: '2', reserve: { account: 'all', idempotency_key: '2', amount: '1', ttl_seconds: 60 } },
      charge('all', '3'),
      { id: '4', extend: { reservation: open, idempotency_key: '4', add_amount: '1' } },
      { id: '5', commit: { reservation: open, idempotency_key: '5', amount: '2' } },
      { id: '6', refund_reservation: { reservation: open, idempotency_key: '6' } },
      { id: '7', release: { reservation: other, idempotency_key: '7' } },
      { id: '8', refund_entry: { entry: spent, idempotency_key: '8', amount: '1' } },
      { id: '9', revoke: { lot: lot.id, idempotency_key: '9' } },
      { id: '10' },
      charge('all', '11', '10000'),
    );
    expect(await stream.finish()).toMatchObject({ code: STATUS.OK });
    const results = new Map(stream.results.map(result => [result.id, result]));
    expect([...results.keys()].sort()).toEqual(['1', '10', '11', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(results.get('2')!.reserve!.reservation).toMatchObject({ status: 1 });
    expect(results.get('5')!.commit!.reservation).toMatchObject({ id: open, status: 2 });
    expect(results.get('8')!.refund_entry!.entries![0]).toMatchObject({ refunds: spent });
    expect(codeOf(results.get('10')!)).toBe('invalid_request');
    expect(results.get('11')!.error).toMatchObject({ code: STATUS.FAILED_PRECONDITION });
    const repeated = await api.post(`/v1/reservations/${open}/commit`, { amount: '2' }, { key: '5' });
    expect(repeated.body.seq).toBe(results.get('5')!.commit!.seq);
  });

  test("keeps an account's order over messages: what one brings the next may spend", async () => {
    const stream = new Stream(grpc.stream());
    for (let i = 0; i < 300; i++) stream.send(i % 2 === 0 ? grant('ordered', `${i}`) : charge('ordered', `${i}`));
    await stream.finish();
    expect(stream.results.map(({ id }) => id)).toEqual(Array.from({ length: 300 }, (_, i) => `${i}`));
    expect(stream.results.map(({ grant: g, charge: c }) => (g ?? c)?.seq)).toEqual(
      Array.from({ length: 300 }, (_, i) => i + 1),
    );
  });

  test('keeps the order where one message names an account this replica never saw, and the next a reservation of it', async () => {
    const { reservation } = await api.grant('seen', '10').then(() => api.reserve('seen', '10'));
    const other = await Api.start(api);
    const elsewhere = await other.grpc();
    const stream = new Stream(elsewhere.stream());
    // A charge of many lines takes longer to read than the release after it.
    stream.send({
      id: 'charge',
      charge: { account: 'seen', idempotency_key: 'c', lines: [{ unit: 'credits', amount: '10' }] },
    });
    stream.send({ id: 'release', release: { reservation: reservation.id, idempotency_key: 'r' } });
    await stream.finish();
    elsewhere.close();
    await other.stop();
    expect(stream.results.map(({ id }) => id)).toEqual(['charge', 'release']);
    expect(codeOf(stream.results[0]!)).toBe('insufficient_credits');
    expect(stream.results[1]!.release).toBeDefined();
  });

  test('answers a repeated key with the first answer', async () => {
    const stream = new Stream(grpc.stream()).send(grant('again', 'k'));
    await stream.until(1);
    stream.send(grant('again', 'k'), { id: 'other', grant: { account: 'again', idempotency_key: 'k', amount: '2' } });
    await stream.finish();
    const [first, second, other] = stream.results;
    expect(second!.grant).toEqual({ ...first!.grant, replayed: true });
    expect(codeOf(other!)).toBe('idempotency_key_reused');
  });

  test.each([
    ['no command', []],
    ['more than 1,000', Array.from({ length: 1_001 }, (_, i) => grant('many', `${i}`))],
    ['a command without an id', [{ grant: { account: 'many', idempotency_key: 'k', amount: '1' } }]],
  ])('answers what came before, then refuses a message with %s as a whole', async (_, commands) => {
    const stream = new Stream(grpc.stream())
      .send(grant('before', `${commands.length}`))
      .send(...(commands as Command[]));
    expect(await stream.ended).toMatchObject({ code: STATUS.INVALID_ARGUMENT });
    expect(stream.results.map(({ id }) => id)).toEqual([`${commands.length}`]);
    expect((await api.get(pathOf('many'))).body.seq).toBe(0);
  });

  test('asks for the key with every message: one that was revoked meanwhile ends the stream', async () => {
    const made = await grpc.call('createKey', { name: 'short-lived', mode: 1, scopes: ['ledger:write'] });
    const stream = new Stream(grpc.stream({ as: made.secret! })).send(grant('revoked', '1'));
    await stream.until(1);
    await grpc.call('revokeKey', { id: made.key!.id! });
    stream.send(grant('revoked', '2'));
    expect(await stream.ended).toMatchObject({ code: STATUS.UNAUTHENTICATED });
    expect((await api.get(pathOf('revoked'))).body.seq).toBe(1);
  });

  test('counts messages against the rate limit of the key, refuses their commands, and lives on', async () => {
    const limited = await api.makeKey({ rate_limit_per_second: 2 });
    const stream = new Stream(grpc.stream({ as: limited }));
    for (let i = 0; i < 20; i++) stream.send(grant('limited', `${i}`), charge('limited', `c${i}`));
    await stream.until(40);
    const refused = stream.results.filter(result => codeOf(result) === 'rate_limited');
    expect(refused.length).toBeGreaterThanOrEqual(6);
    expect(refused.length % 2).toBe(0);
    expect(await stream.finish()).toMatchObject({ code: STATUS.OK });
  });

  test('is not read from while its results are not, and loses none of them', async () => {
    await api.grant('greedy', '1000000');
    const stream = new Stream(grpc.stream());
    const { call } = stream;
    call.once('data', () => call.pause());
    const total = 30_000;
    const metadata = { padding: 'x'.repeat(500) };
    let accepted = 0;
    const sent = (async () => {
      for (let at = 0; at < total; at += 500) {
        const commands = Array.from({ length: 500 }, (_, i) => ({
          id: `${at + i}`,
          charge: { account: 'greedy', idempotency_key: `${at + i}`, amount: '1', metadata },
        }));
        await new Promise<void>(resolve => call.write({ commands }, () => resolve()));
        accepted += 500;
      }
      call.end();
    })();
    const seqNow = async (): Promise<number> => (await api.get(pathOf('greedy'))).body.seq;
    // Nobody reads on: what was taken comes to an end far from all.
    let before = 0;
    for (let now = await seqNow(); now !== before || now < 1_000; now = await seqNow()) {
      before = now;
      await new Promise(resolve => setTimeout(resolve, 700));
    }
    expect(before).toBeLessThan(total / 2);
    expect(accepted).toBeLessThan(total);
    call.resume();
    await sent;
    expect(await stream.ended).toMatchObject({ code: STATUS.OK });
    expect(stream.results.map(({ id }) => Number(id))).toEqual(Array.from({ length: total }, (_, i) => i));
    expect(await seqNow()).toBe(total + 1);
  });

  test('whose caller goes away books what was sent, and harms nobody', async () => {
    const stream = new Stream(grpc.stream());
    stream.send(...Array.from({ length: 500 }, (_, i) => grant('gone', `${i}`)));
    await stream.until(1);
    stream.send(grant('gone', 'last'));
    stream.call.cancel();
    expect(await stream.ended).toMatchObject({ code: STATUS.CANCELLED });
    expect((await api.get(pathOf('gone'))).body.seq).toBeGreaterThanOrEqual(500);
  });

  test('that has a deadline ends with it', async () => {
    let results = 0;
    for (let deadlineMs = 3_000; results === 0 && deadlineMs < 60_000; deadlineMs *= 4) {
      const stream = new Stream(grpc.stream({ deadline: Date.now() + deadlineMs })).send(grant('timely', '1'));
      expect(await stream.ended).toMatchObject({ code: STATUS.DEADLINE_EXCEEDED });
      results = stream.results.length;
    }
    expect(results).toBe(1);
  });

  test('is answered to the last command it took when the service stops, and ends with UNAVAILABLE', async () => {
    const stopping = await Api.start(api);
    const client = await stopping.grpc();
    const stream = new Stream(client.stream());
    let sent = 0;
    const sending = setInterval(() => stream.send(grant('stopping', `${sent++}`)), 1);
    await stream.until(20);
    const stopped = stopping.stop();
    expect(await stream.ended).toMatchObject({ code: STATUS.UNAVAILABLE });
    clearInterval(sending);
    await stopped;
    client.close();
    const told = stream.results.flatMap(({ grant: granted }) => (granted === undefined ? [] : [granted.seq]));
    expect(told).toHaveLength(stream.results.length);
    expect((await api.get(pathOf('stopping'))).body.seq).toBe(told.length);
  });

  test('a batch is answered in the order of its commands', async () => {
    const commands = [grant('batch', 'a'), charge('batch', 'b', '5'), { id: 'x' }, charge('batch', 'c')];
    const { results = [] } = await grpc.call('executeBatch', { commands });
    expect(results.map(({ id }) => id)).toEqual(['a', 'b', 'x', 'c']);
    expect(results.map(codeOf)).toEqual([undefined, 'insufficient_credits', 'invalid_request', undefined]);
    await expect(grpc.call('executeBatch', {})).rejects.toMatchObject({ status: STATUS.INVALID_ARGUMENT });
  });
});
