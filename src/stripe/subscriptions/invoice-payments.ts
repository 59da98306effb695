import type { Pool } from 'pg';
import type { Stripe } from 'stripe';
import { LOTS_PER_ENTRY } from '../../ledger/domain/account.js';
import type { WritePath } from '../../ledger/write-path.js';
import type { PlanCatalogue } from '../../plans/plan-catalogue.js';
import { LedgerError } from '../../shared/ledger-error.js';
import { idOf } from '../intake/subject.js';
import type { Payment, PurchasedLot } from '../payments/payment.js';
import { optionsOf, type StripePlace } from '../payments/read-payments.js';
import { returnedOf } from '../payments/returned.js';
import type { SeenPayment } from '../payments/settle-payment.js';
import type { StripeClients } from '../stripe-clients.js';
import { GivenLots } from './given-lots.js';
import { LedgerSubscriptions } from './ledger-subscriptions.js';
import { StoredMoney, type InvoiceShare } from './stored-money.js';
import { StoredSubscriptions } from './stored-subscriptions.js';

/** Payments of one invoice, and refunds and disputes of all of these, that are looked at. */
const MOST_PAYMENTS = 100;
const MOST_RETURNS = 1_000;

/** A paid invoice and the subscription it is of. */
export interface InvoiceOf {
  readonly invoice: string;
  readonly subscription: string;
}

export interface InvoiceParts {
  readonly clients: StripeClients;
  readonly stored: StoredSubscriptions;
  readonly money: StoredMoney;
  readonly lots: GivenLots;
  readonly ledger: LedgerSubscriptions;
}

/** Paid invoices of subscriptions as payments: their refunds and disputes take back what they gave, as those of any payment. */
export class InvoicePayments {
  constructor(private readonly parts: InvoiceParts) {}

  /** The invoice that a payment intent paid; undefined where it paid none of a subscription. */
  async behind(place: StripePlace, intent: string): Promise<InvoiceOf | undefined> {
    const stripe = this.parts.clients.of(place.mode);
    const payment = { type: 'payment_intent', payment_intent: intent } as const;
    const { data } = await stripe.invoicePayments.list({ payment, limit: 1 }, optionsOf(place));
    const invoice = idOf(data[0]?.invoice);
    if (invoice === undefined) return undefined;
    const { parent } = await stripe.invoices.retrieve(invoice, {}, optionsOf(place));
    const subscription = idOf(parent?.subscription_details?.subscription);
    return subscription === undefined ? undefined : { invoice, subscription };
  }

  /** Undefined where it is not paid. */
  async look(place: StripePlace, invoice: string): Promise<SeenPayment | undefined> {
    const stripe = this.parts.clients.of(place.mode);
    const options = optionsOf(place);
    const { status, amount_paid, currency, parent } = await stripe.invoices.retrieve(invoice, {}, options);
    if (status !== 'paid') return undefined;
    const payments = await stripe.invoicePayments.list({ invoice, limit: MOST_PAYMENTS }, options);
    const refunds: Stripe.Refund[] = [];
    const disputes: Stripe.Dispute[] = [];
    for (const { payment } of payments.data) {
      const intent = idOf(payment.payment_intent);
      if (intent === undefined) continue;
      const of = { payment_intent: intent, limit: 100 };
      refunds.push(...(await stripe.refunds.list(of, options).autoPagingToArray({ limit: MOST_RETURNS })));
      disputes.push(...(await stripe.disputes.list(of, options).autoPagingToArray({ limit: MOST_RETURNS })));
    }
    const paid = BigInt(amount_paid);
    const returned = returnedOf(paid, refunds, disputes);
    const subscription = idOf(parent?.subscription_details?.subscription);
    const agreed = async (): Promise<Payment | undefined> => {
      // Its credits are given by its periods: as a payment it is looked at once any of it goes back.
      if (subscription === undefined || returned === 0n) return undefined;
      return this.agreed(invoice, subscription, paid, currency);
    };
    return { money: { paid, returned }, agreed };
  }

  /**
   * What it gave, as far as its money was the price of anything.
   * @throws LedgerError busy where it paid for a period that has yet to begin
   */
  private async agreed(
    invoice: string,
    subscription: string,
    paid: bigint,
    currency: string,
  ): Promise<Payment | undefined> {
    const { stored, money } = this.parts;
    const owner = await stored.accountOf(subscription);
    if (owner === undefined) return undefined;
    const lots: PurchasedLot[] = [];
    for (const share of await money.ofInvoice(invoice)) lots.push(...(await this.lotsOf(owner, share)));
    if (lots.length === 0) return undefined;
    return { payment: invoice, stripeAccount: null, ...owner, paid, currency, lots };
  }

  private async lotsOf(owner: Pick<Payment, 'mode' | 'account'>, share: InvoiceShare): Promise<PurchasedLot[]> {
    const { lots, ledger } = this.parts;
    const { ledgerId, fact, seq, amount, whole } = share;
    if (fact === null || seq === null) return [];
    const start = startOf(fact, ledgerId);
    const given = await lots.find(owner, ledgerId, seq, start);
    if (given.length === 0 && start !== null && (await ledger.had(owner, ledgerId))?.plannedStart === start) {
      throw new LedgerError('busy', `the period of ${ledgerId} that was paid for has not begun`, {}, true);
    }
    return given.map(lot => ({
      unit: lot.unit,
      amount: (lot.amount * amount) / whole,
      category: 'included',
      priority: 0,
      expiresAfterSeconds: null,
      cost: null,
      reason: fact,
      madeAs: lot.seq * LOTS_PER_ENTRY,
    }));
  }
}

/** Of the period that a fact is about; null where it is about a change within one. */
function startOf(fact: string, ledgerId: string): number | null {
  const prefix = `subscription:${ledgerId}:`;
  return fact.startsWith(prefix) ? Number(fact.slice(prefix.length)) * 1_000 : null;
}

/** With all that it takes to look at Stripe and at the ledger. */
export function invoicePaymentsWith(parts: {
  readonly pool: Pool;
  readonly clients: StripeClients;
  readonly catalogue: PlanCatalogue;
  readonly writePath: WritePath;
}): InvoicePayments {
  const { pool, clients, catalogue, writePath } = parts;
  return new InvoicePayments({
    clients,
    stored: new StoredSubscriptions(pool),
    money: new StoredMoney(pool),
    lots: new GivenLots(pool),
    ledger: new LedgerSubscriptions(writePath, catalogue),
  });
}
