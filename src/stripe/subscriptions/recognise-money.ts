import type { Stripe } from 'stripe';
import type { Target } from '../../ledger/submission.js';
import { LedgerError } from '../../shared/ledger-error.js';
import type { LedgerSubscriptions } from './ledger-subscriptions.js';
import { ENDED } from './next-changes.js';
import type { StoredMoney } from './stored-money.js';
import type { StoredSubscriptions } from './stored-subscriptions.js';

export interface RecogniseParts {
  readonly stored: StoredSubscriptions;
  readonly money: StoredMoney;
  readonly ledger: LedgerSubscriptions;
}

/** Money of an item that is over, and an invoice that brought some of it. */
export interface KeptMoney {
  readonly item: string;
  readonly ledgerId: string;
  readonly invoice: string;
}

/**
 * What was paid for an item that is over, and is the price of nothing yet, will be the price of nothing: it is booked
 * without credits, so that finance has it too. What is given after that has a price of its own.
 */
export class RecogniseMoney {
  constructor(private readonly parts: RecogniseParts) {}

  /** Only by who has taken the subscription. @returns in words, what was done */
  async recognise(target: Target, seen: Stripe.Subscription): Promise<string[]> {
    const done: string[] = [];
    for (const kept of await this.kept(target, seen)) {
      if (await this.book(target, kept)) done.push(`${kept.ledgerId}: money of ${kept.invoice} without credits`);
    }
    return done;
  }

  /** What there is of it. */
  async kept(target: Target, seen: Stripe.Subscription): Promise<KeptMoney[]> {
    const { stored, money, ledger } = this.parts;
    const names = await stored.items(seen.id);
    const found: KeptMoney[] = [];
    for (const { item, invoice } of await money.loose(seen.id)) {
      const ledgerId = names.get(item)!;
      const had = await ledger.had(target, ledgerId);
      const isOver = had === undefined ? isGone(seen, item) : had.status === 'ended';
      if (isOver) found.push({ item, ledgerId, invoice });
    }
    return found;
  }

  /** @returns false where a caller has begun it anew meanwhile */
  private async book(target: Target, { item, ledgerId, invoice }: KeptMoney): Promise<boolean> {
    const { money, ledger } = this.parts;
    const fact = `stripe:${invoice}:${item}:kept`;
    const paid = await money.mean(item, fact);
    try {
      const seq = await ledger.recognise(target, ledgerId, paid!, fact, `Stripe ${invoice}`);
      // Known already is what somebody booked who died before he wrote it down here: `finish` has done that.
      if (typeof seq === 'number') await money.book(item, fact, seq);
      return true;
    } catch (error) {
      if (!(error instanceof LedgerError && error.code === 'invalid_request')) throw error;
      await money.letLoose(item, fact);
      return false;
    }
  }
}

/** Of one that gave nothing so far: whether it may still give anything. */
function isGone({ status, items }: Stripe.Subscription, item: string): boolean {
  return ENDED.includes(status) || items.data.every(({ id }) => id !== item);
}
