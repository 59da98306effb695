import { Stripe } from 'stripe';
import { discountOf } from '../resources/coupons.js';
import type { World } from '../world/world.js';
import { itemLine, type Line } from './invoice-lines.js';

/** How long a draft waits before it is final. */
const DRAFT_SECONDS = 3600;

export interface InvoiceTerms {
  readonly customer: Stripe.Customer;
  readonly subscription: Stripe.Subscription | null;
  readonly reason: Stripe.Invoice.BillingReason;
  readonly lines: readonly Line[];
  readonly currency: string;
  /** What the invoice looks back on; usage is billed for it. */
  readonly period: { readonly start: number; readonly end: number };
  readonly coupon: Stripe.Coupon | undefined;
  readonly isTaxed: boolean;
  /** Whether it becomes final, and is collected, by itself. */
  readonly autoAdvance: boolean;
  readonly metadata: Record<string, string>;
}

/** A draft with its lines; told of. */
export function addInvoice(world: World, terms: InvoiceTerms): Stripe.Invoice {
  const { customer, subscription } = terms;
  const now = world.billingTime(customer);
  const id = world.ids.next('in');
  const sums = sumsOf(terms, world.options.taxPercent);
  const invoice: Stripe.Invoice = {
    ...blankInvoice(),
    id,
    amount_due: Math.max(0, sums.total),
    amount_remaining: Math.max(0, sums.total),
    auto_advance: terms.autoAdvance,
    automatic_tax: {
      disabled_reason: null,
      enabled: terms.isTaxed,
      liability: terms.isTaxed ? { type: 'self' } : null,
      provider: terms.isTaxed ? 'stripe' : null,
      status: terms.isTaxed ? 'complete' : null,
    },
    automatically_finalizes_at: terms.autoAdvance ? now + DRAFT_SECONDS : null,
    billing_reason: terms.reason,
    created: now,
    currency: terms.currency,
    customer: customer.id,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    default_payment_method: null,
    lines: {
      object: 'list',
      data: terms.lines.map(line => ({ ...line, discount_amounts: [], invoice: id, taxes: [] })),
      has_more: false,
      url: `/v1/invoices/${id}/lines`,
    },
    livemode: world.livemode,
    metadata: terms.metadata,
    next_payment_attempt: terms.autoAdvance ? now + DRAFT_SECONDS : null,
    parent:
      subscription === null
        ? null
        : {
            type: 'subscription_details',
            quote_details: null,
            subscription_details: { metadata: { ...subscription.metadata }, subscription: subscription.id },
          },
    period_end: terms.period.end,
    period_start: terms.period.start,
    starting_balance: customer.balance,
    subtotal: sums.subtotal,
    subtotal_excluding_tax: sums.subtotal,
    test_clock: customer.test_clock ?? null,
    total: sums.total,
    total_excluding_tax: sums.total - sums.tax,
    total_taxes: terms.isTaxed
      ? [
          {
            amount: sums.tax,
            tax_behavior: 'exclusive',
            tax_rate_details: null,
            taxability_reason: 'standard_rated',
            taxable_amount: sums.total - sums.tax,
            type: 'tax_rate_details',
          },
        ]
      : [],
  };
  world.invoices.add(invoice);
  if (subscription !== null) subscription.latest_invoice = id;
  world.emit('invoice.created', invoice);
  return invoice;
}

/** Items that were added to a draft after it was made. */
export function takeLateItems(world: World, invoice: Stripe.Invoice): void {
  const known = new Set(invoice.lines.data.map(itemOf));
  for (const item of world.invoiceItems.where(one => one.invoice === invoice.id && !known.has(one.id))) {
    invoice.lines.data.push({ ...itemLine(world, item), discount_amounts: [], invoice: invoice.id, taxes: [] });
    invoice.subtotal += item.amount;
    invoice.total += item.amount;
    invoice.total_excluding_tax = (invoice.total_excluding_tax ?? 0) + item.amount;
  }
}

function itemOf(line: Stripe.InvoiceLineItem): string | null | undefined {
  return line.parent?.invoice_item_details?.invoice_item ?? line.parent?.subscription_item_details?.invoice_item;
}

function sumsOf({ lines, coupon, currency, isTaxed }: InvoiceTerms, taxPercent: number) {
  const subtotal = lines.reduce((sum, line) => sum + line.amount, 0);
  const discountable = lines
    .filter(line => line.discountable && line.amount > 0)
    .reduce((sum, line) => sum + line.amount, 0);
  const discounted = subtotal - (coupon === undefined ? 0 : discountOf(coupon, discountable, currency));
  const tax = isTaxed ? Math.round((Math.max(0, discounted) * taxPercent) / 100) : 0;
  return { subtotal, tax, total: discounted + tax };
}

function blankInvoice() {
  return {
    object: 'invoice' as const,
    account_country: 'US',
    account_name: 'Simulator',
    account_tax_ids: null,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    collection_method: 'charge_automatically',
    custom_fields: null,
    customer_account: null,
    customer_address: null,
    customer_phone: null,
    customer_shipping: null,
    customer_tax_exempt: 'none',
    customer_tax_ids: [],
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    due_date: null,
    effective_at: null,
    ending_balance: null,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: 'self' },
    last_finalization_error: null,
    latest_revision: null,
    number: null,
    on_behalf_of: null,
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    statement_descriptor: null,
    status: 'draft',
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    total_discount_amounts: [],
    total_pretax_credit_amounts: [],
    webhooks_delivered_at: null,
  } satisfies Partial<Stripe.Invoice>;
}
