import type { Pool } from 'pg';
import { transact } from '../../database/transact.js';
import type { Queryable } from '../../ledger/store/queryable.js';
import { LedgerError } from '../../shared/ledger-error.js';
import type { Amounts } from '../../units/amounts.js';
import { mainUnit, smallestUnit } from '../payments/money.js';
import type { StripeClients } from '../stripe-clients.js';
import type { Offer, Offers } from '../top-ups/offers.js';
import type { Attempt } from './attempt.js';
import { whyNotAutomatic, type AutoTopUpPolicy, type Owner, type PolicyState, type Purchase } from './policy.js';
import { StoredAttempts, type MonthSoFar } from './stored-attempts.js';
import { StoredPolicies } from './stored-policies.js';

/** A policy as it is asked for: its unit is that of what it buys, and its limit is in the currency of that. */
export interface WantedPolicy extends Omit<AutoTopUpPolicy, 'unit' | 'monthlyLimit'> {
  readonly monthlyLimit: { readonly amount: string; readonly count: number };
}

/** A policy, and how it fares. */
export interface AutoTopUp {
  readonly state: PolicyState;
  readonly last: Attempt | undefined;
  readonly month: MonthSoFar;
}

export interface AutoTopUpParts {
  readonly clients: StripeClients;
  readonly offers: Offers;
  readonly amounts: Pick<Amounts, 'read'>;
  readonly pool: Pool;
}

const IN_SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** What accounts want to have bought by themselves. Putting and reading it buys nothing: a worker does. */
export class AutoTopUps {
  constructor(private readonly parts: AutoTopUpParts) {}

  /**
   * Begins anew, whatever stopped the one before it.
   * @throws LedgerError stripe_not_configured, pack_not_found, invalid_request, unit_not_found
   */
  async put(owner: Owner, wanted: WantedPolicy): Promise<AutoTopUp> {
    const { clients, pool } = this.parts;
    clients.of(owner.mode);
    const { unit, price } = await this.leastOffer(owner.account, wanted);
    await this.mustBeCredits(unit, wanted);
    const { amount, count } = wanted.monthlyLimit;
    const { currency } = price;
    const limit = smallestUnit(amount, currency);
    if (limit === null) throw wrong('monthly_limit.amount', `is no amount of ${currency}`);
    if (limit < BigInt(price.amount)) {
      const least = `${mainUnit(BigInt(price.amount), currency)} ${currency}`;
      throw wrong('monthly_limit.amount', `must be at least ${least}, which one top-up costs`);
    }
    const policy = { ...wanted, unit, monthlyLimit: { amount, currency, count } };
    // What becomes of an attempt is written with its policy, which nobody else writes until this is kept.
    return transact(pool, async client => fare(client, await new StoredPolicies(client).put(owner, policy)));
  }

  /** @throws LedgerError auto_top_up_not_found */
  async get(owner: Owner): Promise<AutoTopUp> {
    const found = await transact(
      this.parts.pool,
      async client => {
        const state = await new StoredPolicies(client).find(owner);
        return state && fare(client, state);
      },
      IN_SNAPSHOT,
    );
    if (found === undefined) throw new LedgerError('auto_top_up_not_found', 'the account has no automatic top-up');
    return found;
  }

  /** What the smallest top-up of this policy would come to. */
  private async leastOffer(account: string, { purchase }: WantedPolicy): Promise<Offer> {
    const offer = await this.offered(account, purchase);
    const obstacle = whyNotAutomatic(offer.price);
    if (obstacle === null) return offer;
    throw wrong(purchase.kind === 'pack' ? 'pack' : 'currency', `the pack ${offer.pack} ${obstacle}`);
  }

  private offered(account: string, purchase: Purchase): Promise<Offer> {
    const { offers } = this.parts;
    return purchase.kind === 'target' ? offers.ofCredits(account, purchase.currency, 1n) : offers.of(account, purchase);
  }

  private async mustBeCredits(unit: string, { threshold, purchase }: WantedPolicy): Promise<void> {
    const fields = [{ location: 'body.threshold', unit, input: threshold, mayBeZero: true }];
    if (purchase.kind !== 'target') return void (await this.parts.amounts.read(fields));
    const target = { location: 'body.target', unit, input: purchase.target };
    const [least, most] = (await this.parts.amounts.read([...fields, target])).values;
    if (most! <= least!) throw wrong('target', 'must be more than threshold');
  }
}

async function fare(database: Queryable, state: PolicyState): Promise<AutoTopUp> {
  const attempts = new StoredAttempts(database);
  const month = await attempts.month(state, state.policy.monthlyLimit.currency);
  return { state, month, last: await attempts.last(state) };
}

function wrong(field: string, message: string): LedgerError {
  const location = `body.${field}`;
  return new LedgerError('invalid_request', `${location} ${message}`, { errors: [{ location, message }] });
}
