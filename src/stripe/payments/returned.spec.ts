import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { returnedOf, type DisputeState, type RefundState } from './returned.js';

const dispute = (amount: number, status: DisputeState['status'], ...moves: number[]): DisputeState => ({
  amount,
  status,
  balance_transactions: moves.map(moved => ({ amount: moved })),
});

describe('how much of a payment went back', () => {
  test.each<[why: string, refunds: RefundState[], disputes: DisputeState[], returned: bigint]>([
    ['nothing where nobody wanted it', [], [], 0n],
    ['a refund that succeeded', [{ amount: 300, status: 'succeeded' }], [], 300n],
    ['one that is under way', [{ amount: 300, status: 'pending' }], [], 300n],
    ['one that waits for the customer', [{ amount: 300, status: 'requires_action' }], [], 300n],
    ['not one that failed', [{ amount: 300, status: 'failed' }], [], 0n],
    ['not one that was called off', [{ amount: 300, status: 'canceled' }], [], 0n],
    [
      'all of several',
      [
        { amount: 300, status: 'succeeded' },
        { amount: 200, status: 'succeeded' },
        { amount: 100, status: 'failed' },
      ],
      [],
      500n,
    ],
    ['not a dispute that has moved no money yet', [], [dispute(1_000, 'needs_response')], 0n],
    ['not an inquiry', [], [dispute(1_000, 'warning_needs_response')], 0n],
    ['a dispute whose money was withdrawn', [], [dispute(1_000, 'needs_response', -1_000)], 1_000n],
    ['one that is lost', [], [dispute(1_000, 'lost', -1_000)], 1_000n],
    ['one that is lost, though nothing tells of its money', [], [dispute(1_000, 'lost')], 1_000n],
    ['a won one until its money is there again', [], [dispute(1_000, 'won', -1_000)], 1_000n],
    ['not a won one whose money is there again', [], [dispute(1_000, 'won', -1_000, 1_000)], 0n],
    ['the part that is not there again', [], [dispute(1_000, 'won', -1_000, 400)], 600n],
    ['that part in the currency of the payment', [], [dispute(1_000, 'won', -3_000, 1_500)], 500n],
    [
      'never more than was paid: refunded, then disputed',
      [{ amount: 700, status: 'succeeded' }],
      [dispute(1_000, 'lost', -1_000)],
      1_000n,
    ],
  ])('%s', (_why, refunds, disputes, returned) => {
    expect(returnedOf(1_000n, refunds, disputes)).toBe(returned);
  });

  test('is the same in any order', () => {
    const refund = fc.record<RefundState>({
      amount: fc.nat(500),
      status: fc.constantFrom('succeeded', 'pending', 'failed', 'canceled', 'requires_action'),
    });
    const disputes = fc.array(
      fc.constantFrom(dispute(900, 'lost', -900), dispute(400, 'won', -400, 400), dispute(50, 'won', -50)),
    );
    fc.assert(
      fc.property(fc.array(refund), disputes, (refunds, moved) => {
        const there = returnedOf(1_000n, refunds, moved);
        expect(returnedOf(1_000n, refunds.toReversed(), moved.toReversed())).toBe(there);
        expect(there >= 0n && there <= 1_000n).toBe(true);
      }),
    );
  });
});
