import type { Stripe } from 'stripe';
import type { Subscribe } from '../../ledger/domain/command.js';
import type { Target } from '../../ledger/submission.js';
import type { WritePath } from '../../ledger/write-path.js';
import type { PlanCatalogue } from '../../plans/plan-catalogue.js';
import { LedgerError } from '../../shared/ledger-error.js';
import { idOf } from '../intake/subject.js';
import type { StripePlace } from '../payments/read-payments.js';
import { nextChanges, type Change, type HadSubscription, type SeenSubscription } from './next-changes.js';
import type { Difference } from '../reconcile/difference.js';
import type { PaidPeriod } from './paid-period.js';
import type { ReadSubscriptions } from './read-subscriptions.js';
import type { StoredSubscriptions } from './stored-subscriptions.js';

export interface SubscriptionParts {
  readonly stored: StoredSubscriptions;
  readonly read: ReadSubscriptions;
  readonly catalogue: PlanCatalogue;
  readonly writePath: WritePath;
}

type Terms = Omit<Subscribe, 'type' | 'subscription' | 'seen' | 'tried'>;

/**
 * Brings the ledger to where Stripe is with one subscription: every period that was paid for is begun, once, whichever
 * event or call came first; then what changed about it since. One at a time looks at a subscription, because what it is to
 * become follows from the look.
 */
export class SettleSubscription {
  constructor(private readonly parts: SubscriptionParts) {}

  /**
   * @returns in words, what was done; undefined where it has nothing to do with credits
   * @throws LedgerError busy where somebody else looks at it, or what the ledger refused
   */
  async settle(place: StripePlace, id: string): Promise<string | undefined> {
    const { stored, read } = this.parts;
    const account = await this.account(place, id);
    if (account === undefined) return undefined;
    const by = await stored.take(id);
    if (by === undefined) throw new LedgerError('busy', `${id} is being settled elsewhere`, {}, true);
    try {
      const target = { mode: place.mode, account };
      const seen = await read.subscription(place, id);
      const periods = await read.paidPeriods(place, id);
      const done = await this.begin(target, seen, periods);
      done.push(...(await this.follow(target, seen)));
      return done.length === 0 ? `${id}: nothing left to do` : `${id}: ${done.join(', ')}`;
    } finally {
      await stored.letGo(id, by);
    }
  }

  /** What would be done now, without doing it. */
  async preview(place: StripePlace, id: string): Promise<string | undefined> {
    if ((await this.owner(place, id)) === undefined) return undefined;
    const told = (await this.differences(place, id)).map(({ words }) => words);
    return told.length === 0 ? `${id}: nothing left to do` : `${id}: ${told.join(', ')}`;
  }

  /** What settling it would change; nothing where it has nothing to do with credits. */
  async differences(place: StripePlace, id: string): Promise<Difference[]> {
    const { stored, read } = this.parts;
    const account = (await this.owner(place, id))?.account;
    if (account === undefined) return [];
    const target = { mode: place.mode, account };
    const seen = await read.subscription(place, id);
    const periods = await read.paidPeriods(place, id);
    const plans = await stored.plans(periods.map(({ price }) => price));
    const names = await stored.items(id);
    const state = await this.seenOf(seen);
    const found: Difference[] = [];
    const add = (kind: Difference['kind'], words: string) =>
      void found.push({ kind, object: id, account, words, isRepairable: true });
    const now = await this.parts.writePath.read(target, view => view.now);
    for (const { item, price, start, end } of periods) {
      const had = await this.had(target, names.get(item) ?? id);
      const plan = plans.get(price);
      if (plan === undefined || end <= now || start <= (had?.latestStart ?? -Infinity)) continue;
      add('missing_period', `begin ${plan} from ${new Date(start).toISOString()}`);
    }
    for (const [item, ledgerId] of names) {
      const changes = nextChanges(state, item, await this.had(target, ledgerId));
      for (const { kind } of changes) add('other_subscription', `${ledgerId}: ${kind}`);
    }
    return found;
  }

  /** Whose it is: for ever, from the first look on. */
  private async account(place: StripePlace, id: string): Promise<string | undefined> {
    const { stored } = this.parts;
    const owner = await this.owner(place, id);
    if (owner === undefined || owner.isBound) return owner?.account;
    await stored.bind(id, place, owner.account);
    return (await stored.accountOf(id))!.account;
  }

  private async owner(place: StripePlace, id: string): Promise<{ account: string; isBound: boolean } | undefined> {
    const { stored, read } = this.parts;
    // The owner of a connected account can write into its metadata whatever he likes.
    if (place.stripeAccount !== null) return undefined;
    const bound = await stored.accountOf(id);
    if (bound !== undefined) return { account: bound.account, isBound: true };
    const seen = await read.subscription(place, id);
    const customer = idOf(seen.customer);
    const account =
      (await read.accountNamed(place, seen)) ??
      (customer === undefined ? undefined : await stored.accountOfCustomer(customer, place.mode));
    return account === undefined ? undefined : { account, isBound: false };
  }

  /** Begins the periods that were paid for and are not begun yet. */
  private async begin(target: Target, seen: Stripe.Subscription, periods: readonly PaidPeriod[]): Promise<string[]> {
    const { stored } = this.parts;
    const plans = await stored.plans(periods.map(({ price }) => price));
    const done: string[] = [];
    for (const period of periods) {
      const { item, price, start, end } = period;
      const plan = plans.get(price);
      if (plan === undefined) continue;
      const ledgerId = await this.nameOf(item, seen.id);
      const isTrial = seen.trial_end !== null && seen.trial_end * 1_000 === end;
      const once = await this.terms(plan, { start, end }, isTrial);
      const terms = { ...once, overrides: await stored.meanPeriod(period, plan, givenBy(once, 1)) };
      if (await this.begun(target, ledgerId, terms))
        done.push(`${ledgerId} has ${plan} from ${new Date(start).toISOString()}`);
    }
    return done;
  }

  /** @returns false where that period was begun before, or is over already */
  private async begun(target: Target, subscription: string, terms: Terms): Promise<boolean> {
    const { writePath } = this.parts;
    const fact = `subscription:${subscription}:${Math.floor(terms.start! / 1_000)}`;
    const command = { type: 'subscribe', subscription, ...terms, seen: false, tried: false } as const;
    try {
      const { body } = await writePath.execute({ target, command, once: null, fact });
      return (JSON.parse(body.toString('utf8')) as { entries: unknown[] }).entries.length > 0;
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      if (error.code === 'fact_already_recorded') return false;
      // Of a period that is over there is nothing left to give.
      const isPast = error.code === 'invalid_request' && terms.end! <= (await writePath.read(target, ({ now }) => now));
      if (isPast) return false;
      throw error;
    }
  }

  /** What else changed: the plan within a period, whether it ends with it, that it is over. */
  private async follow(target: Target, seen: Stripe.Subscription): Promise<string[]> {
    const { stored } = this.parts;
    const state = await this.seenOf(seen);
    const done: string[] = [];
    for (const [item, ledgerId] of await stored.items(seen.id)) {
      for (const change of nextChanges(state, item, await this.had(target, ledgerId))) {
        await this.change(target, ledgerId, change);
        done.push(`${ledgerId}: ${change.kind.replaceAll('_', ' ')}`);
      }
    }
    return done;
  }

  private async change(target: Target, subscription: string, change: Change): Promise<void> {
    const { writePath } = this.parts;
    if (change.kind === 'end') {
      const command = { type: 'cancel', subscription, when: 'now' } as const;
      await writePath.execute({ target, command, once: null, fact: null });
      return;
    }
    const { plan } = change.kind === 'plan' ? change : (await this.had(target, subscription))!;
    const terms = await this.terms(plan, change.kind === 'plan' ? change : null, false);
    const isMultiple = change.kind === 'plan' && change.quantity > 1;
    const command = {
      type: 'subscribe',
      subscription,
      ...terms,
      overrides: isMultiple ? givenBy(terms, change.quantity) : null,
      cancelAtEnd: change.kind === 'plan' ? null : change.value,
      seen: true,
      tried: false,
    } as const;
    await writePath.execute({ target, command, once: null, fact: null });
  }

  /** What is paid for is given, also of a plan that takes no new subscriptions any more. */
  private async terms(plan: string, span: { start: number; end: number } | null, trial: boolean): Promise<Terms> {
    const { terms } = await this.parts.catalogue.offer(plan);
    return {
      terms,
      archived: false,
      start: span?.start ?? null,
      end: span?.end ?? null,
      when: 'now',
      policy: 'prorate',
      trial: trial && terms.trial !== null,
      cancelAtEnd: null,
      overrides: null,
    };
  }

  private had(target: Target, ledgerId: string): Promise<(HadSubscription & { latestStart: number }) | undefined> {
    return this.parts.writePath.read(target, ({ state }) => {
      const found = state.subscriptions.get(ledgerId);
      if (found === undefined) return undefined;
      const { terms, status, period, cancelAtEnd, next } = found;
      const latestStart = next?.period?.start ?? period.start;
      return { plan: terms.plan, status, periodStart: period.start, cancelAtEnd, latestStart };
    });
  }

  private async nameOf(item: string, subscription: string): Promise<string> {
    const { stored } = this.parts;
    await stored.nameItem(item, subscription);
    return (await stored.items(subscription)).get(item)!;
  }

  private async seenOf({
    status,
    items,
    cancel_at,
    cancel_at_period_end,
  }: Stripe.Subscription): Promise<SeenSubscription> {
    const plans = await this.parts.stored.plans(items.data.map(({ price }) => price.id));
    const seen = items.data.map(({ id, price, quantity = 1, current_period_start, current_period_end }) => {
      const periodStart = current_period_start * 1_000;
      return { item: id, plan: plans.get(price.id), quantity, periodStart, periodEnd: current_period_end * 1_000 };
    });
    const ends = Math.min(...items.data.map(({ current_period_end: end }) => end));
    return { status, cancelsAtEnd: cancel_at_period_end || (cancel_at !== null && cancel_at <= ends), items: seen };
  }
}

/** By unit, what so many of the plan give. */
function givenBy({ terms }: Terms, quantity: number): Map<string, bigint> {
  return new Map(terms.grants.map(({ unit, amount }) => [unit, amount * BigInt(quantity)]));
}
