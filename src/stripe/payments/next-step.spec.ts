import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nextStep, shareOf } from './next-step.js';
import type { MoneyState, PurchasedLot, Step } from './payment.js';

const lotOf = (amount: bigint): PurchasedLot => ({
  unit: 'credits',
  amount,
  category: 'paid',
  priority: 50,
  expiresAfterSeconds: null,
  cost: null,
  reason: 'top-up',
});
const GRANTED: Step = { kind: 'grant', no: 1, reason: 'payment', booked: { seq: 1, amount: 0n } };

/** A ledger that books what it is told, as far as there is anything to take. */
class Book {
  readonly steps: Step[] = [GRANTED];
  /** What an operator took back by hand, of each lot. */
  readonly byHand: bigint[];

  constructor(readonly lots: readonly PurchasedLot[]) {
    this.byHand = lots.map(() => 0n);
  }

  revoked(lot: number): bigint {
    let sum = 0n;
    for (const step of this.steps) {
      if (step.kind === 'grant' || step.lot !== lot) continue;
      sum += step.kind === 'revoke' ? step.booked!.amount : -step.booked!.amount;
    }
    return sum;
  }

  settle(money: MoneyState): void {
    for (let steps = 0; ; steps++) {
      if (steps > 100) throw new Error('it does not come to an end');
      const step = nextStep(this.lots, this.steps, money);
      if (step === null) return;
      expect(step.no).toBe(this.steps.length + 1);
      const left = this.lots[step.lot]!.amount - this.revoked(step.lot) - this.byHand[step.lot]!;
      const amount = step.kind === 'revoke' && left < step.amount ? left : step.amount;
      this.steps.push({ ...step, booked: { seq: step.no, amount } });
    }
  }

  /** By an operator, as much as there is. */
  takeByHand(lot: number, amount: bigint): void {
    const left = this.lots[lot]!.amount - this.revoked(lot) - this.byHand[lot]!;
    this.byHand[lot]! += amount < left ? amount : left;
  }
}

describe('what is left to do for a payment', () => {
  test.each<[why: string, granted: bigint, money: MoneyState, revoked: bigint]>([
    ['nothing where nothing was returned', 100n, { paid: 10n, returned: 0n }, 0n],
    ['a half for a half', 100n, { paid: 10n, returned: 5n }, 50n],
    ['rounded down', 100n, { paid: 3n, returned: 1n }, 33n],
    ['all for all, to the last', 101n, { paid: 3n, returned: 3n }, 101n],
    ['no more than all, where more came back than was paid', 100n, { paid: 10n, returned: 11n }, 100n],
    ['nothing of what cost nothing', 100n, { paid: 0n, returned: 0n }, 0n],
    ['exact beyond 2^53', 2n ** 62n, { paid: 3n, returned: 2n }, 3074457345618258602n],
    ['nothing where the share is below one base unit', 1n, { paid: 1_000n, returned: 999n }, 0n],
  ])('revokes %s', (_why, granted, money, revoked) => {
    const book = new Book([lotOf(granted)]);
    book.settle(money);
    expect(book.revoked(0)).toBe(revoked);
    expect(shareOf(granted, money)).toBe(revoked);
  });

  test('takes of every lot of the payment, bonus included', () => {
    const book = new Book([lotOf(1_000n), lotOf(50n)]);
    book.settle({ paid: 4n, returned: 1n });
    expect([book.revoked(0), book.revoked(1)]).toEqual([250n, 12n]);
    book.settle({ paid: 4n, returned: 4n });
    expect([book.revoked(0), book.revoked(1)]).toEqual([1_000n, 50n]);
  });

  test('gives back what a failed refund or a won dispute had taken, of the newest revoke first', () => {
    const book = new Book([lotOf(100n)]);
    book.settle({ paid: 10n, returned: 2n });
    book.settle({ paid: 10n, returned: 10n });
    book.settle({ paid: 10n, returned: 1n });
    expect(book.revoked(0)).toBe(10n);
    expect(book.steps.slice(3)).toMatchObject([
      { kind: 'reinstate', undoes: 3, amount: 80n },
      { kind: 'reinstate', undoes: 2, amount: 10n },
    ]);
  });

  test('takes what an operator has left, asks for no more, and gives back no more than it took', () => {
    const book = new Book([lotOf(100n)]);
    book.takeByHand(0, 30n);
    book.settle({ paid: 10n, returned: 10n });
    expect(book.revoked(0)).toBe(70n);
    book.settle({ paid: 10n, returned: 5n });
    expect(book.revoked(0)).toBe(50n);
    book.settle({ paid: 10n, returned: 0n });
    expect(book.revoked(0)).toBe(0n);
  });

  test('ends where the money is, whatever was seen on the way, and there is nothing left to do then', () => {
    const amounts = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
    const seen = fc.array(fc.bigInt({ min: 0n, max: 1_000n }), { maxLength: 12 });
    fc.assert(
      fc.property(
        fc.array(amounts, { minLength: 1, maxLength: 3 }),
        fc.bigInt({ min: 1n, max: 1_000n }),
        seen,
        (lots, paid, moments) => {
          const book = new Book(lots.map(lotOf));
          for (const returned of moments) {
            book.settle({ paid, returned });
            book.lots.forEach(({ amount }, lot) => expect(book.revoked(lot)).toBe(shareOf(amount, { paid, returned })));
            expect(nextStep(book.lots, book.steps, { paid, returned })).toBeNull();
          }
        },
      ),
    );
  });

  test('never goes beyond what was granted or below nothing, whatever operators take by hand in between', () => {
    const move = fc.record({ returned: fc.bigInt({ min: 0n, max: 100n }), byHand: fc.bigInt({ min: 0n, max: 60n }) });
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 200n }), fc.array(move, { maxLength: 12 }), (amount, moves) => {
        const book = new Book([lotOf(amount)]);
        for (const { returned, byHand } of moves) {
          book.takeByHand(0, byHand);
          book.settle({ paid: 100n, returned });
          const revoked = book.revoked(0);
          expect(revoked >= 0n && revoked <= shareOf(amount, { paid: 100n, returned })).toBe(true);
          expect(revoked + book.byHand[0]! <= amount).toBe(true);
        }
      }),
    );
  });
});
