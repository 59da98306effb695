import { Stripe } from 'stripe';
import type { Params } from '../http/params.js';
import type { World } from '../world/world.js';

/** What a payment intent is made with, also by Checkout (`payment_intent_data`). */
export interface IntentData {
  readonly metadata: Record<string, string>;
  readonly description: string | null;
  readonly setupFutureUsage: 'off_session' | 'on_session' | null;
  readonly applicationFeeAmount: number | null;
  readonly transferData: Stripe.PaymentIntent.TransferData | null;
  readonly onBehalfOf: string | null;
  readonly receiptEmail: string | null;
  readonly transferGroup: string | null;
}

export interface IntentTerms extends IntentData {
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
  /** As far as whoever makes it says so. */
  readonly tax?: number | undefined;
}

export const NO_INTENT_DATA: IntentData = {
  metadata: {},
  description: null,
  setupFutureUsage: null,
  applicationFeeAmount: null,
  transferData: null,
  onBehalfOf: null,
  receiptEmail: null,
  transferGroup: null,
};

export function readIntentData(params: Params): IntentData {
  const transfer = params.in('transfer_data');
  const transferAmount = transfer?.integer('amount', { min: 0 });
  return {
    metadata: params.metadata(),
    description: params.text('description') ?? null,
    setupFutureUsage: params.oneOf('setup_future_usage', ['off_session', 'on_session']) ?? null,
    applicationFeeAmount: params.integer('application_fee_amount', { min: 0 }) ?? null,
    transferData:
      transfer === undefined
        ? null
        : {
            destination: transfer.requiredText('destination'),
            ...(transferAmount !== undefined && { amount: transferAmount }),
          },
    onBehalfOf: params.text('on_behalf_of') ?? null,
    receiptEmail: params.text('receipt_email') ?? null,
    transferGroup: params.text('transfer_group') ?? null,
  };
}

/** A payment intent that nobody has confirmed yet; nothing is told of it. */
export function addIntent(world: World, terms: IntentTerms): Stripe.PaymentIntent {
  const id = world.ids.next('pi');
  return world.paymentIntents.add({
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: terms.amount,
    amount_capturable: 0,
    ...(terms.tax !== undefined && { amount_details: { tax: { total_tax_amount: terms.tax } } }),
    amount_received: 0,
    application: null,
    application_fee_amount: terms.applicationFeeAmount,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: `${id}_secret_${world.ids.next('s').slice(2)}`,
    confirmation_method: 'automatic',
    created: world.now(),
    currency: terms.currency,
    customer: terms.customer,
    customer_account: null,
    description: terms.description,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: world.livemode,
    managed_payments: null,
    metadata: { ...terms.metadata },
    next_action: null,
    on_behalf_of: terms.onBehalfOf,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card', 'us_bank_account'],
    payment_record: null,
    processing: null,
    receipt_email: terms.receiptEmail,
    review: null,
    setup_future_usage: terms.setupFutureUsage,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_data: terms.transferData,
    transfer_group: terms.transferGroup,
  });
}
