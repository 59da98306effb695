import type { Pool } from 'pg';
import type { Stripe } from 'stripe';
import type { IdCodec } from '../ids/id-codec.js';
import type { WritePath } from '../ledger/write-path.js';
import type { PlanCatalogue } from '../plans/plan-catalogue.js';
import type { UnitRegistry } from '../units/unit-registry.js';
import { StoredAttempts } from './auto-top-ups/stored-attempts.js';
import { StoredPolicies } from './auto-top-ups/stored-policies.js';
import { WakeAttempt } from './auto-top-ups/wake-attempt.js';
import type { Outcome } from './intake/work-on-events.js';
import type { TakenEvent } from './intake/stored-events.js';
import { idOf } from './intake/subject.js';
import { BookSteps } from './payments/book-steps.js';
import { ReadPayments } from './payments/read-payments.js';
import { SettlePayment, type Look } from './payments/settle-payment.js';
import { StoredPayments } from './payments/stored-payments.js';
import type { StripeClients } from './stripe-clients.js';
import { invoicePaymentsWith, type InvoicePayments } from './subscriptions/invoice-payments.js';
import { ReadSubscriptions } from './subscriptions/read-subscriptions.js';
import { SettleSubscription } from './subscriptions/settle-subscription.js';
import type { TopUps } from './top-ups/top-ups.js';

const NOT_OURS = 'it brings no credits: not paid, or none of ours';

interface How {
  readonly settle: SettlePayment['settle'];
  readonly settleSubscription: SettleSubscription['settle'];
  readonly note: (session: Stripe.Checkout.Session) => Promise<void>;
  readonly notePayment: (payment: string) => Promise<void>;
}

/**
 * What an event leads to: the object it is about is looked at as it is now, and the ledger is brought to where that is. So
 * the order of events, their number and their siblings are nothing to it.
 */
export class ActOnEvent {
  constructor(
    private readonly read: ReadPayments,
    private readonly settle: SettlePayment,
    private readonly topUps: TopUps,
    private readonly readSubscriptions: ReadSubscriptions,
    private readonly settleSubscription: SettleSubscription,
    private readonly invoices: InvoicePayments,
    private readonly wake: WakeAttempt,
  ) {}

  act(event: TakenEvent): Promise<Outcome> {
    return this.follow(event, {
      settle: (id, look) => this.settle.settle(id, look),
      settleSubscription: (place, id) => this.settleSubscription.settle(place, id),
      note: async session => {
        await this.topUps.follow(session);
        await this.wake.bySession(session, event.mode);
      },
      notePayment: payment => this.wake.byPayment(payment, event.mode),
    });
  }

  /** What acting on it would change now. */
  preview(event: TakenEvent): Promise<Outcome> {
    return this.follow(event, {
      settle: (id, look) => this.settle.preview(id, look),
      settleSubscription: (place, id) => this.settleSubscription.preview(place, id),
      note: async () => {},
      notePayment: async () => {},
    });
  }

  private async follow(event: TakenEvent, how: How): Promise<Outcome> {
    const { subjectKind: kind, subject } = event;
    switch (kind) {
      case 'payment': {
        const outcome = await this.payment(event, subject, how);
        await how.notePayment(subject);
        return outcome;
      }
      case 'session':
        return this.session(event, how);
      case 'refund':
      case 'dispute':
      case 'charge': {
        const payment = await this.read.paymentBehind(event, kind, subject);
        if (payment === undefined) return { state: 'ignored', words: `the ${kind} belongs to no payment intent` };
        return this.payment(event, payment, how);
      }
      case 'invoice': {
        const subscription = await this.readSubscriptions.subscriptionOfInvoice(event, subject);
        if (subscription === undefined) return { state: 'ignored', words: 'the invoice is of no subscription' };
        return done(await how.settleSubscription(event, subscription));
      }
      case 'subscription':
        return done(await how.settleSubscription(event, subject));
      default:
        throw new Error(`nobody knows what to do about a ${String(kind satisfies never)}`);
    }
  }

  /** One that we sold, or else one that paid an invoice of a subscription. */
  private async payment(event: TakenEvent, intent: string, how: How): Promise<Outcome> {
    const words = await how.settle(intent, () => this.read.paymentIntent(event, intent));
    if (words !== undefined || event.stripeAccount !== null) return done(words);
    const paid = await this.invoices.behind(event, intent);
    if (paid === undefined) return done(undefined);
    const { invoice, subscription } = paid;
    const look: Look = () => this.invoices.look(event, invoice);
    // What it paid for is given before anything of it is taken back. That it was paid, the event of the invoice tells.
    const isBack = ((await look())?.money.returned ?? 0n) > 0n;
    const begun = isBack ? await how.settleSubscription(event, subscription) : `${invoice}: nothing of it went back`;
    return done((await how.settle(invoice, look)) ?? begun);
  }

  private async session(event: TakenEvent, { settle, note }: How): Promise<Outcome> {
    const session = await this.read.session(event, event.subject);
    await note(session);
    if (session.mode !== 'payment')
      return { state: 'ignored', words: `nothing is done about a ${session.mode} session` };
    const payment = idOf(session.payment_intent);
    if (payment !== undefined) return done(await settle(payment, () => this.read.paymentIntent(event, payment)));
    if (session.status !== 'complete' || session.payment_status === 'unpaid') {
      return { state: 'processed', words: `the session is ${session.status ?? 'open'} and ${session.payment_status}` };
    }
    return done(await settle(session.id, async () => this.read.freeSession(event, session)));
  }
}

function done(words: string | undefined): Outcome {
  return words === undefined ? { state: 'ignored', words: NOT_OURS } : { state: 'processed', words };
}

export interface ActingParts {
  readonly pool: Pool;
  readonly writePath: WritePath;
  readonly ids: IdCodec;
  readonly units: UnitRegistry;
  readonly clients: StripeClients;
  readonly topUps: TopUps;
  readonly catalogue: PlanCatalogue;
}

/** With all that it takes to look at Stripe and to change the ledger. */
export function actOnEventWith({ clients, topUps, catalogue, ...parts }: ActingParts): ActOnEvent {
  const { pool, writePath } = parts;
  const stored = new StoredPayments(pool);
  const read = new ReadSubscriptions(clients);
  return new ActOnEvent(
    new ReadPayments(clients, topUps, parts.units),
    new SettlePayment(stored, new BookSteps({ ...parts, stored })),
    topUps,
    read,
    new SettleSubscription({ pool, read, catalogue, writePath }),
    invoicePaymentsWith({ pool, clients, catalogue, writePath }),
    new WakeAttempt(new StoredAttempts(pool), new StoredPolicies(pool)),
  );
}
