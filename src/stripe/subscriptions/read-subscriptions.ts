import type { Stripe } from 'stripe';
import { idOf } from '../intake/subject.js';
import { ACCOUNT } from '../payments/sale.js';
import { optionsOf, type StripePlace } from '../payments/read-payments.js';
import type { StripeClients } from '../stripe-clients.js';
import { paidPeriods, type PaidPeriod } from './paid-period.js';

/** Paid invoices that are looked at, the newest: those before were looked at when they were the newest. */
const MOST_INVOICES = 12;
const MOST_LINES = 1_000;

/** Subscriptions and their invoices as Stripe has them now. */
export class ReadSubscriptions {
  constructor(private readonly clients: StripeClients) {}

  subscription(place: StripePlace, id: string): Promise<Stripe.Subscription> {
    return this.clients.of(place.mode).subscriptions.retrieve(id, {}, optionsOf(place));
  }

  /** The subscription an invoice is of; undefined where it is of none. */
  async subscriptionOfInvoice(place: StripePlace, id: string): Promise<string | undefined> {
    const invoice = await this.clients.of(place.mode).invoices.retrieve(id, {}, optionsOf(place));
    return this.subscriptionOf(invoice);
  }

  subscriptionOf({ parent }: Stripe.Invoice): string | undefined {
    return idOf(parent?.subscription_details?.subscription);
  }

  /** What its paid invoices paid for, the earliest first. */
  async paidPeriods(place: StripePlace, id: string): Promise<PaidPeriod[]> {
    const stripe = this.clients.of(place.mode);
    const options = optionsOf(place);
    const invoices = await stripe.invoices.list({ subscription: id, status: 'paid', limit: MOST_INVOICES }, options);
    const lines: Stripe.InvoiceLineItem[] = [];
    for (const invoice of invoices.data) {
      const all = invoice.lines.has_more
        ? await stripe.invoices
            .listLineItems(invoice.id, { limit: 100 }, options)
            .autoPagingToArray({ limit: MOST_LINES })
        : invoice.lines.data;
      lines.push(...all);
    }
    return paidPeriods(id, lines);
  }

  /** The account that its metadata names, or that of its customer. */
  async accountNamed(place: StripePlace, { metadata, customer }: Stripe.Subscription): Promise<string | undefined> {
    const named = metadata[ACCOUNT];
    if (named !== undefined) return named;
    const id = idOf(customer);
    if (id === undefined) return undefined;
    const found = await this.clients.of(place.mode).customers.retrieve(id, {}, optionsOf(place));
    return found.deleted ? undefined : found.metadata[ACCOUNT];
  }
}
