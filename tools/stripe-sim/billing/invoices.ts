import { Stripe } from 'stripe';
import { invalid } from '../http/fault.js';
import { createdFilter, listPage } from '../http/list-page.js';
import type { Params } from '../http/params.js';
import type { Route } from '../http/route.js';
import { declineFault } from '../resources/decline-fault.js';
import type { World } from '../world/world.js';
import { collect, finalize, markUncollectible, mustBe, subscriptionOf, voidInvoice } from './collect-invoice.js';
import { itemLine } from './invoice-lines.js';
import { addInvoice } from './new-invoice.js';

const URL = '/v1/invoices';
const STATUSES = ['draft', 'open', 'paid', 'uncollectible', 'void'] as const;

export function invoiceRoutes(world: World): Route[] {
  const of = (id: string): Stripe.Invoice => world.must(world.invoices, 'invoice', id);
  const act = (path: string, work: (invoice: Stripe.Invoice, params: Params) => void): Route => ({
    method: 'POST',
    path: `${URL}/:id/${path}`,
    handle({ params, ids: [id = ''] }) {
      const invoice = of(id);
      work(invoice, params);
      return invoice;
    },
  });
  return [
    { method: 'POST', path: URL, handle: ({ params }) => createInvoice(world, params) },
    { method: 'GET', path: URL, handle: ({ params }) => list(world, params) },
    {
      method: 'GET',
      path: `${URL}/:id`,
      handle({ params, ids: [id = ''] }) {
        params.nothingElse();
        return of(id);
      },
    },
    {
      method: 'GET',
      path: `${URL}/:id/lines`,
      handle: ({ params, ids: [id = ''] }) => listPage(params, [...of(id).lines.data].reverse(), `${URL}/${id}/lines`),
    },
    act('finalize', (invoice, params) => {
      const autoAdvance = params.flag('auto_advance') ?? invoice.auto_advance;
      params.nothingElse();
      mustBe(invoice, ['draft'], 'finalized');
      invoice.auto_advance = autoAdvance ?? false;
      finalize(world, invoice);
    }),
    act('pay', (invoice, params) => pay(world, invoice, params)),
    act('void', (invoice, params) => {
      params.nothingElse();
      voidInvoice(world, invoice);
    }),
    act('mark_uncollectible', (invoice, params) => {
      params.nothingElse();
      markUncollectible(world, invoice);
    }),
    { method: 'GET', path: '/v1/invoice_payments', handle: ({ params }) => listPayments(world, params) },
  ];
}

function createInvoice(world: World, params: Params): Stripe.Invoice {
  const customer = world.must(world.customers, 'customer', params.requiredText('customer'), 'customer');
  const subscriptionId = params.text('subscription');
  const subscription =
    subscriptionId === undefined
      ? null
      : world.must(world.subscriptions, 'subscription', subscriptionId, 'subscription');
  const currency = params.currency() ?? subscription?.currency ?? 'usd';
  const autoAdvance = params.flag('auto_advance') ?? false;
  const isTaxed = params.in('automatic_tax')?.flag('enabled') ?? false;
  const metadata = params.metadata();
  const pending = params.oneOf('pending_invoice_items_behavior', ['exclude', 'include']) ?? 'exclude';
  params.oneOf('collection_method', ['charge_automatically']);
  params.nothingElse();
  const now = world.billingTime(customer);
  const items =
    pending === 'exclude'
      ? []
      : world.invoiceItems.where(item => item.invoice === null && item.customer === customer.id);
  const invoice = addInvoice(world, {
    customer,
    subscription,
    reason: 'manual',
    lines: items.map(item => itemLine(world, item)),
    currency,
    period: { start: now, end: now },
    coupon: undefined,
    isTaxed,
    autoAdvance,
    metadata,
  });
  for (const item of items) item.invoice = invoice.id;
  return invoice;
}

function pay(world: World, invoice: Stripe.Invoice, params: Params): void {
  const method = params.text('payment_method');
  const isOffSession = params.flag('off_session') ?? true;
  params.nothingElse();
  if (invoice.status === 'paid') throw invalid('Invoice is already paid', undefined, 'invoice_already_paid');
  if (invoice.status === 'draft') finalize(world, invoice);
  mustBe(invoice, ['open', 'paid', 'uncollectible'], 'paid');
  const decline = collect(world, invoice, { method, isOffSession });
  if (decline !== undefined) throw declineFault(decline);
}

function list(world: World, params: Params): object {
  const customer = params.text('customer');
  const subscription = params.text('subscription');
  const status = params.oneOf('status', STATUSES);
  const isWithin = createdFilter(params);
  const found = world.invoices.where(
    invoice =>
      isWithin(invoice) &&
      (customer === undefined || invoice.customer === customer) &&
      (subscription === undefined || subscriptionOf(world, invoice)?.id === subscription) &&
      (status === undefined || invoice.status === status),
  );
  return listPage(params, found, URL);
}

function listPayments(world: World, params: Params): object {
  const invoice = params.text('invoice');
  const status = params.text('status');
  const payment = params.in('payment');
  payment?.requiredOneOf('type', ['payment_intent']);
  const intent = payment?.text('payment_intent');
  const isWithin = createdFilter(params);
  const found = world.invoicePayments.where(
    one =>
      isWithin(one) &&
      (invoice === undefined || one.invoice === invoice) &&
      (status === undefined || one.status === status) &&
      (intent === undefined || one.payment.payment_intent === intent),
  );
  return listPage(params, found, '/v1/invoice_payments');
}
