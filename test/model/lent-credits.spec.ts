import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  charge,
  commit,
  extend,
  GivenAccount,
  grant,
  MINUTE,
  refund,
  refundEntry,
  release,
  reserve,
  revoke,
} from './given-account.js';
import { credits, on, paidPlan, subscribe } from './given-plan.js';
import { lotNumber } from '../../src/ledger/domain/account.js';
import type { Command } from '../../src/ledger/domain/command.js';
import type { Entry } from '../../src/ledger/domain/entry.js';

/** `LENT_RUNS=20000` for the long run. */
const RUNS = Number(process.env['LENT_RUNS'] ?? 300);
const payg = paidPlan('payg', { grants: [credits(20n)], arrears: [{ unit: 'credits', meter: 'overage' }] });

const amount = fc.bigInt(1n, 15n);
const which = fc.nat(30);
const step = fc.oneof(
  fc.record({ kind: fc.constant('reserve'), amount, late: fc.constantFrom('charge', 'reject') }),
  fc.record({ kind: fc.constant('commit'), amount: fc.bigInt(0n, 20n), which, final: fc.boolean() }),
  fc.record({ kind: fc.constant('extend'), amount, which }),
  fc.record({ kind: fc.constant('release'), which }),
  fc.record({ kind: fc.constant('charge'), amount }),
  fc.record({ kind: fc.constant('refund'), amount, which }),
  fc.record({ kind: fc.constant('refund-charge'), amount, which }),
  fc.record({ kind: fc.constant('grant'), amount }),
  fc.record({ kind: fc.constant('revoke'), amount, which }),
  fc.record({ kind: fc.constant('wait'), which }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What somebody outside would count of lent credits: how much of each lot was held, spent, given back, expired. */
class Books {
  readonly lent = new Map<number, bigint>();
  billed = 0n;

  add({ type, made, lots, seq }: Entry): void {
    made.forEach(({ overage, granted }, index) => {
      if (overage !== undefined) this.lent.set(lotNumber(seq, index), granted);
    });
    for (const { lot, amount: share } of lots) {
      if (!this.lent.has(lot)) continue;
      if (type === 'commit') this.billed += share;
      if (type === 'refund') this.billed -= share;
    }
  }
}

describe('whatever an account under an arrears plan does', () => {
  it('is lent what it lacks and no more, leaves nothing of it to anybody, and is billed what it spent of it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        const account = new GivenAccount().at(on('2026-01-01'));
        const books = new Books();
        const seen = { holds: [] as number[], charges: [] as number[], lots: [] as number[] };
        account.does(subscribe(payg, { start: on('2026-01-01'), end: on('2026-02-01') }));
        for (const each of steps) {
          if (each.kind === 'wait') account.at(account.now + (each.which % 10) * MINUTE);
          account.settles();
          const command = commandOf(each, seen);
          if (command === null) continue;
          const before = account.balance();
          const entries = account.tries(command);
          for (const entry of entries) {
            books.add(entry);
            if (entry.type === 'reserve') seen.holds.push(entry.reservation!);
            if (entry.type === 'commit' && entry.reservation === null) seen.charges.push(entry.seq);
            if (entry.type === 'grant' && entry.reason === null) seen.lots.push(lotNumber(entry.seq, 0));
          }
          const lent = entries.filter(({ reason }) => reason === 'overage');
          for (const { amount: missing } of lent) {
            expect(before.debt).toBe(0n);
            const spend = entries.at(-1)!;
            expect(-spend.deltas.available).toBeGreaterThanOrEqual(missing);
            // What came back with the same commit was held, not available: it never spares anybody a loan.
            expect(missing).toBeLessThanOrEqual(spend.amount);
            if (spend.type !== 'commit' || spend.reservation === null)
              expect(missing).toBe(spend.amount - before.available);
          }
          for (const { no, remaining } of account.lots()) if (books.lent.has(no)) expect(remaining).toBe(0n);
          expect(books.billed).toBeGreaterThanOrEqual(0n);
        }
        account.at(account.now + 2 * 24 * 60 * MINUTE).settles();
        const { held } = account.balance();
        expect(held).toBe(0n);
        const all = [...books.lent.values()].reduce((sum, each) => sum + each, 0n);
        expect(books.billed).toBeLessThanOrEqual(all);
        expect(account.lots().filter(({ no }) => books.lent.has(no))).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });
});

function commandOf(
  each: Step,
  { holds, charges, lots }: { holds: readonly number[]; charges: readonly number[]; lots: readonly number[] },
): Command | null {
  const one = (of: readonly number[], at: number): number | undefined => of[at % Math.max(1, of.length)];
  switch (each.kind) {
    case 'reserve':
      return reserve(each.amount, { late: each.late as 'charge' | 'reject' });
    case 'charge':
      return charge(each.amount);
    case 'grant':
      return grant(each.amount);
    case 'commit': {
      const hold = one(holds, each.which);
      return hold === undefined ? null : commit(hold, each.amount, { final: each.final });
    }
    case 'extend': {
      const hold = one(holds, each.which);
      return hold === undefined ? null : extend(hold, { add: { unit: null, amount: each.amount } });
    }
    case 'release': {
      const hold = one(holds, each.which);
      return hold === undefined ? null : release(hold);
    }
    case 'refund': {
      const hold = one(holds, each.which);
      return hold === undefined ? null : refund(hold, each.amount);
    }
    case 'refund-charge': {
      const entry = one(charges, each.which);
      return entry === undefined ? null : refundEntry(entry, null, each.amount);
    }
    case 'revoke': {
      const lot = one(lots, each.which);
      return lot === undefined ? null : revoke(lot, each.amount);
    }
    default:
      return null;
  }
}
