import { Stripe } from 'stripe';
import type { Pool } from 'pg';
import { LedgerError } from '../../shared/ledger-error.js';
import { idOf } from '../intake/subject.js';
import type { ActingParts } from '../act-on-event.js';
import { BookSteps } from '../payments/book-steps.js';
import { optionsOf, ReadPayments, type StripePlace } from '../payments/read-payments.js';
import { ACCOUNT, TOP_UP } from '../payments/sale.js';
import { SettlePayment, type Look } from '../payments/settle-payment.js';
import { StoredPayments } from '../payments/stored-payments.js';
import type { StripeClients } from '../stripe-clients.js';
import { invoicePaymentsWith, type InvoicePayments } from '../subscriptions/invoice-payments.js';
import { ReadSubscriptions } from '../subscriptions/read-subscriptions.js';
import { SettleSubscription } from '../subscriptions/settle-subscription.js';
import { ComparePayment } from './compare-payment.js';
import { CompareUsage } from './compare-usage.js';
import type { Difference, Finding } from './difference.js';
import type { Span } from './span.js';

const BOUND = `
SELECT payment FROM stripe_payments
WHERE mode = $1 AND stripe_account IS NOT DISTINCT FROM $2 AND created_at >= $3 AND created_at < $4 ORDER BY payment`;
const AMONG = `SELECT payment FROM stripe_payments WHERE payment = ANY ($1)`;
const PAGE = 100;
/** All that was reported to meters is one object. */
const USAGE = 'usage';
/** Bank debits take two weeks; a failed invoice is tried for up to two months. */
const LONGEST_ON_THE_WAY_MS = 60 * 86_400_000;

export interface ReconcileParts {
  readonly pool: Pool;
  readonly stored: StoredPayments;
  readonly invoices: InvoicePayments;
  readonly clients: StripeClients;
  readonly read: ReadPayments;
  readonly compare: ComparePayment;
  readonly compareUsage: CompareUsage;
  readonly settle: SettlePayment;
  readonly readSubscriptions: ReadSubscriptions;
  readonly settleSubscription: SettleSubscription;
}

/**
 * Compares what Stripe has of a span of time with the ledger, one object after the other: payments that were made, refunded
 * or disputed in it, payments that credits were granted for in it, subscriptions that were paid for in it, and what meters
 * were told of it.
 */
export class Reconcile {
  constructor(private readonly parts: ReconcileParts) {}

  async *differences(place: StripePlace, span: Span): AsyncGenerator<Difference> {
    for (const id of await this.objects(place, span)) yield* await this.differencesOf(place, id, span);
  }

  /** What there is to be compared, in an order of its own: so whoever was interrupted can go on behind an object. */
  async objects(place: StripePlace, span: Span): Promise<string[]> {
    return [...(await this.payments(place, span)), ...(await this.subscriptions(place, span)), USAGE].sort();
  }

  /** Of one object; what cannot be told of it is a finding too, and keeps nothing else from being compared. */
  async differencesOf(place: StripePlace, id: string, span: Span): Promise<Difference[]> {
    const { compare, compareUsage, settleSubscription } = this.parts;
    try {
      if (id === USAGE) return await all(compareUsage.differences(place, span));
      if (isSubscription(id)) return await settleSubscription.differences(place, id);
      const object = (await this.invoiceBehind(place, id)) ?? id;
      const difference = await compare.compare(object, this.lookAt(place, object)).catch(notYet);
      return difference === null ? [] : [difference];
    } catch (error) {
      if (!(error instanceof LedgerError) || error.retryable) throw error;
      return [{ kind: 'unclear', object: id, account: null, words: error.message, isRepairable: false }];
    }
  }

  /** Settles anew what a difference is about; what the ledger refuses stays as it is, and is told. */
  async repair(place: StripePlace, difference: Difference): Promise<Finding> {
    const { object, isRepairable } = difference;
    if (!isRepairable) return { ...difference, repair: null };
    try {
      return { ...difference, repair: { isDone: true, words: await this.settle(place, object) } };
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      return { ...difference, repair: { isDone: false, words: error.message } };
    }
  }

  private async settle(place: StripePlace, object: string): Promise<string> {
    const { settle, settleSubscription } = this.parts;
    const words = isSubscription(object)
      ? await settleSubscription.settle(place, object)
      : await settle.settle(object, this.lookAt(place, object));
    return words ?? `${object}: nothing to do`;
  }

  private lookAt(place: StripePlace, id: string): Look {
    const { read } = this.parts;
    const look: Look = async () => {
      if (id.startsWith('in_')) return this.parts.invoices.look(place, id);
      if (id.startsWith('cs_')) return read.freeSession(place, await read.session(place, id));
      return read.paymentIntent(place, id);
    };
    return () => look().catch(missing);
  }

  /** Of a payment intent that we did not sell: the invoice of a subscription that it paid, if it did. */
  private async invoiceBehind(place: StripePlace, id: string): Promise<string | undefined> {
    const { stored, invoices } = this.parts;
    if (!id.startsWith('pi_') || place.stripeAccount !== null || (await stored.journal(id)) !== undefined)
      return undefined;
    return (await invoices.behind(place, id))?.invoice;
  }

  /** Everything that may have moved money in that time, each once. */
  private async payments(place: StripePlace, { from, to }: Span): Promise<Set<string>> {
    const { clients, pool } = this.parts;
    const stripe = clients.of(place.mode);
    const options = optionsOf(place);
    const within = { created: { gte: Math.floor(from / 1_000), lt: Math.ceil(to / 1_000) }, limit: PAGE };
    const ids = await this.unheard(place, { from: from - LONGEST_ON_THE_WAY_MS, to: from });
    for await (const { id, status } of stripe.paymentIntents.list(within, options))
      if (status === 'succeeded') ids.add(id);
    for await (const { payment_intent: of } of stripe.refunds.list(within, options)) add(ids, idOf(of));
    for await (const { payment_intent: of } of stripe.disputes.list(within, options)) add(ids, idOf(of));
    for await (const session of stripe.checkout.sessions.list({ ...within, status: 'complete' }, options)) {
      if (isFree(session)) ids.add(session.id);
    }
    const values = [place.mode, place.stripeAccount, new Date(from), new Date(to)];
    for (const { payment } of (await pool.query<{ payment: string }>(BOUND, values)).rows) ids.add(payment);
    return ids;
  }

  /**
   * Payments that were begun in that time and are paid by now, of which nothing is granted: the money may have come long
   * after what was compared then.
   */
  private async unheard(place: StripePlace, { from, to }: Span): Promise<Set<string>> {
    const { clients, pool } = this.parts;
    const stripe = clients.of(place.mode);
    const before = { created: { gte: Math.floor(from / 1_000), lt: Math.floor(to / 1_000) }, limit: PAGE };
    const ids = new Set<string>();
    for await (const { id, status, metadata } of stripe.paymentIntents.list(before, optionsOf(place)))
      if (status === 'succeeded' && (metadata[TOP_UP] ?? metadata[ACCOUNT]) !== undefined) ids.add(id);
    for await (const session of stripe.checkout.sessions.list({ ...before, status: 'complete' }, optionsOf(place)))
      if (isFree(session)) ids.add(session.id);
    for (const { payment } of (await pool.query<{ payment: string }>(AMONG, [[...ids]])).rows) ids.delete(payment);
    return ids;
  }

  private async subscriptions(place: StripePlace, { from, to }: Span): Promise<Set<string>> {
    const { clients, readSubscriptions } = this.parts;
    const created = { gte: Math.floor((from - LONGEST_ON_THE_WAY_MS) / 1_000), lt: Math.ceil(to / 1_000) };
    const ids = new Set<string>();
    const paid = clients.of(place.mode).invoices.list({ created, status: 'paid', limit: PAGE }, optionsOf(place));
    for await (const invoice of paid) {
      const paidAt = (invoice.status_transitions.paid_at ?? invoice.created) * 1_000;
      if (invoice.created * 1_000 >= from || paidAt >= from) add(ids, readSubscriptions.subscriptionOf(invoice));
    }
    return ids;
  }
}

/** Of a session with nothing to pay there is no payment: it stands for it. */
function isFree({ mode, payment_status: status }: Stripe.Checkout.Session): boolean {
  return mode === 'payment' && status === 'no_payment_required';
}

async function all(differences: AsyncIterable<Difference>): Promise<Difference[]> {
  const found: Difference[] = [];
  for await (const difference of differences) found.push(difference);
  return found;
}

function isSubscription(id: string): boolean {
  return id.startsWith('sub_');
}

function add(ids: Set<string>, id: string | undefined): void {
  if (id !== undefined) ids.add(id);
}

/** What was paid for a period that has yet to begin gave nothing that could be compared. */
function notYet(error: unknown): null {
  if (error instanceof LedgerError && error.code === 'busy') return null;
  throw error;
}

/** What Stripe does not have is a finding, not a failure. */
function missing(error: unknown): undefined {
  if (error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing') return undefined;
  throw error;
}

/** With all that it takes to look at Stripe and to change the ledger. */
export function reconcileWith({ clients, topUps, catalogue, ...parts }: ActingParts): Reconcile {
  const { pool, units, writePath } = parts;
  const stored = new StoredPayments(pool);
  const readSubscriptions = new ReadSubscriptions(clients);
  return new Reconcile({
    pool,
    clients,
    stored,
    read: new ReadPayments(clients, topUps, units),
    compare: new ComparePayment(pool, stored),
    compareUsage: new CompareUsage(pool, clients),
    settle: new SettlePayment(stored, new BookSteps({ ...parts, stored })),
    readSubscriptions,
    settleSubscription: new SettleSubscription({ pool, read: readSubscriptions, catalogue, writePath }),
    invoices: invoicePaymentsWith({ pool, clients, catalogue, writePath }),
  });
}
