import type { Stripe } from 'stripe';
import { attachTo, findPaymentMethod } from '../resources/payment-methods.js';
import type { World } from '../world/world.js';

export interface ItemChoice {
  readonly price: Stripe.Price;
  readonly quantity: number;
  readonly metadata: Record<string, string>;
}

export interface SubscriptionTerms {
  readonly customer: Stripe.Customer;
  readonly items: readonly ItemChoice[];
  /** What is bought once, with the first invoice. */
  readonly extras: readonly ItemChoice[];
  readonly method: string | null;
  /** When it begins to cost; now unless later. */
  readonly trialEnd: number | null;
  /** The first boundary, where it is not one period away. */
  readonly anchor: number | null;
  readonly cancelAtPeriodEnd: boolean;
  readonly cancelAt: number | null;
  readonly behavior: 'allow_incomplete' | 'default_incomplete' | 'error_if_incomplete';
  readonly isProrated: boolean;
  readonly isOffSession: boolean;
  readonly isTaxed: boolean;
  readonly coupon: Stripe.Coupon | undefined;
  readonly metadata: Record<string, string>;
  readonly description: string | null;
  readonly applicationFeePercent: number | null;
  readonly transferData: Stripe.Subscription.TransferData | null;
  readonly missingMethod: 'cancel' | 'create_invoice' | 'pause';
}

/** A subscription without items, which nobody has paid for yet. */
export function newSubscription(
  world: World,
  terms: SubscriptionTerms,
  { now, anchor, trialEnd }: { now: number; anchor: number; trialEnd: number | null },
): Stripe.Subscription {
  const { customer } = terms;
  const method = terms.method === null ? undefined : findPaymentMethod(world, terms.method, 'default_payment_method');
  if (method !== undefined) attachTo(world, method, customer.id);
  const id = world.ids.next('sub');
  return {
    id,
    object: 'subscription',
    application: null,
    application_fee_percent: terms.applicationFeePercent,
    automatic_tax: { disabled_reason: null, enabled: terms.isTaxed, liability: null },
    billing_cycle_anchor: anchor,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: null, type: 'classic' },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: terms.cancelAt,
    cancel_at_period_end: terms.cancelAtPeriodEnd,
    canceled_at: terms.cancelAtPeriodEnd ? now : null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: 'charge_automatically',
    created: now,
    currency: terms.items[0]!.price.currency,
    customer: customer.id,
    customer_account: null,
    days_until_due: null,
    default_payment_method: method?.id ?? null,
    default_source: null,
    default_tax_rates: [],
    description: terms.description,
    discounts: [],
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: 'self' },
    },
    items: { object: 'list', data: [], has_more: false, url: `/v1/subscription_items?subscription=${id}` },
    latest_invoice: null,
    livemode: world.livemode,
    managed_payments: null,
    metadata: { ...terms.metadata },
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: { payment_method_options: null, payment_method_types: null, save_default_payment_method: 'off' },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: now,
    status: 'incomplete',
    test_clock: customer.test_clock ?? null,
    transfer_data: terms.transferData,
    trial_end: trialEnd,
    trial_settings: { end_behavior: { billing_cycle_anchor: 'now', missing_payment_method: terms.missingMethod } },
    trial_start: trialEnd === null ? null : now,
  };
}
