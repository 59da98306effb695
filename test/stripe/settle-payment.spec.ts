import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Balance } from '../../src/ledger/domain/account.js';
import { BookSteps } from '../../src/stripe/payments/book-steps.js';
import type { MoneyState, Payment, PurchasedLot } from '../../src/stripe/payments/payment.js';
import { SettlePayment, type SeenPayment } from '../../src/stripe/payments/settle-payment.js';
import { StoredPayments } from '../../src/stripe/payments/stored-payments.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { openEngine, type Engine } from '../support/engine.js';

const CREDIT = 1_000_000n;

/** What Stripe has of one payment; others change it while it is being settled. */
interface Money {
  paid: bigint;
  returned: bigint;
}

describe('a payment and the ledger', () => {
  let database: TestDatabase;
  let engines: Engine[];
  let replicas: SettlePayment[];

  beforeAll(async () => {
    database = await createTestDatabase();
    engines = [await openEngine(database), await openEngine(database)];
    replicas = engines.map(engine => replicaOf(engine));
  });

  afterAll(async () => {
    for (const { writePath } of engines) await writePath.drain();
    await database.close();
  });

  const replicaOf = ({ writePath, ids, units }: Engine, stored = new StoredPayments(database.appPool)): SettlePayment =>
    new SettlePayment(stored, new BookSteps({ pool: database.appPool, writePath, ids, units, stored }));

  const lot = (amount: bigint, more: Partial<PurchasedLot> = {}): PurchasedLot => ({
    unit: 'credits',
    amount: amount * CREDIT,
    category: 'paid',
    priority: 50,
    expiresAfterSeconds: null,
    cost: { amount: '10.00', currency: 'USD' },
    reason: 'top-up',
    ...more,
  });
  const bonus = lot(10n, { category: 'promotional', priority: 40, expiresAfterSeconds: 86_400, cost: null });

  const paymentOf = (payment: string, account: string, lots = [lot(100n), bonus]): Payment => {
    return { payment, mode: 'live', stripeAccount: null, account, paid: 1_000n, currency: 'usd', lots };
  };
  const look = (payment: Payment, money: Money) => async (): Promise<SeenPayment> => {
    const seen: MoneyState = { ...money };
    await new Promise(resolve => setTimeout(resolve, Math.random() * 5));
    return { money: seen, agreed: async () => payment };
  };
  const balance = (account: string): Promise<Balance> =>
    engines[0]!.writePath.read({ mode: 'live', account }, ({ state }) => ({ ...state.units.get('credits')!.balance }));
  const stepsOf = async (payment: string) =>
    (
      await database.ownerPool.query(`SELECT kind, booked::text FROM stripe_steps WHERE payment = $1 ORDER BY no`, [
        payment,
      ])
    ).rows;
  const spend = (account: string, amount: bigint) =>
    engines[0]!.writePath.execute({
      target: { mode: 'live', account },
      command: {
        type: 'charge',
        lines: [{ unit: 'credits', amount: amount * CREDIT }],
        overage: 'reject',
        reason: null,
        metadata: null,
        meter: null,
        model: null,
        member: null,
      },
      once: null,
      fact: null,
    });

  test('grants what was agreed on, with what was paid for it and the bonus beside it, once', async () => {
    const payment = paymentOf('pi_granted', 'buyer');
    for (const replica of [...replicas, ...replicas])
      await replica.settle('pi_granted', look(payment, { paid: 1_000n, returned: 0n }));
    expect(await balance('buyer')).toMatchObject({ granted: 110n * CREDIT, available: 110n * CREDIT });
    const lots = await engines[0]!.writePath.read({ mode: 'live', account: 'buyer' }, ({ state }) =>
      state.units
        .get('credits')!
        .lots.map(({ category, cost, expiresAt }) => ({ category, cost, lasts: expiresAt === null })),
    );
    expect(lots).toEqual([
      { category: 'promotional', cost: null, lasts: false },
      { category: 'paid', cost: { amount: '10.00', currency: 'USD' }, lasts: true },
    ]);
  });

  test('grants and revokes at once, where the first thing anybody hears of a payment is its refund', async () => {
    const settled = await replicas[0]!.settle(
      'pi_late',
      look(paymentOf('pi_late', 'late'), { paid: 1_000n, returned: 500n }),
    );
    expect(settled).toBe('pi_late: grant, revoke 50000000, revoke 5000000');
    expect(await balance('late')).toMatchObject({
      granted: 110n * CREDIT,
      revoked: 55n * CREDIT,
      available: 55n * CREDIT,
    });
  });

  test('a refund after the credits were spent is debt, which a failed refund undoes', async () => {
    const payment = paymentOf('pi_spent', 'spender');
    await replicas[0]!.settle('pi_spent', look(payment, { paid: 1_000n, returned: 0n }));
    await spend('spender', 90n);
    await replicas[1]!.settle('pi_spent', look(payment, { paid: 1_000n, returned: 1_000n }));
    expect(await balance('spender')).toMatchObject({ available: 0n, debt: 90n * CREDIT, revoked: 110n * CREDIT });
    await replicas[0]!.settle('pi_spent', look(payment, { paid: 1_000n, returned: 0n }));
    expect(await balance('spender')).toMatchObject({
      available: 20n * CREDIT,
      debt: 0n,
      revoked: 0n,
      spent: 90n * CREDIT,
    });
  });

  test('takes back what an operator left, and no more', async () => {
    const payment = paymentOf('pi_by_hand', 'by-hand', [lot(100n)]);
    await replicas[0]!.settle('pi_by_hand', look(payment, { paid: 1_000n, returned: 0n }));
    const [no] = await engines[0]!.writePath.read({ mode: 'live', account: 'by-hand' }, ({ state }) =>
      state.units.get('credits')!.lots.map(found => found.no),
    );
    const target = { mode: 'live', account: 'by-hand' } as const;
    const command = { type: 'revoke', lot: no!, amount: 30n * CREDIT, reason: 'by hand' } as const;
    await engines[0]!.writePath.execute({ target, command, once: null, fact: null });
    await replicas[0]!.settle('pi_by_hand', look(payment, { paid: 1_000n, returned: 1_000n }));
    expect(await balance('by-hand')).toMatchObject({ available: 0n, debt: 0n, revoked: 100n * CREDIT });
    await replicas[0]!.settle('pi_by_hand', look(payment, { paid: 1_000n, returned: 0n }));
    expect(await balance('by-hand')).toMatchObject({ available: 70n * CREDIT, revoked: 30n * CREDIT });
  });

  test('takes nothing where an operator took all, and is done', async () => {
    const payment = paymentOf('pi_all_by_hand', 'all-by-hand', [lot(5n)]);
    await replicas[0]!.settle('pi_all_by_hand', look(payment, { paid: 1_000n, returned: 0n }));
    const [no] = await engines[0]!.writePath.read({ mode: 'live', account: 'all-by-hand' }, ({ state }) =>
      state.units.get('credits')!.lots.map(found => found.no),
    );
    const target = { mode: 'live', account: 'all-by-hand' } as const;
    const command = { type: 'revoke', lot: no!, amount: null, reason: 'by hand' } as const;
    await engines[0]!.writePath.execute({ target, command, once: null, fact: null });
    for (const replica of replicas)
      await replica.settle('pi_all_by_hand', look(payment, { paid: 1_000n, returned: 1_000n }));
    expect(await balance('all-by-hand')).toMatchObject({ available: 0n, debt: 0n, revoked: 5n * CREDIT });
    expect(await stepsOf('pi_all_by_hand')).toEqual([
      { kind: 'grant', booked: '0' },
      { kind: 'revoke', booked: '0' },
    ]);
  });

  test('belongs to one account for ever', async () => {
    await replicas[0]!.settle('pi_bound', look(paymentOf('pi_bound', 'first'), { paid: 1_000n, returned: 0n }));
    await replicas[1]!.settle('pi_bound', look(paymentOf('pi_bound', 'second'), { paid: 1_000n, returned: 1_000n }));
    expect(await balance('first')).toMatchObject({ revoked: 110n * CREDIT });
    expect(await engines[0]!.writePath.read({ mode: 'live', account: 'second' }, ({ state }) => state.seq)).toBe(0);
  });

  test('never goes by what it saw before somebody else was faster, be it the first to hear of the payment or not', async () => {
    for (const known of [false, true]) {
      const id = `pi_overtaken_${known}`;
      const payment = paymentOf(id, `overtaken-${known}`);
      const money = { paid: 1_000n, returned: 0n };
      if (known) await replicas[0]!.settle(id, look(payment, money));
      let looks = 0;
      await replicas[0]!.settle(id, async () => {
        const seen = await look(payment, money)();
        if (looks++ > 0) return seen;
        money.returned = 500n;
        await replicas[1]!.settle(id, look(payment, money));
        return seen;
      });
      expect(await balance(`overtaken-${known}`)).toMatchObject({ granted: 110n * CREDIT, revoked: 55n * CREDIT });
    }
  });

  test('looks again after a step, because whoever saw the money come back meanwhile had nothing to do', async () => {
    const id = 'pi_back_again';
    const payment = paymentOf(id, 'back-again');
    const money: Money = { paid: 1_000n, returned: 0n };
    await replicas[0]!.settle(id, look(payment, money));
    money.returned = 500n;
    let isFirst = true;
    await replicas[0]!.settle(id, async () => {
      const seen = await look(payment, money)();
      if (!isFirst) return seen;
      isFirst = false;
      money.returned = 0n;
      expect(await replicas[1]!.settle(id, look(payment, money))).toMatch('nothing left to do');
      return seen;
    });
    expect(await balance('back-again')).toMatchObject({ available: 110n * CREDIT, revoked: 0n });
  });

  test('ends where the money is, however many settle it at once on two replicas while the money moves', async () => {
    for (let round = 0; round < 8; round++) {
      const id = `pi_moving_${round}`;
      const account = `moving-${round}`;
      const money: Money = { paid: 1_000n, returned: 0n };
      const payment = paymentOf(id, account);
      const told = Array.from({ length: 16 }, async (_, i) => {
        await new Promise(resolve => setTimeout(resolve, Math.random() * 40));
        money.returned = BigInt((i * 317 + round * 71) % 1_001);
        // As an event: it is told after the money moved.
        await settledBy(replicas[i % 2]!, id, payment, money);
      });
      await Promise.all(told);
      const revoked = (100n * CREDIT * money.returned) / 1_000n + (10n * CREDIT * money.returned) / 1_000n;
      expect(await balance(account)).toMatchObject({
        granted: 110n * CREDIT,
        revoked,
        available: 110n * CREDIT - revoked,
      });
      expect((await stepsOf(id)).filter(({ kind }) => kind === 'grant')).toHaveLength(1);
    }
  });

  test('is finished by anybody, whoever died between what was meant and what was booked', async () => {
    for (let dies = 1; dies <= 6; dies++) {
      const id = `pi_cut_off_${dies}`;
      const payment = paymentOf(id, `cut-off-${dies}`);
      const mortal = replicaOf(engines[0]!, new Mortal(database, dies));
      const money = { paid: 1_000n, returned: 250n };
      await mortal.settle(id, look(payment, money)).catch((error: Error) => expect(error.message).toBe('killed'));
      await replicas[1]!.settle(id, look(payment, money));
      expect(await balance(`cut-off-${dies}`)).toMatchObject({ granted: 110n * CREDIT, revoked: (110n * CREDIT) / 4n });
      const { rows } = await database.ownerPool.query(
        'SELECT count(*)::int AS open FROM stripe_steps WHERE payment = $1 AND booked_at IS NULL',
        [id],
      );
      expect(rows).toEqual([{ open: 0 }]);
    }
  });

  test('what was meant and booked never changes, for the service either', async () => {
    const { appPool } = database;
    await expect(appPool.query(`UPDATE stripe_payments SET account = 'x'`)).rejects.toThrow(/permission denied/);
    await expect(appPool.query('DELETE FROM stripe_steps')).rejects.toThrow(/permission denied/);
    await expect(appPool.query('UPDATE stripe_steps SET amount = 1')).rejects.toThrow(/permission denied/);
  });

  /** An event is worked on until somebody has settled it. */
  async function settledBy(replica: SettlePayment, id: string, payment: Payment, money: Money): Promise<void> {
    for (;;) {
      try {
        await replica.settle(id, look(payment, money));
        return;
      } catch (error) {
        if (!String(error).includes('is being settled elsewhere')) throw error;
      }
    }
  }
});

/** Dies before or after one of its writes. */
class Mortal extends StoredPayments {
  constructor(
    database: TestDatabase,
    private left: number,
  ) {
    super(database.appPool);
  }

  override async bind(...args: Parameters<StoredPayments['bind']>): Promise<boolean> {
    const bound = await super.bind(...args);
    this.live();
    return bound;
  }

  override async mean(...args: Parameters<StoredPayments['mean']>): Promise<boolean> {
    const meant = await super.mean(...args);
    this.live();
    return meant;
  }

  /** The entry is there, the row does not know. */
  override async book(...args: Parameters<StoredPayments['book']>): Promise<void> {
    this.live();
    await super.book(...args);
  }

  private live(): void {
    if (--this.left === 0) throw new Error('killed');
  }
}
