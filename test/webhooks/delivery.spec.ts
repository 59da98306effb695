import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { everyProjection } from '../../src/projections/every-projection.js';
import { rebuildProjection } from '../../src/projections/rebuild-projection.js';
import type { WithSecret } from '../../src/webhooks/endpoints/webhook-endpoints.js';
import { eventually } from '../support/data-dir.js';
import { Receiver, type Received } from './receiver.js';
import { callerOf, ToldLedger } from './told-ledger.js';

const LIVE = callerOf('live');

describe('webhooks', () => {
  let ledger: ToldLedger;
  let receiver: Receiver;
  let endpoint: WithSecret;

  beforeEach(async () => {
    ledger = await ToldLedger.open();
    receiver = await Receiver.open();
    endpoint = await ledger.listen(receiver.url);
    receiver.secrets = [endpoint.secret];
  });

  afterEach(async () => {
    await receiver.close();
    await ledger.close();
    expect(receiver.faults).toEqual([]);
  });

  const grants = async (account: string, times: number) => {
    for (let n = 1; n <= times; n++) await ledger.teller.grant(account, n);
  };
  const sequences = (account: string): number[] => receiver.of(account).map(({ sequence }) => sequence);
  const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
  const current = () => ledger.endpoints.get(LIVE, endpoint.id);
  const streamOf = async (account: string) =>
    (await ledger.endpoints.waiting(LIVE, endpoint.id, 0, 1_000)).find(waiting => waiting.account === account);

  test('arrive in order, signed, each once, as the schema says', async () => {
    await Promise.all([grants('a', 7), grants('b', 5)]);
    await ledger.fillAndSend();
    expect(sequences('a')).toEqual(upTo(7));
    expect(sequences('b')).toEqual(upTo(5));
    expect(receiver.asked).toHaveLength(12);
    expect(receiver.of('a').map(({ data }) => data.amount)).toEqual(upTo(7).map(String));
    expect(await current()).toMatchObject({ enabled: true, lastFailure: null, lastSuccessAt: expect.any(Date) });
    expect(await streamOf('a')).toBeUndefined();
  });

  test('arrive all, in order, with no sequence twice, at a receiver that fails, cuts and disappears for hours', async () => {
    const accounts = ['a', 'b', 'c', 'd', 'e'];
    let luck = 7;
    receiver.behave = () => {
      luck = (luck * 48_271) % 2_147_483_647;
      return [200, 204, 500, 'cut', 503, 404, 200][luck % 7] as 200;
    };
    for (let round = 0; round < 4; round++) {
      await Promise.all(accounts.map(account => grants(account, 3)));
      await ledger.fillAndSend();
      await ledger.letPausesPass();
    }
    await receiver.close();
    await Promise.all(accounts.map(account => grants(account, 2)));
    // Four failures before and three now stay well below the eleven that end it, also where a slow run tries twice.
    for (let hours = 0; hours < 3; hours++) {
      await ledger.fillAndSend();
      await ledger.letPausesPass();
    }
    expect(await streamOf('a')).toMatchObject({ lastFailure: 'the connection failed (ECONNREFUSED)' });
    await receiver.reopen();
    receiver.behave = ({ sequence }: Received) => (sequence % 5 === 0 && luck++ % 2 === 0 ? 'cut' : 200);
    for (let tries = 0; (await ledger.endpoints.waiting(LIVE, endpoint.id, 0, 1)).length > 0; tries++) {
      expect({ tries: tries < 50, ...(await current()) }).toMatchObject({ tries: true, enabled: true });
      await ledger.letPausesPass();
      await ledger.send();
    }
    for (const account of accounts) expect(sequences(account)).toEqual(upTo(14));
    expect((await current()).enabled).toBe(true);
  });

  test('arrive all, in order, with no sequence twice, at a receiver that hangs, is slow, answers in no order and then disappears', async () => {
    const accounts = upTo(8).map(n => `account-${n}`);
    const hung = new Set<string>();
    let hangs = true;
    let luck = 11;
    receiver.behave = async ({ account, sequence }: Received) => {
      // Also when it is tried again: those that waited for a place hang after the pause of the first is over.
      if (sequence === 2 && hangs) {
        hung.add(account as string);
        return 'hang';
      }
      // Whoever was asked first is not answered first.
      luck = (luck * 48_271) % 2_147_483_647;
      await new Promise(resolve => setTimeout(resolve, luck % 60));
      return 200;
    };
    await Promise.all(accounts.map(account => grants(account, 4)));
    await ledger.fillAndSend();
    expect(hung.size).toBe(accounts.length);
    for (const account of accounts) expect(sequences(account)).toEqual([1]);
    hangs = false;
    await receiver.close();
    await ledger.letPausesPass();
    await ledger.send();
    await receiver.reopen();
    await ledger.letPausesPass();
    await ledger.send();
    for (const account of accounts) expect(sequences(account)).toEqual(upTo(4));
    expect(receiver.taken).toHaveLength(accounts.length * 4);
    const ofAccounts = receiver.taken.map(({ account }) => account as string);
    expect(ofAccounts).not.toEqual(ofAccounts.toSorted());
  });

  test('wait behind the one that does not arrive, of its account and no other', async () => {
    receiver.behave = ({ account, sequence }: Received) => (account === 'poisoned' && sequence === 2 ? 500 : 200);
    await ledger.letPausesLast();
    await Promise.all([grants('poisoned', 4), grants('well', 4)]);
    await ledger.fillAndSend();
    expect(sequences('poisoned')).toEqual([1]);
    expect(sequences('well')).toEqual(upTo(4));
    const first = await streamOf('poisoned');
    expect(first).toMatchObject({ nextSequence: 2, lastSequence: 4, attempts: 1, lastFailure: 'HTTP 500' });
    await ledger.send();
    expect(receiver.asked.filter(({ event }) => event.account === 'poisoned')).toHaveLength(2);
    await ledger.letPausesPass();
    await ledger.letPausesBe();
    const before = Date.now();
    await ledger.send();
    const after = Date.now();
    const second = await streamOf('poisoned');
    const next = second!.nextAttemptAt.getTime();
    expect(second!.attempts).toBe(2);
    expect(next - before).toBeGreaterThan(20_000);
    expect(next - after).toBeLessThan(36_000);
    receiver.behave = () => 200;
    await ledger.letPausesPass();
    await ledger.send();
    expect(sequences('poisoned')).toEqual(upTo(4));
  });

  test('go on beside a receiver that never answers', async () => {
    const other = await Receiver.open();
    await ledger.listen(other.url);
    receiver.behave = () => 'hang';
    await Promise.all(upTo(8).map(n => grants(`account-${n}`, 1)));
    await ledger.fill();
    const order: string[] = [];
    const sending = ledger.send().then(() => order.push('gave up waiting'));
    await eventually(() => other.taken.length === 8);
    order.push('all taken');
    await sending;
    expect(order).toEqual(['all taken', 'gave up waiting']);
    expect((await current()).lastFailure).toBe('no answer within 15 s');
    await other.close();
  });

  test('disable an endpoint that says it is gone, and arrive once it is enabled again', async () => {
    receiver.behave = ({ sequence }: Received) => (sequence === 2 ? 410 : 200);
    await grants('a', 3);
    await ledger.fillAndSend();
    expect(await current()).toMatchObject({ enabled: false, disabledBecause: 'gone', lastFailure: 'HTTP 410' });
    await grants('a', 2);
    await ledger.fillAndSend();
    expect(receiver.asked).toHaveLength(2);
    receiver.behave = () => 200;
    await ledger.endpoints.change(LIVE, endpoint.id, { ...endpoint }, true);
    await ledger.fillAndSend();
    expect(sequences('a')).toEqual(upTo(5));
  });

  test('disable an endpoint that took nothing for days', async () => {
    receiver.behave = () => 500;
    await ledger.letPausesLast();
    await grants('a', 2);
    await ledger.fill();
    for (let attempt = 1; attempt <= 11; attempt++) {
      expect((await current()).enabled).toBe(true);
      await ledger.send();
      await ledger.letPausesPass();
    }
    expect(await current()).toMatchObject({ enabled: false, disabledBecause: 'failing' });
    await ledger.send();
    expect(receiver.asked).toHaveLength(11);
    receiver.behave = () => 200;
    await ledger.endpoints.change(LIVE, endpoint.id, { ...endpoint }, true);
    await ledger.send();
    expect(sequences('a')).toEqual([1, 2]);
  });

  test('leave out one event that does not arrive for days where all others do, and can be replayed', async () => {
    receiver.behave = ({ account, sequence }: Received) => (account === 'poisoned' && sequence === 2 ? 500 : 200);
    await ledger.letPausesLast();
    await grants('poisoned', 3);
    await ledger.fill();
    for (let attempt = 1; attempt <= 11; attempt++) {
      await ledger.send();
      await ledger.letPausesPass();
      if (attempt === 5) {
        await ledger.database.ownerPool.query(`UPDATE webhook_endpoints SET last_success_at = NULL`);
        await grants('well', 1);
        await ledger.fill();
      }
    }
    expect(sequences('poisoned')).toEqual([1, 3]);
    expect((await current()).enabled).toBe(true);
    expect(ledger.said.join()).toContain('left out');
    receiver.behave = () => 200;
    await ledger.endpoints.replay(LIVE, endpoint.id, { account: 'poisoned', sequence: 2 }, {}, 'fixed');
    await ledger.send();
    expect(receiver.taken.filter(({ account }) => account === 'poisoned').map(({ sequence }) => sequence)).toEqual([
      1, 3, 2, 3,
    ]);
  });

  test('wait as long as a receiver asks for, and follow no redirect', async () => {
    receiver.behave = () => 503;
    receiver.answerHeaders = { 'retry-after': '600' };
    await grants('patient', 1);
    const before = Date.now();
    await ledger.fillAndSend();
    const { nextAttemptAt } = (await streamOf('patient'))!;
    expect(nextAttemptAt.getTime() - before).toBeGreaterThan(590_000);
    const elsewhere = await Receiver.open();
    receiver.behave = () => 307;
    receiver.answerHeaders = { location: elsewhere.url };
    await ledger.letPausesPass();
    await ledger.send();
    expect(elsewhere.asked).toEqual([]);
    expect((await streamOf('patient'))!.lastFailure).toBe('HTTP 307: redirects are not followed');
    await elsewhere.close();
  });

  test('are signed by both secrets while one takes the place of the other, and then by the new one alone', async () => {
    const { secret } = await ledger.endpoints.rotateSecret(LIVE, endpoint.id, 3_600);
    receiver.secrets = [endpoint.secret, secret];
    await grants('a', 1);
    await ledger.fillAndSend();
    expect(receiver.asked[0]!.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
    const { secret: last } = await ledger.endpoints.rotateSecret(LIVE, endpoint.id, 0);
    receiver.secrets = [last];
    await grants('a', 1);
    await ledger.fillAndSend();
    expect(receiver.asked[1]!.headers['webhook-signature']).toMatch(/^v1,\S+$/);
    for (let times = 0; times < 5; times++) {
      receiver.secrets.push((await ledger.endpoints.rotateSecret(LIVE, endpoint.id, 600)).secret);
    }
    receiver.secrets = receiver.secrets.slice(-3);
    await grants('a', 1);
    await ledger.fillAndSend();
    expect(receiver.asked[2]!.headers['webhook-signature']!.toString().split(' ')).toHaveLength(3);
  });

  test('are sent again from a sequence, or from a time, with the ids they had', async () => {
    await grants('a', 4);
    await grants('b', 2);
    await ledger.fillAndSend();
    const ids = receiver.of('a').map(({ id }) => id);
    const bySequence = { account: 'a', sequence: 3 };
    expect(await ledger.endpoints.replay(LIVE, endpoint.id, bySequence, {}, 'x')).toEqual({ accounts: 1, events: 2 });
    await ledger.send();
    expect(receiver.taken.slice(6).map(({ id }) => id)).toEqual(ids.slice(2));
    const byTime = { account: null, createdAt: Date.now() - 3_600_000 };
    expect(await ledger.endpoints.replay(LIVE, endpoint.id, byTime, {}, 'x')).toEqual({ accounts: 2, events: 6 });
    await ledger.send();
    expect(receiver.taken.slice(8)).toHaveLength(6);
    const later = { account: null, createdAt: Date.now() + 60_000 };
    expect(await ledger.endpoints.replay(LIVE, endpoint.id, later, {}, 'x')).toEqual({ accounts: 0, events: 0 });
  });

  test('are sent again although one of them is under way while they are set back', async () => {
    const setBack: Promise<unknown>[] = [];
    receiver.behave = async ({ sequence }: Received) => {
      if (sequence === 5 && setBack.length === 0) {
        setBack.push(ledger.endpoints.replay(LIVE, endpoint.id, { account: 'a', sequence: 2 }, {}, 'x'));
        await setBack[0];
      }
      return 200;
    };
    await grants('a', 6);
    await ledger.fillAndSend();
    expect(receiver.taken.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 2, 3, 4, 5, 6]);
  });

  test('lose nothing and keep their order where two workers send at once, and one is stopped half way', async () => {
    const stopped = new AbortController();
    receiver.behave = async ({ sequence }: Received) => {
      if (sequence === 5) stopped.abort();
      await new Promise(resolve => setTimeout(resolve, 5));
      return 200;
    };
    await Promise.all(upTo(6).map(n => grants(`account-${n}`, 9)));
    await ledger.fill();
    await Promise.all([ledger.send(), ledger.send(stopped.signal)]);
    await ledger.send();
    for (const n of upTo(6)) expect(sequences(`account-${n}`)).toEqual(upTo(9));
  });

  test('are not written again by a rebuild of projections', async () => {
    await grants('a', 3);
    await ledger.fillAndSend();
    for (const projection of everyProjection({ usageProperties: ['model'] })) {
      expect(projection.tables.some(table => table.startsWith('webhook'))).toBe(false);
      await rebuildProjection({ ownerUrl: ledger.database.url, projection });
    }
    await ledger.fillAndSend();
    expect(receiver.asked).toHaveLength(3);
  });

  test('can be tried out, also where the endpoint is disabled', async () => {
    await ledger.endpoints.change(LIVE, endpoint.id, { ...endpoint }, false);
    expect(await ledger.endpoints.test(LIVE, endpoint.id)).toEqual({ result: 'delivered' });
    expect(receiver.asked).toMatchObject([{ event: { type: 'endpoint.test', account: null, sequence: 0 } }]);
    receiver.behave = () => 401;
    expect(await ledger.endpoints.test(LIVE, endpoint.id)).toMatchObject({ result: 'failed', failure: 'HTTP 401' });
  });
});
