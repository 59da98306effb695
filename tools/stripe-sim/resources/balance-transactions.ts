import { Stripe } from 'stripe';
import { createdFilter, listPage } from '../http/list-page.js';
import type { Route } from '../http/route.js';
import { retrieveRoute } from '../world/retrieve-route.js';
import type { World } from '../world/world.js';

const URL = '/v1/balance_transactions';
/** Stripe's fee for a card: 2.9 % and 30 of the smallest unit. */
const FEE_PER_MILLE = 29;
const FEE_FIXED = 30;
const TWO_DAYS = 2 * 24 * 3600;

export function balanceTransactionRoutes(world: World): Route[] {
  return [
    {
      method: 'GET',
      path: URL,
      handle({ params }) {
        const type = params.text('type');
        const source = params.text('source');
        const isWithin = createdFilter(params);
        const found = world.balanceTransactions.where(
          one =>
            isWithin(one) &&
            (type === undefined || one.type === type) &&
            (source === undefined || one.source === source),
        );
        return listPage(params, found, URL);
      },
    },
    retrieveRoute(world, URL, world.balanceTransactions, 'balance transaction'),
  ];
}

export interface Movement {
  readonly type: 'adjustment' | 'charge' | 'payment_failure_refund' | 'refund' | 'refund_failure';
  readonly category: string;
  /** Into the balance; negative out of it. */
  readonly amount: number;
  readonly fee: number;
  readonly currency: string;
  readonly source: string;
  readonly description: string | null;
}

/** Money moved into or out of the balance. */
export function moveBalance(world: World, movement: Movement): Stripe.BalanceTransaction {
  const { amount, fee, currency } = movement;
  return world.balanceTransactions.add({
    id: world.ids.next('txn'),
    object: 'balance_transaction',
    amount,
    available_on: world.now() + TWO_DAYS,
    balance_type: 'payments',
    created: world.now(),
    currency,
    description: movement.description,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0
        ? []
        : [{ amount: fee, application: null, currency, description: 'Stripe processing fees', type: 'stripe_fee' }],
    net: amount - fee,
    reporting_category: movement.category,
    source: movement.source,
    status: 'pending',
    type: movement.type,
  });
}

export function processingFee(amount: number): number {
  return Math.min(amount, Math.round((amount * FEE_PER_MILLE) / 1000) + FEE_FIXED);
}
