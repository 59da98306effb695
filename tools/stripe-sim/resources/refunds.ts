import { Stripe } from 'stripe';
import { invalid, missingParameter } from '../http/fault.js';
import { listPage, paymentFilter } from '../http/list-page.js';
import type { Params } from '../http/params.js';
import type { Route } from '../http/route.js';
import { snapshotOf } from '../world/snapshot.js';
import { retrieveRoute } from '../world/retrieve-route.js';
import type { World } from '../world/world.js';
import { moveBalance } from './balance-transactions.js';

const URL = '/v1/refunds';
const REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;

export function refundRoutes(world: World): Route[] {
  return [
    { method: 'POST', path: URL, handle: ({ params }) => createRefund(world, params) },
    {
      method: 'GET',
      path: URL,
      handle: ({ params }) => listPage(params, world.refunds.where(paymentFilter(params)), URL),
    },
    retrieveRoute(world, URL, world.refunds, 'refund'),
    {
      method: 'POST',
      path: `${URL}/:id`,
      handle({ params, ids: [id = ''] }) {
        const refund = world.must(world.refunds, 'refund', id);
        const metadata = params.metadata(refund.metadata ?? {});
        params.nothingElse();
        world.update('refund.updated', refund, () => (refund.metadata = metadata));
        return refund;
      },
    },
  ];
}

export function createRefund(world: World, params: Params): Stripe.Refund {
  const charge = chargeToRefund(world, params);
  const asked = params.integer('amount', { min: 1 });
  const reason = params.oneOf('reason', REASONS) ?? null;
  const metadata = params.metadata();
  params.nothingElse();
  const left = charge.amount - charge.amount_refunded;
  if (charge.status !== 'succeeded')
    throw invalid(`Charge ${charge.id} cannot be refunded: it is ${charge.status}.`, 'charge');
  if (left === 0) throw invalid(`Charge ${charge.id} has already been refunded.`, undefined, 'charge_already_refunded');
  if (world.disputes.all().some(dispute => dispute.charge === charge.id && !dispute.is_charge_refundable)) {
    throw invalid(`Charge ${charge.id} has been charged back; cannot issue a refund.`, undefined, 'charge_disputed');
  }
  if (asked !== undefined && asked > left) {
    throw invalid(`Refund amount (${asked}) is greater than unrefunded amount on charge (${left})`, 'amount');
  }
  const behaviour = world.behaviours.get(String(charge.payment_method))?.kind;
  const refund = addRefund(world, charge, asked ?? left, reason, metadata, behaviour === 'refund_pends');
  if (behaviour === 'refund_fails') endRefund(world, refund, 'failed');
  return refund;
}

function chargeToRefund(world: World, params: Params): Stripe.Charge {
  const chargeId = params.text('charge');
  const intentId = params.text('payment_intent');
  if (chargeId !== undefined && intentId !== undefined) {
    throw invalid(
      'You may only specify one of these parameters: charge, payment_intent.',
      'charge',
      'parameters_exclusive',
    );
  }
  if (chargeId !== undefined) return world.must(world.charges, 'charge', chargeId, 'charge');
  if (intentId === undefined) throw missingParameter('charge');
  const intent = world.must(world.paymentIntents, 'payment_intent', intentId, 'payment_intent');
  const charge = world.charges.get(String(intent.latest_charge));
  if (charge !== undefined && intent.status === 'succeeded') return charge;
  throw invalid(`This PaymentIntent (${intent.id}) does not have a successful charge to refund.`, 'payment_intent');
}

function addRefund(
  world: World,
  charge: Stripe.Charge,
  amount: number,
  reason: Stripe.Refund.Reason | null,
  metadata: Record<string, string>,
  isPending: boolean,
): Stripe.Refund {
  const id = world.ids.next('re');
  const { currency } = charge;
  const refund = world.refunds.add({
    id,
    object: 'refund',
    amount,
    balance_transaction: moveBalance(world, {
      type: 'refund',
      category: 'refund',
      amount: -amount,
      fee: 0,
      currency,
      source: id,
      description: 'REFUND FOR CHARGE',
    }).id,
    charge: charge.id,
    created: world.now(),
    currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: { type: charge.payment_method_details?.type ?? 'card' },
    metadata,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    ...(isPending && { pending_reason: 'processing' }),
    reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: isPending ? 'pending' : 'succeeded',
    transfer_reversal: null,
  });
  const before = snapshotOf(charge);
  charge.amount_refunded += amount;
  charge.refunded = charge.amount_refunded === charge.amount;
  world.emit('refund.created', refund);
  world.emit('charge.refunded', charge, before);
  return refund;
}

/** A refund that was pending, or that the bank sends back, ends. */
export function endRefund(world: World, refund: Stripe.Refund, outcome: 'succeeded' | 'failed' | 'canceled'): void {
  if (refund.status !== 'pending' && !(refund.status === 'succeeded' && outcome === 'failed')) {
    throw new RangeError(`${refund.id} is ${String(refund.status)}: it cannot become ${outcome}.`);
  }
  const before = snapshotOf(refund);
  refund.status = outcome;
  delete refund.pending_reason;
  if (outcome !== 'succeeded') {
    const charge = world.charges.get(String(refund.charge));
    if (charge !== undefined) {
      charge.amount_refunded -= refund.amount;
      charge.refunded = false;
    }
    refund.failure_reason = outcome === 'failed' ? 'expired_or_canceled_card' : 'merchant_request';
    refund.failure_balance_transaction = moveBalance(world, {
      type: 'refund_failure',
      category: 'refund_failure',
      amount: refund.amount,
      fee: 0,
      currency: refund.currency,
      source: refund.id,
      description: 'REFUND FAILURE',
    }).id;
  }
  world.emit('refund.updated', refund, before);
  world.emit('charge.refund.updated', refund, before);
  if (outcome === 'failed') world.emit('refund.failed', refund, before);
}
