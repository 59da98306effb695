import type { Stripe } from 'stripe';
import { idOf } from '../intake/subject.js';
import { ACCOUNT, mustBeAccount } from '../payments/sale.js';
import { optionsOf, type StripePlace } from '../payments/read-payments.js';
import type { StripeClients } from '../stripe-clients.js';
import { moneyByItem } from './invoice-money.js';
import { paidPeriods, type PaidPeriod } from './paid-period.js';

/** Paid invoices that are looked at, the newest: those before were looked at when they were the newest. */
const MOST_INVOICES = 12;
const MOST_LINES = 1_000;

/** A paid invoice of a subscription. */
export interface PaidInvoice {
  readonly id: string;
  readonly currency: string;
  /** The earliest first. */
  readonly periods: readonly PaidPeriod[];
  /** By item, in the smallest unit of the currency. */
  readonly money: ReadonlyMap<string, bigint>;
}

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

  /** Its paid invoices, the oldest first. */
  async paidInvoices(place: StripePlace, id: string): Promise<PaidInvoice[]> {
    const stripe = this.clients.of(place.mode);
    const options = optionsOf(place);
    const invoices = await stripe.invoices.list({ subscription: id, status: 'paid', limit: MOST_INVOICES }, options);
    const found: PaidInvoice[] = [];
    for (const invoice of invoices.data.toReversed()) {
      const lines = invoice.lines.has_more
        ? await stripe.invoices
            .listLineItems(invoice.id, { limit: 100 }, options)
            .autoPagingToArray({ limit: MOST_LINES })
        : invoice.lines.data;
      const { currency } = invoice;
      found.push({
        id: invoice.id,
        currency,
        periods: paidPeriods(id, lines),
        money: moneyByItem(id, invoice, lines),
      });
    }
    return found;
  }

  /** Whether what changed about it is invoiced by itself, and that is not paid yet. */
  async isChangeUnpaid(place: StripePlace, { latest_invoice }: Stripe.Subscription): Promise<boolean> {
    const id = idOf(latest_invoice);
    if (id === undefined) return false;
    const { billing_reason, status } = await this.clients.of(place.mode).invoices.retrieve(id, {}, optionsOf(place));
    return billing_reason === 'subscription_update' && (status === 'draft' || status === 'open');
  }

  /**
   * The account that its metadata names, or that of its customer.
   * @throws LedgerError invalid_request where that can be no account
   */
  async accountNamed(place: StripePlace, subscription: Stripe.Subscription): Promise<string | undefined> {
    const named = subscription.metadata[ACCOUNT] ?? (await this.accountOfCustomer(place, subscription));
    if (named !== undefined) mustBeAccount(named, subscription.id);
    return named;
  }

  private async accountOfCustomer(place: StripePlace, { customer }: Stripe.Subscription): Promise<string | undefined> {
    const id = idOf(customer);
    if (id === undefined) return undefined;
    const found = await this.clients.of(place.mode).customers.retrieve(id, {}, optionsOf(place));
    return found.deleted ? undefined : found.metadata[ACCOUNT];
  }
}
