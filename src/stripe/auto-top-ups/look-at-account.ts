import type { WritePath } from '../../ledger/write-path.js';
import { parseAmount } from '../../shared/amount.js';
import { LedgerError } from '../../shared/ledger-error.js';
import type { UnitRegistry } from '../../units/unit-registry.js';
import { smallestUnit } from '../payments/money.js';
import type { Customers } from '../top-ups/customers.js';
import type { Offer, Offers } from '../top-ups/offers.js';
import { newAttemptId, type Attempt } from './attempt.js';
import type { Charges } from './charges.js';
import type { FollowAttempt } from './follow-attempt.js';
import { isShort, limitReached, missingOf, nextMonthAfter, pauseLeft, type Standing } from './next-move.js';
import type { Outcomes } from './outcomes.js';
import { whyNotAutomatic, type PolicyState } from './policy.js';
import type { StoredAttempts } from './stored-attempts.js';
import type { StoredPolicies } from './stored-policies.js';

/** How often it is looked whether there is another card. */
const OTHER_CARD_MS = 3_600_000;
const AT_ONCE = 0;
/** Nothing to do before something happens. */
const REST = null;

export interface LookingParts {
  readonly policies: StoredPolicies;
  readonly attempts: StoredAttempts;
  readonly writePath: Pick<WritePath, 'read'>;
  readonly units: Pick<UnitRegistry, 'find'>;
  readonly offers: Offers;
  readonly customers: Customers;
  readonly charges: Charges;
  readonly outcomes: Outcomes;
  readonly follow: FollowAttempt;
}

/**
 * Looks at one account and does what its policy asks for. The last attempt is read before the balance, and the next one is
 * written under the number behind it: so whoever decides knows what the attempt before it brought, and of two who decide
 * at once one is refused. Nothing is locked while Stripe is asked.
 */
export class LookAtAccount {
  constructor(private readonly parts: LookingParts) {}

  /** @returns milliseconds until the next look; null where there is nothing to do before something happens */
  async look(state: PolicyState): Promise<number | null> {
    const { attempts, follow } = this.parts;
    const last = await attempts.last(state);
    if (last !== undefined && last.settledAt === null) {
      const pauseMs = await follow.follow(state, last);
      return pauseMs ?? AT_ONCE;
    }
    if (!state.policy.enabled) return REST;
    if (state.stopped !== null) return this.lookForAnotherCard(state);
    const standing = await this.standing(state);
    return (await this.isShort(state, standing)) ? this.topUp(state, standing, last) : REST;
  }

  private async topUp(state: PolicyState, standing: Standing, last: Attempt | undefined): Promise<number | null> {
    const { policies, attempts, charges, customers, outcomes, follow } = this.parts;
    const { mode, account, policy } = state;
    const returned = await policies.returnedPayment(state);
    if (returned !== undefined) {
      await outcomes.stopped(state, 'payment_returned', `money of the payment ${returned} went back`);
      return REST;
    }
    const pauseMs = pauseLeft(last, policy.cooldownSeconds);
    if (pauseMs !== null) return pauseMs;
    const offer = await this.offer(state, standing);
    if (typeof offer === 'string') {
      await outcomes.stopped(state, 'not_for_sale', offer);
      return REST;
    }
    const cappedMs = await this.capped(state, BigInt(offer.price.amount));
    if (cappedMs !== null) return cappedMs;
    const customer = await customers.known(mode, account);
    const card = customer === undefined ? undefined : await charges.cardOf(mode, customer);
    if (customer === undefined || card === undefined) {
      await outcomes.stopped(state, 'no_card', 'the account has no card that may be charged');
      return OTHER_CARD_MS;
    }
    const { pack, sale, price } = offer;
    const next = { id: newAttemptId(), mode, account, no: (last?.no ?? 0) + 1, pack, sale, price, customer, card };
    const begun = await attempts.begin({ ...next, returnUrl: policy.returnUrl }, state.puts);
    // Somebody else was first, or the policy is another by now.
    if (begun === undefined) return AT_ONCE;
    return (await follow.follow(state, begun)) ?? AT_ONCE;
  }

  /** A card that was declined too often is asked no more; another one is. */
  private async lookForAnotherCard(state: PolicyState): Promise<number | null> {
    const { policies, charges, customers } = this.parts;
    if (state.stopped !== 'declined' && state.stopped !== 'no_card') return REST;
    const customer = await customers.known(state.mode, state.account);
    const card = customer === undefined ? undefined : await charges.cardOf(state.mode, customer);
    if (card === undefined || card === state.declinedCard) return OTHER_CARD_MS;
    await policies.goOn(state);
    return AT_ONCE;
  }

  private standing({ mode, account, policy }: PolicyState): Promise<Standing> {
    return this.parts.writePath.read({ mode, account }, ({ state: { seq, frozen, units } }) => {
      const balance = units.get(policy.unit)?.balance;
      const { available = 0n, held = 0n, debt = 0n } = balance ?? {};
      return { exists: seq > 0, frozen, available, held, debt };
    });
  }

  private async isShort({ policy }: PolicyState, standing: Standing): Promise<boolean> {
    return isShort(policy.measure, await this.baseUnits(policy.unit, policy.threshold), standing);
  }

  /** What is bought, at today's price; or why it cannot be. */
  private async offer(state: PolicyState, standing: Standing): Promise<Offer | string> {
    const { unit, monthlyLimit } = state.policy;
    try {
      const offer = await this.offered(state, standing);
      if (offer.unit !== unit) return `the pack ${offer.pack} brings ${offer.unit} now, not ${unit}`;
      const { currency } = offer.price;
      if (currency !== monthlyLimit.currency) return `the pack ${offer.pack} is paid in ${currency} now`;
      const obstacle = whyNotAutomatic(offer.price);
      return obstacle === null ? offer : `the pack ${offer.pack} ${obstacle}`;
    } catch (error) {
      if (error instanceof LedgerError && !error.retryable && error.code !== 'busy') return error.message;
      throw error;
    }
  }

  private async offered({ account, policy }: PolicyState, standing: Standing): Promise<Offer> {
    const { offers } = this.parts;
    const { unit, measure, purchase } = policy;
    switch (purchase.kind) {
      case 'pack':
      case 'amount':
        return offers.of(account, purchase);
      case 'target': {
        const target = await this.baseUnits(unit, purchase.target);
        return offers.ofCredits(account, purchase.currency, missingOf(measure, target, standing));
      }
      default:
        throw new Error(`nobody knows how to buy ${String(purchase satisfies never)}`);
    }
  }

  /** Until the next month, where this one's limit would be exceeded. */
  private async capped(state: PolicyState, money: bigint): Promise<number | null> {
    const { amount, currency, count } = state.policy.monthlyLimit;
    const soFar = await this.parts.attempts.month(state, currency);
    const limit = limitReached(soFar, money, { money: smallestUnit(amount, currency)!, count });
    if (limit === null) return null;
    const until = nextMonthAfter(soFar.now);
    await this.parts.outcomes.capped(state, limit, until);
    return until - soFar.now;
  }

  private async baseUnits(unit: string, amount: string): Promise<bigint> {
    const { scale } = await this.parts.units.find(unit);
    const read = parseAmount(amount, scale);
    if (!read.ok) throw new Error(`${amount} ${unit} was taken, and ${read.message}`);
    return read.units;
  }
}
