import type { Stripe } from 'stripe';
import type { Target } from '../../ledger/submission.js';
import type { StripePlace } from '../payments/read-payments.js';
import type { LedgerSubscriptions } from './ledger-subscriptions.js';
import { nextChanges, type Change, type HadSubscription, type SeenSubscription } from './next-changes.js';
import { KEEP_BOUGHT, PAST_DUE } from './past-due.js';
import type { ReadSubscriptions } from './read-subscriptions.js';
import type { StoredMoney } from './stored-money.js';
import type { StoredSubscriptions } from './stored-subscriptions.js';

export interface FollowParts {
  readonly stored: StoredSubscriptions;
  readonly money: StoredMoney;
  readonly read: ReadSubscriptions;
  readonly ledger: LedgerSubscriptions;
}

/** What one change is about. */
interface About {
  readonly target: Target;
  readonly item: string;
  readonly ledgerId: string;
}

type Bought = Extract<Change, { kind: 'plan' | 'quantity' }>;

/** What else changed: the plan or the quantity within a period, whether it ends with it, that it is over. */
export class FollowChanges {
  constructor(private readonly parts: FollowParts) {}

  /** @returns in words, what was done */
  async follow(place: StripePlace, target: Target, seen: Stripe.Subscription): Promise<string[]> {
    const done: string[] = [];
    for (const [item, ledgerId] of await this.parts.stored.items(seen.id)) {
      for (const change of await this.changes(place, target, seen, item, ledgerId)) {
        await this.carryOut({ target, item, ledgerId }, change);
        done.push(`${ledgerId}: ${change.kind.replaceAll('_', ' ')}`);
      }
    }
    return done;
  }

  async changes(
    place: StripePlace,
    target: Target,
    seen: Stripe.Subscription,
    item: string,
    ledgerId: string,
  ): Promise<Change[]> {
    const { stored, ledger, read } = this.parts;
    const had = await ledger.had(target, ledgerId);
    const period = had === undefined ? undefined : await stored.period(item, had.periodStart);
    const known: HadSubscription | undefined = had && { ...had, quantity: period?.quantity };
    const changes = nextChanges(await this.seenOf(seen), item, known);
    // What is bought within a period is given once it is paid for; where Stripe bills it with the next, at once.
    const waits = changes.some(isBought) && (await read.isChangeUnpaid(place, seen));
    return waits ? changes.filter(change => !isBought(change)) : changes;
  }

  private async carryOut(about: About, change: Change): Promise<void> {
    const { ledger } = this.parts;
    const { target, ledgerId } = about;
    if (isBought(change)) return this.buy(about, change);
    if (change.kind === 'end') return ledger.end(target, ledgerId);
    const { plan } = (await ledger.had(target, ledgerId))!;
    await ledger.subscribe(target, ledgerId, plan, null, { cancelAtEnd: change.value });
  }

  /** Under the invoice that was paid for it, if there is one: its money is the cost of what is given. */
  private async buy({ target, item, ledgerId }: About, change: Bought): Promise<void> {
    const { stored, money, ledger } = this.parts;
    const { plan, quantity, start } = change;
    const grows = change.kind === 'quantity';
    const period = await stored.period(item, start);
    const each = period?.plan === plan ? period.eachGives : await ledger.eachGives(plan);
    const overrides =
      quantity > 1 || grows ? new Map([...each].map(([unit, one]) => [unit, one * BigInt(quantity)])) : null;
    const invoice = await money.firstLoose(item);
    const fact = invoice === undefined ? null : `stripe:${invoice}:${item}`;
    const cost = fact === null ? undefined : await money.mean(item, fact);
    const end = change.kind === 'plan' ? change.end : null;
    const seq = await ledger.subscribe(target, ledgerId, plan, fact, { start, end, overrides, grows, cost });
    if (fact !== null && typeof seq === 'number') await money.book(item, fact, seq);
    if (fact !== null && typeof seq !== 'number') await money.letLoose(item, fact);
    // The invoice has paid for something else before.
    if (seq === 'known') await ledger.subscribe(target, ledgerId, plan, null, { start, end, overrides, grows });
    await stored.hasQuantity(item, start, quantity);
  }

  /** Money that was meant for a change by somebody who died over it: booked where that was made, else for the next. */
  async finish(target: Target, subscription: string): Promise<void> {
    const { money } = this.parts;
    const open = (await money.unbooked(subscription)).filter(({ fact }) => fact.startsWith('stripe:'));
    const recorded = await money.recorded(
      target,
      open.map(({ fact }) => fact),
    );
    for (const { item, fact } of open) {
      const seq = recorded.get(fact);
      await (seq === undefined ? money.letLoose(item, fact) : money.book(item, fact, seq));
    }
  }

  private async seenOf({
    status,
    items,
    cancel_at,
    cancel_at_period_end,
    metadata,
  }: Stripe.Subscription): Promise<SeenSubscription> {
    const plans = await this.parts.stored.plans(items.data.map(({ price }) => price.id));
    const seen = items.data.map(({ id, price, quantity = 1, current_period_start, current_period_end }) => {
      const periodStart = current_period_start * 1_000;
      const plan = quantity === 0 ? undefined : plans.get(price.id);
      return { item: id, plan, quantity, periodStart, periodEnd: current_period_end * 1_000 };
    });
    const ends = Math.min(...items.data.map(({ current_period_end: end }) => end));
    const cancelsAtEnd = cancel_at_period_end || (cancel_at !== null && cancel_at <= ends);
    return { status, cancelsAtEnd, keepsBoughtOnly: metadata[PAST_DUE] === KEEP_BOUGHT, items: seen };
  }
}

function isBought(change: Change): change is Bought {
  return change.kind === 'plan' || change.kind === 'quantity';
}
