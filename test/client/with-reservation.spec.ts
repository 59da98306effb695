import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CreditsLedger, LedgerError, type Retry, type UnrecordedSpend } from '../../clients/typescript/src/index.js';
import { eventually } from '../support/data-dir.js';
import { answering, failureOf, refusal, startBehindProxy, type ServiceBehindProxy } from './client-of.js';

describe('withReservation', () => {
  let behind: ServiceBehindProxy;
  let ledger: CreditsLedger;
  /** What was reported and is not recorded. */
  let reported: UnrecordedSpend[] = [];

  beforeAll(async () => {
    behind = await startBehindProxy();
    ledger = clientOf();
  });

  afterAll(() => behind.close());

  function clientOf(more: object = {}): CreditsLedger {
    return behind.clientOf({ onUnrecorded: spend => void reported.push(spend), ...more });
  }

  /** An account with this many credits. */
  async function accountWith(amount: string): Promise<string> {
    const account = `user_${randomUUID()}`;
    await ledger.grant(account, { amount });
    reported = [];
    return account;
  }

  async function balanceOf(account: string) {
    const { balances } = await ledger.getBalance(account);
    const { available, held, spent } = balances['credits']!;
    return { available, held, spent };
  }

  describe('while the ledger answers', () => {
    test('commits what the work says it used, and the rest returns', async () => {
      const account = await accountWith('10');
      const result = await ledger.withReservation(account, { amount: '5' }, ({ use }) => {
        use('1.1');
        use('0.25');
        return 'a picture';
      });
      expect(result).toMatchObject({
        value: 'a picture',
        used: [{ unit: 'credits', amount: '1.35' }],
        committed: { reservation: { status: 'closed' }, balances: { credits: { available: '8.65' } } },
        unmetered: false,
        unrecorded: null,
      });
      expect(await balanceOf(account)).toEqual({ available: '8.65', held: '0', spent: '1.35' });
      expect(reported).toEqual([]);
    });

    test('commits all that was reserved where the work says nothing', async () => {
      const account = await accountWith('10');
      const { used } = await ledger.withReservation(account, { amount: '5' }, () => undefined);
      expect(used).toEqual([{ unit: 'credits', amount: '5' }]);
      expect(await balanceOf(account)).toEqual({ available: '5', held: '0', spent: '5' });
    });

    test('commits nothing where the work used nothing', async () => {
      const account = await accountWith('10');
      await ledger.withReservation(account, { amount: '5' }, ({ use }) => use('0'));
      expect(await balanceOf(account)).toEqual({ available: '10', held: '0', spent: '0' });
    });

    test('does not run the work without the credits', async () => {
      const account = await accountWith('4');
      const work = jest.fn();
      const refused = await failureOf(ledger.withReservation(account, { amount: '5' }, work));
      expect(refused).toMatchObject({ code: 'insufficient_credits', shortfall: [{ required: '5', available: '4' }] });
      expect(work).not.toHaveBeenCalled();
    });

    test('gives the credits back and throws on when the work fails', async () => {
      const account = await accountWith('10');
      const failure = new Error('the provider is down');
      const run = ledger.withReservation(account, { amount: '5' }, async () => {
        expect(await balanceOf(account)).toMatchObject({ held: '5' });
        throw failure;
      });
      await expect(run).rejects.toBe(failure);
      expect(await balanceOf(account)).toEqual({ available: '10', held: '0', spent: '0' });
    });

    test('makes a broken stream pay for what was delivered', async () => {
      const account = await accountWith('10');
      const hangUp = new AbortController();
      const run = ledger.withReservation(account, { amount: '5', signal: hangUp.signal }, async ({ use, signal }) => {
        for (let token = 1; ; token++) {
          await sleep(1, undefined, { signal });
          use('0.01');
          if (token === 7) hangUp.abort();
        }
      });
      await expect(run).rejects.toMatchObject({ name: 'AbortError' });
      expect(await balanceOf(account)).toEqual({ available: '9.93', held: '0', spent: '0.07' });
    });

    test('commits what is held when the excess is refused, and reports the rest', async () => {
      const account = await accountWith('6');
      const { committed, unrecorded } = await ledger.withReservation(account, { amount: '5' }, ({ use }) => use('7.5'));
      expect(committed).toMatchObject({ reservation: { lines: [{ committed: '5' }] } });
      expect(unrecorded).toMatchObject({
        code: 'insufficient_credits',
        lines: [{ unit: 'credits', amount: '2.5' }],
        next: 'charge',
      });
      expect(reported).toEqual([unrecorded]);
      expect(await balanceOf(account)).toEqual({ available: '1', held: '0', spent: '5' });

      await ledger.grant(account, { amount: '9' });
      for (let times = 0; times < 2; times++) await ledger.record(unrecorded!);
      expect(await balanceOf(account)).toEqual({ available: '7.5', held: '0', spent: '7.5' });
    });

    test('commits what is held where the reservation itself refuses more', async () => {
      const account = await accountWith('100');
      const options = { amount: '5', overage: 'reject', member: 'ada', metadata: { job: '1' } } as const;
      const { unrecorded } = await ledger.withReservation(account, options, ({ use }) => use('5.000001'));
      expect(unrecorded).toMatchObject({
        code: 'commit_exceeds_reservation',
        lines: [{ amount: '0.000001' }],
        member: 'ada',
        metadata: { job: '1' },
      });
      expect(await balanceOf(account)).toMatchObject({ spent: '5' });
    });

    test('settles several units, each for itself', async () => {
      const account = await accountWith('10');
      const unit = `images-${randomUUID().slice(0, 8)}`;
      await ledger.defineUnit(unit, { kind: 'allowance', scale: 0 });
      await ledger.grant(account, { amount: '3', unit });
      const lines = [
        { unit: 'credits', amount: '5' },
        { unit, amount: '3' },
      ];
      const { unrecorded, committed } = await ledger.withReservation(account, { lines }, ({ use }) => {
        expect(() => use('1')).toThrow(/name the unit/);
        expect(() => use('1', 'videos')).toThrow(/was not reserved/);
        use('2', 'credits');
        use('4', unit);
      });
      expect(unrecorded).toMatchObject({ lines: [{ unit, amount: '1' }] });
      expect(committed!.balances).toMatchObject({ credits: { spent: '2', held: '0' }, [unit]: { spent: '3' } });
    });

    test('takes no amount that is not exact', async () => {
      const account = await accountWith('10');
      await ledger.withReservation(account, { amount: '5' }, ({ use }) => {
        for (const wrong of [0.1 as never, '1e3', '-1', '01', ' 1', '', 'Infinity'])
          expect(() => use(wrong)).toThrow(TypeError);
        use('1');
      });
      expect(await balanceOf(account)).toMatchObject({ spent: '1' });
    });

    test('says that the work is over to whoever uses more', async () => {
      const account = await accountWith('10');
      let late: (amount: string) => void = () => {};
      await ledger.withReservation(account, { amount: '5' }, ({ use }) => {
        late = use;
        use('1');
      });
      expect(() => late('1')).toThrow(/the work is over/);
    });

    test('lets ten at once have exactly what is there', async () => {
      const account = await accountWith('7');
      const runs = Array.from({ length: 10 }, () =>
        ledger.withReservation(account, { amount: '2' }, async ({ use }) => {
          await sleep(300);
          use('2');
        }),
      );
      const results = await Promise.allSettled(runs);
      const codes = results.map(run => (run.status === 'fulfilled' ? 'ran' : (run.reason as LedgerError).code));
      expect(codes.filter(code => code === 'ran')).toHaveLength(3);
      expect(codes.filter(code => code === 'insufficient_credits')).toHaveLength(7);
      expect(await balanceOf(account)).toEqual({ available: '1', held: '0', spent: '6' });
    });
  });

  describe('keeps the hold', () => {
    test.each([36 * 3_600_000, -36 * 3_600_000])(
      'of work that outlasts it, whatever the clock of this machine says (%d ms off)',
      async offMs => {
        const now = Date.now.bind(Date);
        const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + offMs);
        const account = await accountWith('10');
        // The grace is for machines that stand still: it is the extensions that are looked at.
        const options = { amount: '5', ttl_seconds: 1, grace_seconds: 60 };
        const startedAt = performance.now();
        const extensions = async (id: string): Promise<number> =>
          (await ledger.getReservation(id)).entries.filter(({ type }) => type === 'extend').length;
        const { committed } = await ledger.withReservation(account, options, async ({ use, reservation }) => {
          await eventually(
            async () => performance.now() - startedAt > 2_200 && (await extensions(reservation!.id)) >= 2,
          );
          use('4');
        });
        const tookSeconds = (performance.now() - startedAt) / 1000;
        clock.mockRestore();
        expect(committed).toMatchObject({ balances: { credits: { spent: '4', held: '0' } } });
        expect(await extensions(committed!.reservation.id)).toBeLessThanOrEqual(Math.ceil(3 * tookSeconds));
      },
    );

    test('no longer than maxDurationSeconds, and the work can still commit then', async () => {
      const account = await accountWith('10');
      const options = { amount: '5', ttl_seconds: 2, grace_seconds: 60, maxDurationSeconds: 0.5 };
      const { committed } = await ledger.withReservation(account, options, async ({ use, signal }) => {
        await sleep(60_000, undefined, { signal }).catch(() => {});
        expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
        use('1');
      });
      expect(committed).not.toBeNull();
      await expect(ledger.withReservation(account, { amount: '1', maxDurationSeconds: 0 }, () => {})).rejects.toThrow(
        /maxDurationSeconds/,
      );
    });

    test('and tells the work when it is lost; what was used then is reported', async () => {
      const account = await accountWith('10');
      const options = { amount: '5', ttl_seconds: 1 };
      const { unrecorded } = await ledger.withReservation(account, options, async ({ use, signal, reservation }) => {
        use('2');
        await ledger.release(reservation!.id);
        await sleep(60_000, undefined, { signal }).catch(() => {});
        expect(signal.reason).toMatchObject({ code: 'reservation_closed' });
      });
      expect(unrecorded).toMatchObject({ code: 'reservation_closed', next: 'charge', lines: [{ amount: '2' }] });
      await ledger.record(unrecorded!);
      expect(await balanceOf(account)).toMatchObject({ spent: '2' });
    });

    test('not of work that has ended: no timer and no request is left', async () => {
      const account = await accountWith('10');
      const sent = answering();
      const counted = clientOf({ fetch: sent.fetch });
      await counted.withReservation(account, { amount: '5', ttl_seconds: 1 }, () => sleep(100));
      const count = sent.count();
      await sleep(1_500);
      expect(sent.count()).toBe(count);
    });
  });

  describe('under a key of its own', () => {
    test('goes on with the hold of a run that died', async () => {
      const account = await accountWith('10');
      const idempotencyKey = 'job-1';
      await ledger.reserve(account, { amount: '5', ttl_seconds: 60 }, { idempotencyKey: `${idempotencyKey}:reserve` });
      await ledger.withReservation(account, { amount: '5', idempotencyKey }, ({ use }) => use('1'));
      expect(await balanceOf(account)).toEqual({ available: '9', held: '0', spent: '1' });
    });

    test('does not run work again that was paid for', async () => {
      const account = await accountWith('10');
      const options = { amount: '5', idempotencyKey: 'job-2' };
      await ledger.withReservation(account, options, ({ use }) => use('1'));
      const again = jest.fn();
      const refused = await failureOf(ledger.withReservation(account, options, again));
      expect(refused).toMatchObject({ code: 'reservation_closed' });
      expect(again).not.toHaveBeenCalled();
      expect(await balanceOf(account)).toMatchObject({ spent: '1' });
    });
  });

  describe('while the ledger is down', () => {
    afterEach(() => void (behind.proxy.down = false));

    function goDown(): void {
      behind.proxy.down = true;
      behind.proxy.endAll();
    }

    test('does not run the work', async () => {
      const account = await accountWith('10');
      const work = jest.fn();
      goDown();
      const refused = await failureOf(ledger.withReservation(account, { amount: '5', maxAttempts: 2 }, work));
      expect(refused).toMatchObject({ code: 'unreachable', attempts: 2, retryable: true });
      expect(work).not.toHaveBeenCalled();
    });

    test('runs it unmetered where that was chosen, and what it used is charged later, once', async () => {
      const account = await accountWith('10');
      goDown();
      const options = { amount: '5', maxAttempts: 2, whenUnavailable: 'allow' } as const;
      const result = await ledger.withReservation(account, options, ({ use, reservation }) => {
        expect(reservation).toBeNull();
        use('2');
        return 'done';
      });
      expect(result).toMatchObject({
        value: 'done',
        unmetered: true,
        committed: null,
        unrecorded: { account, reservation: null, next: 'charge', code: 'unreachable', lines: [{ amount: '2' }] },
      });
      expect(reported).toEqual([result.unrecorded]);
      await expect(ledger.record(result.unrecorded!, {}, { maxAttempts: 1 })).rejects.toThrow(LedgerError);

      behind.proxy.down = false;
      const kept = JSON.parse(JSON.stringify(reported[0])) as UnrecordedSpend;
      for (let times = 0; times < 3; times++) await ledger.record(kept, { overage: 'allow_debt', reason: 'outage' });
      expect(await balanceOf(account)).toEqual({ available: '8', held: '0', spent: '2' });
    });

    test('a refusal is a refusal, also where running unmetered was chosen', async () => {
      const account = await accountWith('1');
      const options = { amount: '5', whenUnavailable: 'allow' } as const;
      const refused = await failureOf(ledger.withReservation(account, options, () => {}));
      expect(refused).toMatchObject({ code: 'insufficient_credits' });
    });

    test('keeps trying to commit, and commits once the ledger is back', async () => {
      const account = await accountWith('10');
      const retries: Retry[] = [];
      // Down until it was tried in vain.
      const onRetry = (retry: Retry) => {
        if (retries.push(retry) === 1) setTimeout(() => (behind.proxy.down = false), 700);
      };
      const patient = clientOf({ onRetry });
      const { unrecorded } = await patient.withReservation(account, { amount: '5' }, ({ use }) => {
        use('2');
        goDown();
      });
      expect(unrecorded).toBeNull();
      expect(retries.length).toBeGreaterThan(0);
      expect(await balanceOf(account)).toEqual({ available: '8', held: '0', spent: '2' });
    });

    test.each([false, true])(
      'returns what the work returned and reports what is to be committed (hold over by then: %s)',
      async over => {
        const account = await accountWith('10');
        const options = { amount: '5', ttl_seconds: over ? 1 : 60, grace_seconds: 0, maxAttempts: 2 };
        const result = await ledger.withReservation(account, options, ({ use }) => {
          use('2');
          goDown();
          return 'delivered';
        });
        expect(result).toMatchObject({ value: 'delivered', unrecorded: { next: 'commit', code: 'unreachable' } });
        if (over) await sleep(1_200);
        behind.proxy.down = false;
        for (let times = 0; times < 2; times++) await ledger.record(result.unrecorded!);
        expect(await balanceOf(account)).toEqual({ available: '8', held: '0', spent: '2' });
      },
    );

    test('reports what failed work had used, and throws what the work threw', async () => {
      const account = await accountWith('10');
      const failure = new Error('the stream broke');
      const run = ledger.withReservation(account, { amount: '5', maxAttempts: 1 }, ({ use }) => {
        use('2');
        goDown();
        throw failure;
      });
      await expect(run).rejects.toBe(failure);
      expect(reported).toMatchObject([{ account, next: 'commit', lines: [{ amount: '2' }] }]);
      behind.proxy.down = false;
      await ledger.record(reported[0]!);
      expect(await balanceOf(account)).toEqual({ available: '8', held: '0', spent: '2' });
    });

    test('takes a commit whose answers were all lost for what it was, when it is recorded', async () => {
      const account = await accountWith('10');
      const idempotencyKey = `lost-${randomUUID()}`;
      const hit = behind.proxy.failOn(`${idempotencyKey}:settle`, 'lose-answer');
      const { unrecorded } = await ledger.withReservation(
        account,
        { amount: '5', idempotencyKey, maxAttempts: 1 },
        ({ use }) => use('2'),
      );
      await hit;
      expect(unrecorded).toMatchObject({ next: 'commit' });
      expect(await balanceOf(account)).toMatchObject({ spent: '2' });
      await ledger.record(unrecorded!);
      expect(await balanceOf(account)).toEqual({ available: '8', held: '0', spent: '2' });
    });

    test('counts what a commit of the held part took, although its answer was lost', async () => {
      const account = await accountWith('5');
      const idempotencyKey = `part-${randomUUID()}`;
      const hit = behind.proxy.failOn('"amount":"5"}]', 'lose-answer');
      const sent = { amount: '5.0', idempotencyKey, maxAttempts: 1 };
      const { unrecorded } = await ledger.withReservation(account, sent, ({ use }) => use('7'));
      await hit;
      expect(unrecorded).toMatchObject({ next: 'commit', lines: [{ amount: '7' }] });
      expect(await balanceOf(account)).toMatchObject({ spent: '5' });
      await ledger.grant(account, { amount: '10' });
      await ledger.record(unrecorded!);
      expect(await balanceOf(account)).toEqual({ available: '8', held: '0', spent: '7' });
    });

    test('the work hears of it when its hold is over, unless running unmetered was chosen', async () => {
      for (const whenUnavailable of ['refuse', 'allow'] as const) {
        const account = await accountWith('10');
        const options = { amount: '5', ttl_seconds: 1, grace_seconds: 0, maxAttempts: 1, whenUnavailable };
        await ledger.withReservation(account, options, async ({ use, signal }) => {
          use('1');
          goDown();
          const lookedForMs = whenUnavailable === 'refuse' ? 60_000 : 2_500;
          await sleep(lookedForMs, undefined, { signal }).catch(() => {});
          expect(signal.aborted).toBe(whenUnavailable === 'refuse');
        });
        expect(reported).toMatchObject([{ next: 'commit', lines: [{ amount: '1' }] }]);
        behind.proxy.down = false;
      }
    });

    test('a report that fails is written down, and changes nothing', async () => {
      const account = await accountWith('1');
      const written = jest.spyOn(console, 'error').mockImplementation(() => {});
      const onUnrecorded = () => Promise.reject(new Error('no table'));
      const { value } = await ledger.withReservation(account, { amount: '1', onUnrecorded }, ({ use }) => {
        use('2');
        return 'delivered';
      });
      const lines = written.mock.calls.flat().map(String).join(' ');
      written.mockRestore();
      expect(value).toBe('delivered');
      expect(lines).toContain('no table');
      expect(lines).toContain(account);
    });

    test('without anybody who listens it is written down', async () => {
      const account = await accountWith('1');
      const written = jest.spyOn(console, 'error').mockImplementation(() => {});
      await behind.clientOf().withReservation(account, { amount: '1' }, ({ use }) => use('2'));
      const lines = written.mock.calls.flat().map(String).join(' ');
      written.mockRestore();
      expect(lines).toContain(`"account":"${account}"`);
    });
  });

  test('is not fooled by an answer that is no ledger’s', async () => {
    const account = await accountWith('10');
    const html = new Response('<html>Welcome</html>', { status: 200 });
    const elsewhere = clientOf(answering(html));
    const options = { amount: '1', whenUnavailable: 'allow' } as const;
    expect(await failureOf(elsewhere.withReservation(account, options, () => {}))).toMatchObject({
      code: 'unexpected_answer',
    });
    const down = clientOf(answering(refusal(503, 'busy')));
    const { unmetered } = await down.withReservation(account, { ...options, maxAttempts: 1 }, () => {});
    expect(unmetered).toBe(true);
    expect(reported).toMatchObject([{ code: 'busy', lines: [{ unit: 'credits', amount: '1' }] }]);
  });
});
