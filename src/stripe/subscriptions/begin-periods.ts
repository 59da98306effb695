import type { Target } from '../../ledger/submission.js';
import { LedgerError } from '../../shared/ledger-error.js';
import type { GivenLots } from './given-lots.js';
import type { LedgerSubscriptions } from './ledger-subscriptions.js';
import type { PaidPeriod } from './paid-period.js';
import type { PaidInvoice } from './read-subscriptions.js';
import type { StoredMoney } from './stored-money.js';
import type { StoredSubscriptions } from './stored-subscriptions.js';

/** A period that was paid for, and what the ledger is to have for it. */
interface Due extends PaidPeriod {
  readonly plan: string;
  readonly ledgerId: string;
  readonly isTrial: boolean;
  readonly fact: string;
}

/** When the subscription is tried out, as Stripe has it now: it may end sooner or later than its line says. Milliseconds. */
export interface Trial {
  readonly start: number;
  readonly end: number;
}

export interface BeginParts {
  readonly stored: StoredSubscriptions;
  readonly money: StoredMoney;
  readonly lots: GivenLots;
  readonly ledger: LedgerSubscriptions;
}

/**
 * Begins the periods that were paid for and are not begun yet, each under the fact that a caller's `PUT` would use too, with
 * what was paid for it as its cost. What was paid for a period that is not given any more is the cost of what is given next.
 */
export class BeginPeriods {
  constructor(private readonly parts: BeginParts) {}

  /** @returns in words, what was done */
  async begin(
    target: Target,
    subscription: string,
    trial: Trial | null,
    invoices: readonly PaidInvoice[],
  ): Promise<string[]> {
    const { money } = this.parts;
    await this.name(subscription, invoices);
    const due = await this.due(subscription, trial, invoices);
    await this.note(subscription, invoices, due);
    const facts = due.map(({ fact }) => fact);
    const recorded = await money.recorded(target, facts);
    const open = await money.unbooked(subscription);
    const done: string[] = [];
    for (const period of due) {
      const { item, fact, ledgerId, plan, start } = period;
      const seq = recorded.get(fact);
      if (seq !== undefined && !open.some(each => each.item === item && each.fact === fact)) continue;
      if (seq === undefined && (await this.begun(target, period)) === 'now') {
        done.push(`${ledgerId} has ${plan} from ${new Date(start).toISOString()}`);
      }
      await this.book(target, period);
    }
    return done;
  }

  /** What beginning them would begin. */
  async missing(
    target: Target,
    subscription: string,
    trial: Trial | null,
    invoices: readonly PaidInvoice[],
  ): Promise<readonly Pick<Due, 'plan' | 'start'>[]> {
    const { money, ledger } = this.parts;
    const due = await this.due(subscription, trial, invoices);
    const facts = due.map(({ fact }) => fact);
    const recorded = await money.recorded(target, facts);
    const now = await ledger.now(target);
    const missing: Due[] = [];
    for (const period of due) {
      const had = await ledger.had(target, period.ledgerId);
      const isOver = period.end <= now || period.start <= (had?.latestStart ?? -Infinity);
      if (!recorded.has(period.fact) && !isOver) missing.push(period);
    }
    return missing;
  }

  /** Each item that a plan was bought with, for ever. */
  private async name(subscription: string, invoices: readonly PaidInvoice[]): Promise<void> {
    const { stored } = this.parts;
    const named = await stored.items(subscription);
    const bought = invoices.flatMap(({ periods }) => periods).filter(({ item }) => !named.has(item));
    bought.sort((a, b) => a.start - b.start);
    const plans = await stored.plans(bought.map(({ price }) => price));
    for (const { item, price } of bought) if (plans.has(price)) await stored.nameItem(item, subscription);
  }

  /** The earliest first. */
  private async due(subscription: string, trial: Trial | null, invoices: readonly PaidInvoice[]): Promise<Due[]> {
    const { stored, ledger } = this.parts;
    const periods = invoices.flatMap(invoice => invoice.periods).sort((a, b) => a.start - b.start);
    const plans = await stored.plans(periods.map(({ price }) => price));
    const names = await stored.items(subscription);
    const due: Due[] = [];
    for (const period of periods) {
      const plan = plans.get(period.price);
      if (plan === undefined) continue;
      const ledgerId = names.get(period.item) ?? subscription;
      const isTrial = isWithin(trial, period) && (await ledger.hasTrial(plan));
      due.push({ ...period, plan, ledgerId, isTrial, fact: factOf(ledgerId, plan, period.start, isTrial) });
    }
    return due;
  }

  /** Writes down what each invoice brought: for the period it paid for, else for what is given next. */
  private async note(subscription: string, invoices: readonly PaidInvoice[], due: readonly Due[]): Promise<void> {
    const { stored, money } = this.parts;
    const named = await stored.items(subscription);
    const paid = invoices.flatMap(({ id: invoice, currency, periods, money: byItem }) => {
      const ofItems = [...byItem].filter(([item]) => named.has(item));
      return ofItems.map(([item, amount]) => {
        const own = periods.findLast(period => period.item === item);
        const fact = due.find(each => each.item === item && each.start === own?.start)?.fact ?? null;
        return { invoice, item, amount, currency, fact };
      });
    });
    await money.note(paid);
  }

  /** @returns whether it began now, was recorded before, or gives nothing any more */
  private async begun(target: Target, period: Due): Promise<'now' | 'known' | 'never'> {
    const { stored, money, ledger } = this.parts;
    const { item, ledgerId, plan, start, end, isTrial, fact } = period;
    const overrides = await stored.meanPeriod(period, plan, await ledger.eachGives(plan));
    const cost = await money.mean(item, fact);
    try {
      const particular = { start, end, overrides, trial: isTrial, seen: false, cost };
      const began = await ledger.subscribe(target, ledgerId, plan, fact, particular);
      return began === 'known' ? 'known' : began === null ? 'never' : 'now';
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      // A trial of an account that has tried the plan out, or a period that is over: there is nothing left to give.
      const isPast = error.code === 'invalid_request' && end <= (await ledger.now(target));
      if (error.code === 'trial_used' || isPast) return 'never';
      throw error;
    }
  }

  /** What was paid for it is booked with its beginning; where it has none, it is the price of what is given next. */
  private async book(target: Target, { item, ledgerId, start, fact }: Due): Promise<void> {
    const { money, lots, ledger } = this.parts;
    const seq = (await money.recorded(target, [fact])).get(fact);
    const isGiven =
      seq !== undefined &&
      ((await ledger.had(target, ledgerId))?.plannedStart === start ||
        (await lots.find(target, ledgerId, seq, start)).length > 0);
    if (isGiven) await money.book(item, fact, seq);
    else await money.letLoose(item, fact);
  }
}

/** That the account tries the plan out, or that the period was had: what can be only once, whoever says it. */
function factOf(ledgerId: string, plan: string, start: number, isTrial: boolean): string {
  return isTrial ? `trial:${plan}` : `subscription:${ledgerId}:${start / 1_000}`;
}

function isWithin(trial: Trial | null, { start }: PaidPeriod): boolean {
  return trial !== null && start >= trial.start && start < trial.end;
}
