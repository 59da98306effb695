import { Stripe } from 'stripe';
import { invalid } from '../http/fault.js';
import { listPage } from '../http/list-page.js';
import type { Params } from '../http/params.js';
import type { Route } from '../http/route.js';
import { retrieveRoute } from '../world/retrieve-route.js';
import type { World } from '../world/world.js';

const URL = '/v1/invoiceitems';

/** What waits for the next invoice of a customer, or of one of its subscriptions. */
export function invoiceItemRoutes(world: World): Route[] {
  return [
    { method: 'POST', path: URL, handle: ({ params }) => createItem(world, params) },
    {
      method: 'GET',
      path: URL,
      handle({ params }) {
        const customer = params.text('customer');
        const pending = params.flag('pending');
        const found = world.invoiceItems.where(
          item =>
            (customer === undefined || item.customer === customer) &&
            (pending === undefined || (item.invoice === null) === pending),
        );
        return listPage(params, found, URL);
      },
    },
    retrieveRoute(world, URL, world.invoiceItems, 'invoice item'),
  ];
}

export interface ItemTerms {
  readonly amount: number;
  readonly currency: string;
  readonly description: string | null;
  readonly period: { readonly start: number; readonly end: number };
  readonly price: Stripe.Price | null;
  readonly quantity: number;
  readonly metadata: Record<string, string>;
  /** Of what a change of a subscription costs or gives back. */
  readonly proration: { readonly subscription: string; readonly item: string } | null;
  readonly invoice: string | null;
}

export function addInvoiceItem(world: World, customer: Stripe.Customer, terms: ItemTerms): Stripe.InvoiceItem {
  const { price, proration } = terms;
  const item = world.invoiceItems.add({
    id: world.ids.next('ii'),
    object: 'invoiceitem',
    amount: terms.amount,
    currency: terms.currency,
    customer: customer.id,
    customer_account: null,
    date: world.billingTime(customer),
    description: terms.description,
    discountable: proration === null,
    discounts: [],
    invoice: terms.invoice,
    livemode: world.livemode,
    metadata: terms.metadata,
    parent:
      proration === null
        ? null
        : {
            type: 'subscription_details',
            subscription_details: { subscription: proration.subscription, subscription_item: proration.item },
          },
    period: { ...terms.period },
    pricing: pricingOf(price, terms.amount),
    proration: proration !== null,
    quantity: terms.quantity,
    quantity_decimal: Stripe.Decimal.from(terms.quantity),
    tax_rates: [],
    test_clock: customer.test_clock ?? null,
  });
  world.emit('invoiceitem.created', item);
  return item;
}

/** The price of a line, by its id. */
export function pricingOf(price: Stripe.Price | null, amount: number): Stripe.InvoiceItem.Pricing {
  if (price === null) return { type: 'price_details', unit_amount_decimal: Stripe.Decimal.from(amount) };
  return {
    type: 'price_details',
    price_details: { price: price.id, product: String(price.product) },
    unit_amount_decimal: price.unit_amount_decimal,
  };
}

function createItem(world: World, params: Params): Stripe.InvoiceItem {
  const customer = world.must(world.customers, 'customer', params.requiredText('customer'), 'customer');
  const invoiceId = params.text('invoice');
  const invoice = invoiceId === undefined ? undefined : world.must(world.invoices, 'invoice', invoiceId, 'invoice');
  const amount = params.requiredInteger('amount');
  const currency = params.requiredCurrency();
  const description = params.text('description') ?? null;
  const metadata = params.metadata();
  params.nothingElse();
  if (invoice !== undefined && invoice.status !== 'draft') {
    throw invalid('Invoice items can only be added to an invoice that is a draft.', 'invoice', 'invoice_not_editable');
  }
  const now = world.billingTime(customer);
  return addInvoiceItem(world, customer, {
    amount,
    currency,
    description,
    period: { start: now, end: now },
    price: null,
    quantity: 1,
    metadata,
    proration: null,
    invoice: invoice?.id ?? null,
  });
}
