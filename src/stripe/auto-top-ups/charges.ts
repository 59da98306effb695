import { Stripe } from 'stripe';
import type { Mode } from '../../ledger/submission.js';
import { idOf } from '../intake/subject.js';
import { ACCOUNT, TOP_UP } from '../payments/sale.js';
import type { StripeClients } from '../stripe-clients.js';
import { sessionParams, transfer } from '../top-ups/session-params.js';
import type { Attempt, NewAttempt, Refusal } from './attempt.js';

/** Clocks differ, and nothing of ours is as old as its attempt. */
const LOOK_BACK_SECONDS = 86_400;
/** Payments of one customer that are looked through for one; nobody makes that many in a day or two. */
const MOST_LISTED = 1_000;
const AUTHENTICATION = 'authentication_required';

/** How far a payment is at Stripe. */
export type ChargeState =
  | { readonly kind: 'paid'; readonly payment: string }
  | { readonly kind: 'processing'; readonly payment: string }
  /** The bank wants the owner of the card to say yes. */
  | { readonly kind: 'action'; readonly payment: string | null }
  | { readonly kind: 'declined'; readonly payment: string | null; readonly refusal: Refusal }
  /** Stripe was asked, and nobody knows what came of it. */
  | { readonly kind: 'unknown' };

/** A page of Stripe's where the owner of the card pays himself. */
export interface ConsentPage {
  readonly session: string;
  readonly url: string;
  /** Milliseconds. */
  readonly until: number;
}

/** Asks Stripe for the money of attempts, and how far they are. The same attempt asked for again is the same payment. */
export class Charges {
  constructor(private readonly clients: StripeClients) {}

  /** The card that is charged when its owner is not there: his standard one, else the one he saved last. */
  async cardOf(mode: Mode, customer: string): Promise<string | undefined> {
    const stripe = this.clients.of(mode);
    const found = await stripe.customers.retrieve(customer).catch(missing);
    if (found === undefined || found.deleted === true) return undefined;
    const standard = idOf(found.invoice_settings.default_payment_method);
    if (standard !== undefined) return standard;
    return (await stripe.paymentMethods.list({ customer, type: 'card', limit: 1 })).data[0]?.id;
  }

  async ask(attempt: NewAttempt): Promise<ChargeState> {
    const { id, mode, account, customer, card, price } = attempt;
    try {
      const intent = await this.clients.of(mode).paymentIntents.create(
        {
          amount: Number(price.amount),
          currency: price.currency,
          customer,
          payment_method: card,
          off_session: true,
          confirm: true,
          description: price.name,
          metadata: { [TOP_UP]: id, [ACCOUNT]: account },
          ...transfer(price),
        },
        { idempotencyKey: id },
      );
      return stateOf(intent);
    } catch (error) {
      return stateOfRefusal(error);
    }
  }

  /** The payment that was asked for, when no answer came; undefined where there is none. Stripe's lists are never behind. */
  async find({ id, mode, customer, createdAt }: Attempt): Promise<ChargeState | undefined> {
    const since = Math.floor(createdAt / 1_000) - LOOK_BACK_SECONDS;
    const listed = this.clients.of(mode).paymentIntents.list({ customer, created: { gte: since }, limit: 100 });
    const intents = (await listed.autoPagingToArray({ limit: MOST_LISTED }).catch(missing)) ?? [];
    for (const intent of intents) {
      if (intent.metadata[TOP_UP] === id) return stateOf(intent);
    }
    return undefined;
  }

  async look(mode: Mode, payment: string): Promise<ChargeState> {
    return stateOf(await this.clients.of(mode).paymentIntents.retrieve(payment));
  }

  /** A page for the same sale; asked for again it is the same page. Or why there can be none: the customer was deleted. */
  async openPage(attempt: NewAttempt): Promise<ConsentPage | Refusal> {
    const { id, mode, account, customer, price, returnUrl } = attempt;
    const pages = { successUrl: returnUrl, cancelUrl: returnUrl };
    // A promotion code would make it another sale; the card that is used is the one for next time.
    const asked = { ...price, promotionCodes: false, saveCard: true };
    const params = sessionParams({ id, account, customer }, asked, pages);
    try {
      const session = await this.clients.of(mode).checkout.sessions.create(params, { idempotencyKey: `${id}-page` });
      return { session: session.id, url: session.url!, until: session.expires_at * 1_000 };
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
      return refusalOf(error.code ?? error.type, error);
    }
  }

  /** Undefined while nobody has paid there, and somebody still may. */
  async lookAtPage(mode: Mode, id: string): Promise<ChargeState | undefined> {
    return stateOfPage(await this.clients.of(mode).checkout.sessions.retrieve(id, { expand: ['payment_intent'] }));
  }

  /** Nobody pays there any more, unless somebody just has. */
  async closePage(mode: Mode, id: string): Promise<ChargeState | undefined> {
    const stripe = this.clients.of(mode);
    try {
      return stateOfPage(await stripe.checkout.sessions.expire(id, { expand: ['payment_intent'] }));
    } catch (error) {
      if (error instanceof Stripe.errors.StripeInvalidRequestError) return this.lookAtPage(mode, id);
      throw error;
    }
  }

  /** So that it cannot be paid beside its page. One that cannot be cancelled is over already. */
  async giveUp(mode: Mode, payment: string): Promise<void> {
    await this.clients
      .of(mode)
      .paymentIntents.cancel(payment)
      .catch((error: unknown) => {
        if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
      });
  }
}

export function stateOf(intent: Stripe.PaymentIntent): ChargeState {
  const { id: payment, status, last_payment_error: error } = intent;
  switch (status) {
    case 'succeeded':
      return { kind: 'paid', payment };
    case 'processing':
      return { kind: 'processing', payment };
    case 'requires_action':
      return { kind: 'action', payment };
    default:
      if (error?.code === AUTHENTICATION || error?.decline_code === AUTHENTICATION) return { kind: 'action', payment };
      return { kind: 'declined', payment, refusal: refusalOf(error?.code ?? status, error) };
  }
}

/** Only what Stripe says of the card, or of the request, is an answer. Anything else may have taken effect. */
function stateOfRefusal(error: unknown): ChargeState {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  if (error instanceof Stripe.errors.StripeCardError) {
    if (error.payment_intent !== undefined) return stateOf(error.payment_intent);
    if (error.code === AUTHENTICATION) return { kind: 'action', payment: null };
    return { kind: 'declined', payment: null, refusal: refusalOf(error.code ?? error.type, error) };
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError && error.statusCode !== 409) {
    return { kind: 'declined', payment: null, refusal: refusalOf(error.code ?? error.type, error) };
  }
  return { kind: 'unknown' };
}

function stateOfPage(session: Stripe.Checkout.Session): ChargeState | undefined {
  const payment = idOf(session.payment_intent) ?? session.id;
  if (session.status === 'open') return undefined;
  if (session.status === 'complete') {
    if (session.payment_status !== 'unpaid') return { kind: 'paid', payment };
    const intent = session.payment_intent;
    const state = typeof intent === 'object' && intent !== null ? stateOf(intent) : null;
    // He was there, and there is no second page.
    if (state?.kind !== 'action') return state ?? { kind: 'processing', payment };
  }
  const message = 'The owner of the card did not give his consent in time.';
  return { kind: 'declined', payment: null, refusal: { code: AUTHENTICATION, declineCode: null, message } };
}

/** A customer that this account of Stripe's does not have has no card. */
function missing(error: unknown): undefined {
  if (error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing') return undefined;
  throw error;
}

function refusalOf(code: string, error: { readonly message?: string; readonly decline_code?: string } | null): Refusal {
  return { code, declineCode: error?.decline_code ?? null, message: error?.message ?? `Stripe says ${code}.` };
}
