import { Stripe } from 'stripe';
import type { Pool } from 'pg';
import { idOf } from '../intake/subject.js';
import type { ActingParts } from '../act-on-event.js';
import { BookSteps } from '../payments/book-steps.js';
import { optionsOf, ReadPayments, type StripePlace } from '../payments/read-payments.js';
import { SettlePayment, type Look } from '../payments/settle-payment.js';
import { StoredPayments } from '../payments/stored-payments.js';
import type { StripeClients } from '../stripe-clients.js';
import { ReadSubscriptions } from '../subscriptions/read-subscriptions.js';
import { SettleSubscription } from '../subscriptions/settle-subscription.js';
import { StoredSubscriptions } from '../subscriptions/stored-subscriptions.js';
import { ComparePayment } from './compare-payment.js';
import type { Difference } from './difference.js';

/** Milliseconds; `from` is in it, `to` is not. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const BOUND = `
SELECT payment FROM stripe_payments
WHERE mode = $1 AND stripe_account IS NOT DISTINCT FROM $2 AND created_at >= $3 AND created_at < $4 ORDER BY payment`;
const PAGE = 100;

export interface ReconcileParts {
  readonly pool: Pool;
  readonly clients: StripeClients;
  readonly read: ReadPayments;
  readonly compare: ComparePayment;
  readonly settle: SettlePayment;
  readonly readSubscriptions: ReadSubscriptions;
  readonly settleSubscription: SettleSubscription;
}

/**
 * Compares what Stripe has of a span of time with the ledger, one object after the other: payments that were made, refunded
 * or disputed in it, payments that credits were granted for in it, and subscriptions that were paid for in it.
 */
export class Reconcile {
  constructor(private readonly parts: ReconcileParts) {}

  async *differences(place: StripePlace, span: Span): AsyncGenerator<Difference> {
    const { compare, settleSubscription } = this.parts;
    for (const id of await this.payments(place, span)) {
      const difference = await compare.compare(id, this.lookAt(place, id));
      if (difference !== null) yield difference;
    }
    for (const id of await this.subscriptions(place, span)) yield* await settleSubscription.differences(place, id);
  }

  /** Settles anew what a difference is about. @returns in words, what was done */
  async repair(place: StripePlace, { object }: Difference): Promise<string> {
    const { settle, settleSubscription } = this.parts;
    const words = object.startsWith('sub_')
      ? await settleSubscription.settle(place, object)
      : await settle.settle(object, this.lookAt(place, object));
    return words ?? `${object}: nothing to do`;
  }

  private lookAt(place: StripePlace, id: string): Look {
    const { read } = this.parts;
    const look: Look = id.startsWith('cs_')
      ? async () => read.freeSession(place, await read.session(place, id))
      : () => read.paymentIntent(place, id);
    return () => look().catch(missing);
  }

  /** Everything that may have moved money in that time, each once. */
  private async payments(place: StripePlace, { from, to }: Span): Promise<Set<string>> {
    const { clients, pool } = this.parts;
    const stripe = clients.of(place.mode);
    const options = optionsOf(place);
    const within = { created: { gte: Math.floor(from / 1_000), lt: Math.ceil(to / 1_000) }, limit: PAGE };
    const ids = new Set<string>();
    for await (const { id, status } of stripe.paymentIntents.list(within, options))
      if (status === 'succeeded') ids.add(id);
    for await (const { payment_intent: of } of stripe.refunds.list(within, options)) add(ids, idOf(of));
    for await (const { payment_intent: of } of stripe.disputes.list(within, options)) add(ids, idOf(of));
    for await (const session of stripe.checkout.sessions.list({ ...within, status: 'complete' }, options)) {
      if (session.mode === 'payment' && session.payment_status === 'no_payment_required') ids.add(session.id);
    }
    const values = [place.mode, place.stripeAccount, new Date(from), new Date(to)];
    for (const { payment } of (await pool.query<{ payment: string }>(BOUND, values)).rows) ids.add(payment);
    return ids;
  }

  private async subscriptions(place: StripePlace, { from, to }: Span): Promise<Set<string>> {
    const { clients, readSubscriptions } = this.parts;
    const created = { gte: Math.floor(from / 1_000), lt: Math.ceil(to / 1_000) };
    const ids = new Set<string>();
    const paid = clients.of(place.mode).invoices.list({ created, status: 'paid', limit: PAGE }, optionsOf(place));
    for await (const invoice of paid) add(ids, readSubscriptions.subscriptionOf(invoice));
    return ids;
  }
}

function add(ids: Set<string>, id: string | undefined): void {
  if (id !== undefined) ids.add(id);
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
  const subscriptions = { stored: new StoredSubscriptions(pool), read: readSubscriptions, catalogue, writePath };
  return new Reconcile({
    pool,
    clients,
    read: new ReadPayments(clients, topUps, units),
    compare: new ComparePayment(pool, stored),
    settle: new SettlePayment(stored, new BookSteps({ ...parts, stored })),
    readSubscriptions,
    settleSubscription: new SettleSubscription(subscriptions),
  });
}
