import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Stripe } from 'stripe';
import type { StripeSimulator } from '../../../tools/stripe-sim/simulator.js';
import { happened, refusal, startStripe } from './simulated-stripe.js';

let simulator: StripeSimulator;
let stripe: Stripe;
let customer: Stripe.Customer;

beforeEach(async () => {
  ({ simulator, stripe } = await startStripe());
  customer = await stripe.customers.create({ email: 'a@example.com' });
});
afterEach(() => simulator.stop());

function pay(method: string, more: Partial<Stripe.PaymentIntentCreateParams> = {}): Promise<Stripe.PaymentIntent> {
  return stripe.paymentIntents.create({
    amount: 2_000,
    currency: 'eur',
    customer: customer.id,
    payment_method: method,
    confirm: true,
    metadata: { account: 'user_42' },
    ...more,
  });
}

function tail(count: number): string[] {
  return happened(simulator).slice(-count);
}

describe('a payment', () => {
  test('succeeds with a charge and a balance transaction', async () => {
    const intent = await pay('pm_card_visa', { expand: ['latest_charge.balance_transaction'] });
    expect(intent).toMatchObject({
      status: 'succeeded',
      amount_received: 2_000,
      latest_charge: {
        status: 'succeeded',
        metadata: { account: 'user_42' },
        balance_transaction: { amount: 2_000, fee: 88, net: 1_912 },
      },
    });
    expect(tail(3)).toEqual(['payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded']);
  });

  test.each([
    ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', undefined],
    ['pm_card_chargeCustomerFail', 'card_declined', 'generic_decline'],
  ])('is declined: %s', async (method, code, declineCode) => {
    const error = await refusal(pay(method));
    expect(error).toBeInstanceOf(Stripe.errors.StripeCardError);
    expect(error).toMatchObject({ statusCode: 402, code });
    expect(error.decline_code).toBe(declineCode ?? '');
    expect(error.payment_intent).toMatchObject({ status: 'requires_payment_method', last_payment_error: { code } });
    expect(tail(2)).toEqual(['charge.failed', 'payment_intent.payment_failed']);
  });

  test('off-session that needs 3-D Secure is declined with authentication_required; on-session it waits, and goes on', async () => {
    const offSession = await refusal(pay('pm_card_authenticationRequired', { off_session: true }));
    expect(offSession).toMatchObject({ statusCode: 402, code: 'authentication_required' });
    const intent = await pay('pm_card_authenticationRequired', { return_url: 'https://shop.example/back' });
    expect(intent).toMatchObject({
      status: 'requires_action',
      next_action: {
        redirect_to_url: { url: `${simulator.url}/authenticate/${intent.id}`, return_url: 'https://shop.example/back' },
      },
    });
    simulator.cases.authenticate(intent.id, true);
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({ status: 'succeeded' });
  });

  test('whose 3-D Secure fails waits for another payment method', async () => {
    const intent = await pay('pm_card_threeDSecure2Required');
    simulator.cases.authenticate(intent.id, false);
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'payment_intent_authentication_failure' },
    });
    expect(await stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa' })).toMatchObject({
      status: 'succeeded',
    });
  });

  test('with a card that was set up needs its owner no more', async () => {
    const first = await pay('pm_card_authenticationRequiredOnSetup', { setup_future_usage: 'off_session' });
    expect(first.status).toBe('requires_action');
    simulator.cases.authenticate(first.id, true);
    const [method] = (await stripe.customers.listPaymentMethods(customer.id)).data;
    expect(await pay(method!.id, { off_session: true })).toMatchObject({ status: 'succeeded' });
  });

  test('by bank debit is processing, and paid or failed later', async () => {
    const paid = await pay('pm_usBankAccount_success');
    expect(paid).toMatchObject({ status: 'processing', amount_received: 0 });
    simulator.cases.settlePayment(paid.id, true);
    expect(await stripe.paymentIntents.retrieve(paid.id)).toMatchObject({ status: 'succeeded' });
    const failed = await pay('pm_usBankAccount_success');
    simulator.cases.settlePayment(failed.id, false);
    expect(await stripe.paymentIntents.retrieve(failed.id)).toMatchObject({ status: 'requires_payment_method' });
    expect(tail(2)).toEqual(['charge.failed', 'payment_intent.payment_failed']);
  });

  test('cannot be made with the payment method of another customer, nor be confirmed or canceled twice', async () => {
    const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    const other = await stripe.customers.create({});
    expect(await refusal(pay(method.id, { customer: other.id }))).toMatchObject({
      statusCode: 400,
      param: 'payment_method',
    });
    const intent = await pay(method.id);
    expect(await refusal(stripe.paymentIntents.confirm(intent.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
    expect(await refusal(stripe.paymentIntents.cancel(intent.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
  });

  test('keeps what Connect is told', async () => {
    const intent = await pay('pm_card_visa', { application_fee_amount: 150, transfer_data: { destination: 'acct_1' } });
    expect(intent).toMatchObject({ application_fee_amount: 150, transfer_data: { destination: 'acct_1' } });
  });
});

describe('refunds', () => {
  test('are partial and repeated, up to what was paid', async () => {
    const intent = await pay('pm_card_visa');
    const first = await stripe.refunds.create({ payment_intent: intent.id, amount: 500, metadata: { why: 'late' } });
    expect(first).toMatchObject({
      amount: 500,
      status: 'succeeded',
      charge: intent.latest_charge,
      metadata: { why: 'late' },
    });
    expect(await refusal(stripe.refunds.create({ payment_intent: intent.id, amount: 1_501 }))).toMatchObject({
      param: 'amount',
    });
    const second = await stripe.refunds.create({ charge: String(intent.latest_charge) });
    expect(second.amount).toBe(1_500);
    expect(await stripe.charges.retrieve(String(intent.latest_charge))).toMatchObject({
      amount_refunded: 2_000,
      refunded: true,
    });
    expect(await refusal(stripe.refunds.create({ payment_intent: intent.id }))).toMatchObject({
      code: 'charge_already_refunded',
    });
    expect(tail(4)).toEqual(['refund.created', 'charge.refunded', 'refund.created', 'charge.refunded']);
  });

  test('that are pending end as the bank says', async () => {
    const intent = await pay('pm_card_pendingRefund');
    const refund = await stripe.refunds.create({ payment_intent: intent.id, amount: 700 });
    expect(refund).toMatchObject({ status: 'pending', pending_reason: 'processing' });
    simulator.cases.endRefund(refund.id, 'succeeded');
    expect(await stripe.refunds.retrieve(refund.id)).toMatchObject({ status: 'succeeded' });
    const other = await stripe.refunds.create({ payment_intent: intent.id, amount: 300 });
    simulator.cases.endRefund(other.id, 'failed');
    expect(await stripe.refunds.retrieve(other.id)).toMatchObject({ status: 'failed' });
    expect(await stripe.charges.retrieve(String(intent.latest_charge))).toMatchObject({ amount_refunded: 700 });
    expect(tail(3)).toEqual(['refund.updated', 'charge.refund.updated', 'refund.failed']);
  });

  test('that succeeded may be sent back', async () => {
    const intent = await pay('pm_card_refundFail');
    const refund = await stripe.refunds.create({ payment_intent: intent.id });
    expect(refund).toMatchObject({ status: 'failed' });
    expect(refund.failure_balance_transaction).toMatch(/^txn_/);
    expect(await stripe.charges.retrieve(String(intent.latest_charge))).toMatchObject({
      amount_refunded: 0,
      refunded: false,
    });
  });
});

describe('disputes', () => {
  test('withdraw the money, and bring it back when they are won', async () => {
    const intent = await pay('pm_card_visa');
    const { id } = simulator.cases.dispute(intent.id);
    expect(tail(2)).toEqual(['charge.dispute.created', 'charge.dispute.funds_withdrawn']);
    expect(await stripe.disputes.retrieve(id)).toMatchObject({
      status: 'needs_response',
      payment_intent: intent.id,
      balance_transactions: [{ amount: -2_000, fee: 1_500 }],
    });
    expect(await refusal(stripe.refunds.create({ payment_intent: intent.id }))).toMatchObject({
      code: 'charge_disputed',
    });
    await stripe.disputes.update(id, { evidence: { uncategorized_text: 'winning_evidence' } });
    expect(tail(3)).toEqual(['charge.dispute.updated', 'charge.dispute.closed', 'charge.dispute.funds_reinstated']);
    expect(await stripe.disputes.retrieve(id)).toMatchObject({
      status: 'won',
      balance_transactions: [{ amount: -2_000 }, { amount: 2_000 }],
    });
    expect(await stripe.refunds.create({ payment_intent: intent.id, amount: 100 })).toMatchObject({
      status: 'succeeded',
    });
  });

  test('keep the money when they are lost or accepted, and cannot be closed twice', async () => {
    const intent = await pay('pm_card_createDispute');
    const [dispute] = (await stripe.disputes.list({ payment_intent: intent.id })).data;
    expect(await stripe.disputes.close(dispute!.id)).toMatchObject({ status: 'lost' });
    expect(tail(1)).toEqual(['charge.dispute.closed']);
    expect(await refusal(stripe.disputes.close(dispute!.id))).toMatchObject({ code: 'dispute_already_closed' });
  });

  test('may be of a part, and inquiries withdraw nothing until they become disputes', async () => {
    const intent = await pay('pm_card_visa');
    const { id } = simulator.cases.dispute(intent.id, { isInquiry: true, amount: 800 });
    expect(tail(1)).toEqual(['charge.dispute.created']);
    expect(await stripe.disputes.retrieve(id)).toMatchObject({
      status: 'warning_needs_response',
      balance_transactions: [],
      amount: 800,
    });
    simulator.cases.escalateInquiry(id);
    expect(tail(2)).toEqual(['charge.dispute.updated', 'charge.dispute.funds_withdrawn']);
    simulator.cases.closeDispute(id, false);
    expect(await stripe.disputes.retrieve(id)).toMatchObject({ status: 'lost' });
  });
});
