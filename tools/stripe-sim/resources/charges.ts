import { Stripe } from 'stripe';
import { createdFilter, listPage } from '../http/list-page.js';
import type { Route } from '../http/route.js';
import { retrieveRoute } from '../world/retrieve-route.js';
import type { World } from '../world/world.js';
import { moveBalance, processingFee } from './balance-transactions.js';
import { declineMessage } from './test-cards.js';

const URL = '/v1/charges';

export function chargeRoutes(world: World): Route[] {
  return [
    {
      method: 'GET',
      path: URL,
      handle({ params }) {
        const customer = params.text('customer');
        const intent = params.text('payment_intent');
        const isWithin = createdFilter(params);
        const found = world.charges.where(
          charge =>
            isWithin(charge) &&
            (customer === undefined || charge.customer === customer) &&
            (intent === undefined || charge.payment_intent === intent),
        );
        return listPage(params, found, URL);
      },
    },
    retrieveRoute(world, URL, world.charges, 'charge'),
  ];
}

export interface Decline {
  readonly code: string;
  readonly declineCode?: string;
  readonly message: string;
}

/** With what a card says to it. */
export function declineOf(code: string, declineCode?: string): Decline {
  return { code, ...(declineCode !== undefined && { declineCode }), message: declineMessage(code, declineCode) };
}

/** A try to take an intent's amount: pending until it is settled or declined. */
export function newCharge(world: World, intent: Stripe.PaymentIntent, method: Stripe.PaymentMethod): Stripe.Charge {
  const id = world.ids.next('ch');
  return world.charges.add({
    id,
    object: 'charge',
    amount: intent.amount,
    amount_captured: 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: intent.application_fee_amount,
    balance_transaction: null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: 'SIMULATOR',
    captured: true,
    created: world.now(),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    livemode: world.livemode,
    metadata: { ...intent.metadata },
    on_behalf_of: intent.on_behalf_of,
    outcome: null,
    paid: false,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: detailsOf(method, intent.amount),
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'pending',
    transfer_data:
      intent.transfer_data === null || intent.transfer_data === undefined
        ? null
        : { amount: intent.transfer_data.amount ?? null, destination: intent.transfer_data.destination },
    transfer_group: intent.transfer_group,
  });
}

/** The money came. */
export function settleCharge(world: World, charge: Stripe.Charge): void {
  const { amount, currency, description } = charge;
  charge.status = 'succeeded';
  charge.paid = true;
  charge.amount_captured = amount;
  charge.outcome = outcome('authorized', 'approved_by_network', null, 'Payment complete.');
  charge.balance_transaction = moveBalance(world, {
    type: 'charge',
    category: 'charge',
    amount,
    fee: processingFee(amount),
    currency,
    source: charge.id,
    description,
  }).id;
  world.emit('charge.succeeded', charge);
}

export function failCharge(world: World, charge: Stripe.Charge, decline: Decline): void {
  charge.status = 'failed';
  charge.paid = false;
  charge.failure_code = decline.code;
  charge.failure_message = decline.message;
  charge.outcome = outcome(
    'issuer_declined',
    'declined_by_network',
    decline.declineCode ?? decline.code,
    'The bank did not return any further details with this decline.',
  );
  world.emit('charge.failed', charge);
}

function outcome(type: string, network: string, reason: string | null, message: string): Stripe.Charge.Outcome {
  return {
    advice_code: null,
    network_advice_code: null,
    network_decline_code: null,
    network_status: network,
    reason,
    risk_level: 'normal',
    risk_score: 1,
    seller_message: message,
    type,
  };
}

function detailsOf(method: Stripe.PaymentMethod, amount: number): Stripe.Charge.PaymentMethodDetails {
  const { card, us_bank_account: bank } = method;
  if (bank !== undefined) {
    return {
      type: 'us_bank_account',
      us_bank_account: {
        account_holder_type: bank.account_holder_type,
        account_type: bank.account_type,
        bank_name: bank.bank_name,
        fingerprint: bank.fingerprint,
        last4: bank.last4,
        payment_reference: null,
        routing_number: bank.routing_number,
      },
    };
  }
  if (card === undefined) return { type: method.type };
  return {
    type: 'card',
    card: {
      amount_authorized: amount,
      authorization_code: null,
      brand: card.brand,
      checks: card.checks,
      country: card.country,
      electronic_commerce_indicator: null,
      exp_month: card.exp_month,
      exp_year: card.exp_year,
      fingerprint: card.fingerprint ?? null,
      funding: card.funding,
      installments: null,
      last4: card.last4,
      mandate: null,
      network: card.brand,
      network_transaction_id: null,
      regulated_status: 'unregulated',
      three_d_secure: null,
      transaction_link_id: null,
      wallet: null,
    },
  };
}
