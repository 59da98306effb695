import { Stripe } from 'stripe';
import type { World } from '../world/world.js';
import { moveBalance } from './balance-transactions.js';

/** What Stripe takes for a dispute, in the smallest unit. */
const DISPUTE_FEE = 1_500;
const NINE_DAYS = 9 * 24 * 3600;

export interface DisputeTerms {
  readonly reason: string;
  /** An inquiry asks first; no money moves until it becomes a dispute. */
  readonly isInquiry: boolean;
  /** All of the charge unless given. */
  readonly amount?: number;
}

/** The owner of the card disputes a charge. */
export function openDispute(world: World, charge: Stripe.Charge, terms: DisputeTerms): Stripe.Dispute {
  const amount = terms.amount ?? charge.amount;
  if (charge.status !== 'succeeded' || amount < 1 || amount > charge.amount) {
    throw new RangeError(`${charge.id} is ${charge.status} over ${charge.amount}: ${amount} of it cannot be disputed.`);
  }
  const brand = charge.payment_method_details?.card?.brand ?? 'visa';
  const dispute = world.disputes.add({
    id: world.ids.next('du'),
    object: 'dispute',
    amount,
    balance_transactions: [],
    charge: charge.id,
    created: world.now(),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: emptyEvidence(),
    evidence_details: {
      due_by: world.now() + NINE_DAYS,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: terms.isInquiry,
    livemode: world.livemode,
    metadata: {},
    network_reason_code: '10.4',
    payment_intent: charge.payment_intent,
    payment_method_details: {
      type: 'card',
      card: {
        brand,
        case_type: terms.isInquiry ? 'inquiry' : 'chargeback',
        network: brand,
        network_reason_code: '10.4',
      },
    },
    reason: terms.reason,
    status: terms.isInquiry ? 'warning_needs_response' : 'needs_response',
  });
  charge.disputed = true;
  world.emit('charge.dispute.created', dispute);
  if (!terms.isInquiry) withdrawFunds(world, dispute);
  return dispute;
}

/** An inquiry becomes a dispute: now the money goes. */
export function escalateInquiry(world: World, dispute: Stripe.Dispute): void {
  if (!dispute.status.startsWith('warning_') || dispute.status === 'warning_closed') {
    throw new RangeError(`${dispute.id} is ${dispute.status}: only an open inquiry becomes a dispute.`);
  }
  world.update('charge.dispute.updated', dispute, () => {
    dispute.status = 'needs_response';
    dispute.is_charge_refundable = false;
    if (dispute.payment_method_details?.card !== undefined)
      dispute.payment_method_details.card.case_type = 'chargeback';
  });
  withdrawFunds(world, dispute);
}

/** The bank decides. */
export function closeDispute(world: World, dispute: Stripe.Dispute, isWon: boolean): void {
  if (isClosed(dispute)) throw new RangeError(`${dispute.id} is ${dispute.status} already.`);
  const isInquiry = dispute.status.startsWith('warning_');
  dispute.status = isInquiry ? 'warning_closed' : isWon ? 'won' : 'lost';
  dispute.is_charge_refundable = isInquiry || isWon;
  if (isWon && !isInquiry) {
    dispute.balance_transactions.push(move(world, dispute, dispute.amount, -DISPUTE_FEE, 'dispute_reversal'));
  }
  world.emit('charge.dispute.closed', dispute);
  if (isWon && !isInquiry) world.emit('charge.dispute.funds_reinstated', dispute);
}

export function isClosed(dispute: Stripe.Dispute): boolean {
  return ['won', 'lost', 'warning_closed'].includes(dispute.status);
}

function withdrawFunds(world: World, dispute: Stripe.Dispute): void {
  dispute.balance_transactions.push(move(world, dispute, -dispute.amount, DISPUTE_FEE, 'dispute'));
  world.emit('charge.dispute.funds_withdrawn', dispute);
}

function move(world: World, dispute: Stripe.Dispute, amount: number, fee: number, category: string) {
  return moveBalance(world, {
    type: 'adjustment',
    category,
    amount,
    fee,
    currency: dispute.currency,
    source: dispute.id,
    description: `Chargeback ${amount < 0 ? 'withdrawal' : 'reversal'} for ${String(dispute.charge)}`,
  });
}

function emptyEvidence(): Stripe.Dispute.Evidence {
  return {
    access_activity_log: null,
    billing_address: null,
    cancellation_policy: null,
    cancellation_policy_disclosure: null,
    cancellation_rebuttal: null,
    customer_communication: null,
    customer_email_address: null,
    customer_name: null,
    customer_purchase_ip: null,
    customer_signature: null,
    duplicate_charge_documentation: null,
    duplicate_charge_explanation: null,
    duplicate_charge_id: null,
    enhanced_evidence: {},
    product_description: null,
    receipt: null,
    refund_policy: null,
    refund_policy_disclosure: null,
    refund_refusal_explanation: null,
    service_date: null,
    service_documentation: null,
    shipping_address: null,
    shipping_carrier: null,
    shipping_date: null,
    shipping_documentation: null,
    shipping_tracking_number: null,
    uncategorized_file: null,
    uncategorized_text: null,
  };
}
