import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { Stripe } from 'stripe';
import type { Mode } from '../../ledger/submission.js';
import { LedgerError } from '../../shared/ledger-error.js';
import type { UnitRegistry } from '../../units/unit-registry.js';
import { mainUnit, smallestUnit } from '../payments/money.js';
import type { Sale } from '../payments/sale.js';
import type { StripeClients } from '../stripe-clients.js';
import { refusalOf } from '../stripe-refusal.js';
import { Customers } from './customers.js';
import { lotsOfFixed, lotsOfOpen } from './pack.js';
import type { Packs } from './packs.js';
import { priceOf, sessionParams, type Pages, type Price } from './session-params.js';
import { StoredTopUps, type StoredTopUp, type TopUpState } from './stored-top-ups.js';

const ID = /^top_[0-9a-f]{32}$/;

/** What the buyer wants: a pack, or as much money's worth as he chooses. */
export type Wanted = { readonly pack: string } | { readonly amount: string; readonly currency: string };

export interface TopUpRequest {
  readonly mode: Mode;
  readonly account: string;
  readonly wanted: Wanted;
  readonly pages: Pages;
  readonly key: string;
  readonly fingerprint: Buffer;
}

export interface TopUpParts {
  readonly pool: Pool;
  readonly clients: StripeClients;
  readonly packs: Packs;
  readonly units: UnitRegistry;
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

  /** @throws LedgerError top_up_not_found */
  async saleOf(id: string, mode: Mode): Promise<Sale> {
    const topUp = await this.stored.find(id, mode);
    if (topUp === undefined) throw notFound();
    return topUp.sale;
  }

  /** Notes how far a session is, for those who ask; no credits depend on it. */
  async follow(session: Stripe.Checkout.Session): Promise<void> {
    await this.stored.follow(session.id, stateOf(session));
  }

  /** Asked twice, Stripe answers the same session, because the top-up is its idempotency key. */
  private async open({ id, mode, account, price }: StoredTopUp, pages: Pages): Promise<{ id: string; url: string }> {
    const stripe = this.parts.clients.of(mode);
    try {
      const customer = await this.customers.of(mode, account);
      const params = sessionParams({ id, account, customer }, price, pages);
      const { id: session, url } = await stripe.checkout.sessions.create(params, { idempotencyKey: id });
      await this.stored.opened(id, session, url!);
      return { id, url: url! };
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal.retryable) await this.stored.forget(id);
      throw refusal;
    }
  }

  private async agreed({ mode, account, wanted, key, fingerprint }: TopUpRequest) {
    const { pack, sale, price } = await this.offer(account, wanted);
    return { id: `top_${randomUUID().replaceAll('-', '')}`, mode, account, key, fingerprint, pack, sale, price };
  }

  private async offer(account: string, wanted: Wanted): Promise<{ pack: string; sale: Sale; price: Price }> {
    if ('pack' in wanted) {
      const { id, definition } = await this.parts.packs.fixed(wanted.pack);
      const { amount, currency } = definition.price;
      const price = priceOf(definition, smallestUnit(amount, currency)!, currency);
      return { pack: id, sale: { account, lots: lotsOfFixed(definition) }, price };
    }
    const currency = wanted.currency.toLowerCase();
    const { id, definition } = await this.parts.packs.open(currency);
    const money = smallestUnit(wanted.amount, currency);
    if (money === null) throw invalidAmount(`is no amount of ${currency}: ${mainUnit(1999n, currency)} is one`);
    const { scale } = await this.parts.units.find(definition.unit);
    const lots = lotsOfOpen(definition, money, scale);
    if (lots === undefined) throw invalidAmount(`must be ${definition.least} to ${definition.most} ${currency}`);
    return { pack: id, sale: { account, lots }, price: priceOf(definition, money, currency) };
  }
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

function invalidAmount(message: string): LedgerError {
  const errors = [{ location: 'body.amount', message }];
  return new LedgerError('invalid_request', `body.amount ${message}`, { errors });
}
