import type { Stripe } from 'stripe';
import type { Mode } from '../../ledger/submission.js';
import type { UnitRegistry } from '../../units/unit-registry.js';
import { idOf } from '../intake/subject.js';
import type { StripeClients } from '../stripe-clients.js';
import type { Payment } from './payment.js';
import { returnedOf } from './returned.js';
import { paymentOf, saleOfMetadata, TOP_UP, type PaidMoney, type Sale } from './sale.js';
import type { SeenPayment } from './settle-payment.js';

/** Refunds and disputes of one payment that are looked at; more is no payment of credits but an accident. */
const MOST_RETURNS = 1_000;

/** Where an object of Stripe's is: live or test, the platform's own or a connected account's. */
export interface StripePlace {
  readonly mode: Mode;
  readonly stripeAccount: string | null;
}

/** Finds what was agreed on before a payment was made through a top-up. */
export interface Sales {
  /** @throws LedgerError top_up_not_found */
  saleOf(topUp: string, mode: Mode): Promise<Sale>;
}

/** Payments as Stripe has them now: never as an event told of them. */
export class ReadPayments {
  constructor(
    private readonly clients: StripeClients,
    private readonly sales: Sales,
    private readonly units: UnitRegistry,
  ) {}

  /** Undefined where it is not paid. */
  async paymentIntent(place: StripePlace, id: string): Promise<SeenPayment | undefined> {
    const stripe = this.clients.of(place.mode);
    const options = optionsOf(place);
    const intent = await stripe.paymentIntents.retrieve(id, {}, options);
    if (intent.status !== 'succeeded') return undefined;
    const of = { payment_intent: id, limit: 100 };
    const refunds = await stripe.refunds.list(of, options).autoPagingToArray({ limit: MOST_RETURNS });
    const disputes = await stripe.disputes.list(of, options).autoPagingToArray({ limit: MOST_RETURNS });
    const paid = BigInt(intent.amount_received);
    const { currency, metadata } = intent;
    const own = { payment: id, ...placeOf(place), paid, currency };
    return {
      money: { paid, returned: returnedOf(paid, refunds, disputes) },
      agreed: () => this.agreed(place, metadata, async () => ({ ...own, tax: await this.taxOf(place, intent) })),
    };
  }

  /** A session with nothing to pay: paid by a promotion code, it is a payment of nothing under its own id. */
  freeSession(place: StripePlace, { id, metadata, currency }: Stripe.Checkout.Session): SeenPayment {
    const money = { payment: id, ...placeOf(place), paid: 0n, tax: 0n, currency: currency ?? 'usd' };
    return {
      money: { paid: 0n, returned: 0n },
      agreed: () => this.agreed(place, metadata ?? {}, () => Promise.resolve(money)),
    };
  }

  session({ mode, stripeAccount }: StripePlace, id: string): Promise<Stripe.Checkout.Session> {
    return this.clients
      .of(mode)
      .checkout.sessions.retrieve(id, { expand: ['payment_intent'] }, optionsOf({ mode, stripeAccount }));
  }

  /** The payment intent behind something that happened to a payment; undefined where it has none. */
  async paymentBehind(
    place: StripePlace,
    kind: 'refund' | 'dispute' | 'charge',
    id: string,
  ): Promise<string | undefined> {
    const stripe = this.clients.of(place.mode);
    const options = optionsOf(place);
    switch (kind) {
      case 'refund':
        return idOf((await stripe.refunds.retrieve(id, {}, options)).payment_intent);
      case 'dispute':
        return idOf((await stripe.disputes.retrieve(id, {}, options)).payment_intent);
      case 'charge':
        return idOf((await stripe.charges.retrieve(id, {}, options)).payment_intent);
      default:
        throw new Error(`nobody knows the payment behind a ${String(kind satisfies never)}`);
    }
  }

  /** Of a payment at a checkout its session knows; of another what whoever made it has said. */
  private async taxOf(place: StripePlace, { id, amount_details }: Stripe.PaymentIntent): Promise<bigint> {
    const { sessions } = this.clients.of(place.mode).checkout;
    const [session] = (await sessions.list({ payment_intent: id, limit: 1 }, optionsOf(place))).data;
    return BigInt(session?.total_details?.amount_tax ?? amount_details?.tax?.total_tax_amount ?? 0);
  }

  private async agreed(
    { mode, stripeAccount }: StripePlace,
    metadata: Stripe.Metadata,
    money: () => Promise<PaidMoney>,
  ): Promise<Payment | undefined> {
    // The owner of a connected account can write whatever he likes there, and pays himself.
    if (stripeAccount !== null) return undefined;
    const topUp = metadata[TOP_UP];
    const sale = topUp === undefined ? saleOfMetadata(metadata) : await this.sales.saleOf(topUp, mode);
    return sale === undefined ? undefined : paymentOf(sale, await money(), this.units);
  }
}

function placeOf({ mode, stripeAccount }: StripePlace): StripePlace {
  return { mode, stripeAccount };
}

/** In whose name Stripe is asked. */
export function optionsOf({ stripeAccount }: StripePlace): Stripe.RequestOptions {
  return stripeAccount === null ? {} : { stripeAccount };
}
