import type { Stripe } from 'stripe';

/** What of a refund and of a dispute tells how much money it returned. */
export type RefundState = Pick<Stripe.Refund, 'amount' | 'status'>;
export type DisputeState = {
  readonly amount: number;
  readonly status: Stripe.Dispute.Status;
  readonly balance_transactions: readonly Pick<Stripe.BalanceTransaction, 'amount'>[];
};

/**
 * How much of a payment went back, in the smallest unit of its currency, as its refunds and disputes stand now; never more
 * than was paid, also where a payment was both refunded and disputed.
 */
export function returnedOf(paid: bigint, refunds: readonly RefundState[], disputes: readonly DisputeState[]): bigint {
  let returned = 0n;
  for (const refund of refunds) returned += refunded(refund);
  for (const dispute of disputes) returned += withdrawn(dispute);
  return returned < paid ? returned : paid;
}

/** A refund counts from the moment it is made: the money is off the balance, though it may take days to arrive. */
function refunded({ amount, status }: RefundState): bigint {
  return status === 'failed' || status === 'canceled' ? 0n : BigInt(amount);
}

/**
 * Money moves with balance transactions: one withdraws, another reinstates. They may be in the currency of the balance, so
 * only their proportion counts. A dispute without any has not moved money yet, unless it is lost.
 */
function withdrawn({ amount, status, balance_transactions: moves }: DisputeState): bigint {
  let out = 0n;
  let back = 0n;
  for (const move of moves) {
    if (move.amount < 0) out -= BigInt(move.amount);
    else back += BigInt(move.amount);
  }
  if (out === 0n) return status === 'lost' ? BigInt(amount) : 0n;
  if (back >= out) return 0n;
  return (BigInt(amount) * (out - back)) / out;
}
