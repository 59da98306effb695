import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { Stripe } from 'stripe';
import type { Mode } from '../../ledger/submission.js';
import { LedgerError } from '../../shared/ledger-error.js';
import type { Sale } from '../payments/sale.js';
import type { StripeClients } from '../stripe-clients.js';
import { refusalOf } from '../stripe-refusal.js';
import { Customers } from './customers.js';
import type { Offers, Wanted } from './offers.js';
import { sessionParams, type Pages } from './session-params.js';
import { StoredTopUps, type StoredTopUp, type TopUpState } from './stored-top-ups.js';

const ID = /^top_[0-9a-f]{32}$/;

export interface TopUpRequest {
  readonly mode: Mode;
  readonly account: string;
  readonly wanted: Wanted;
  /** Whether the card may be charged later, when its owner is not there. */
  readonly saveCard: boolean;
  readonly pages: Pages;
  readonly key: string;
  readonly fingerprint: Buffer;
}

export interface TopUpParts {
  readonly pool: Pool;
  readonly clients: StripeClients;
  readonly offers: Offers;
}

/** Credits that somebody wants to buy. None of this grants anything: only the payment does, once it is made. */
export class TopUps {
  private readonly stored: StoredTopUps;
  private readonly customers: Customers;

  constructor(private readonly parts: TopUpParts) {
    this.stored = new StoredTopUps(parts.pool);
    this.customers = new Customers(parts.pool, parts.clients);
  }

  /**
   * Where the buyer pays. The same key and request again: the same page.
   * @throws LedgerError pack_not_found, invalid_request, idempotency_key_reused, stripe_not_configured, stripe_refused
   */
  async begin(request: TopUpRequest): Promise<{ id: string; url: string; replayed: boolean }> {
    const { mode, account, key, fingerprint } = request;
    const known = await this.stored.byKey(mode, account, key);
    if (known !== undefined && !known.fingerprint.equals(fingerprint)) throw keyReused();
    if (typeof known?.session === 'string') return { id: known.id, url: known.url!, replayed: true };
    // Before anything is kept: without a key of Stripe's there is nothing to begin.
    this.parts.clients.of(mode);
    const begun = known ?? (await this.stored.begin(await this.agreed(request)));
    if (!begun.fingerprint.equals(fingerprint)) throw keyReused();
    return { ...(await this.open(begun, request.pages)), replayed: false };
  }

  /** @throws LedgerError top_up_not_found */
  async get(mode: Mode, account: string, id: string): Promise<StoredTopUp> {
    const topUp = ID.test(id) ? await this.stored.find(id, mode) : undefined;
    if (topUp?.account !== account) throw notFound();
    return topUp;
  }

  /** Of a top-up, also of one that was made automatically. @throws LedgerError top_up_not_found */
  async saleOf(id: string, mode: Mode): Promise<Sale> {
    const sale = await this.stored.saleOf(id, mode);
    if (sale === undefined) throw notFound();
    return sale;
  }

  /** Notes how far a session is, for those who ask; no credits depend on it. */
  async follow(session: Stripe.Checkout.Session): Promise<void> {
    await this.stored.follow(session.id, stateOf(session));
  }

  private async open(topUp: StoredTopUp, pages: Pages): Promise<{ id: string; url: string }> {
    const { id, mode, account } = topUp;
    try {
      const customer = await this.customers.of(mode, account);
      try {
        return await this.openFor(customer, topUp, pages);
      } catch (error) {
        if (!isGone(error)) throw error;
        await this.customers.letGo(mode, account, customer);
        return await this.openFor(await this.customers.of(mode, account), topUp, pages);
      }
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal.retryable) await this.stored.forget(id);
      throw refusal;
    }
  }

  /** Asked twice, Stripe answers the same session, because top-up and customer are its idempotency key. */
  private async openFor(
    customer: string,
    { id, mode, account, price }: StoredTopUp,
    pages: Pages,
  ): Promise<{ id: string; url: string }> {
    const params = sessionParams({ id, account, customer }, price, pages);
    const options = { idempotencyKey: `${id}-${customer}` };
    const { id: session, url } = await this.parts.clients.of(mode).checkout.sessions.create(params, options);
    await this.stored.opened(id, session, url!);
    return { id, url: url! };
  }

  private async agreed({ mode, account, wanted, saveCard, key, fingerprint }: TopUpRequest) {
    const { pack, sale, price: asked } = await this.parts.offers.of(account, wanted);
    const price = saveCard ? { ...asked, saveCard } : asked;
    return { id: `top_${randomUUID().replaceAll('-', '')}`, mode, account, key, fingerprint, pack, sale, price };
  }
}

/** Stripe does not have the customer any more. */
function isGone(error: unknown): boolean {
  const { StripeInvalidRequestError } = Stripe.errors;
  return error instanceof StripeInvalidRequestError && error.code === 'resource_missing' && error.param === 'customer';
}

/** A payment that takes days is under way once the buyer has done his part. */
function stateOf({ status, payment_status: payment, payment_intent: intent }: Stripe.Checkout.Session): TopUpState {
  if (status === 'expired') return 'expired';
  if (status !== 'complete') return 'open';
  if (payment !== 'unpaid') return 'paid';
  const isOver = typeof intent === 'object' && ['requires_payment_method', 'canceled'].includes(intent?.status ?? '');
  return isOver ? 'failed' : 'processing';
}

function notFound(): LedgerError {
  return new LedgerError('top_up_not_found', 'there is no such top-up');
}

function keyReused(): LedgerError {
  const message = 'this Idempotency-Key was used for another top-up: use a new key for a new request';
  return new LedgerError('idempotency_key_reused', message);
}
