import type { Stripe } from 'stripe';
import type { Freeze } from '../../ledger/domain/command.js';
import type { Target } from '../../ledger/submission.js';
import type { WritePath } from '../../ledger/write-path.js';
import { LedgerError } from '../../shared/ledger-error.js';
import { idOf } from '../intake/subject.js';
import type { StoredSubscriptions } from './stored-subscriptions.js';

/** In the metadata of a subscription: what becomes of its account while its renewal was tried and not paid. */
export const PAST_DUE = 'credits_past_due';
/** What the plan gave ends; what was bought stays. */
export const KEEP_BOUGHT = 'keep_bought';
/** Nothing new is done for the account. */
const BLOCK = 'block';

/**
 * Freezes the account of a subscription that is past due, where it says so, and lets go of it once it is paid or over. Who
 * else holds the account stays: the ledger knows who does. What a caller lifts stays lifted, until another invoice is not
 * paid.
 */
export class PastDue {
  constructor(
    private readonly stored: StoredSubscriptions,
    private readonly writePath: WritePath,
  ) {}

  /** Only by who has taken the subscription. @returns in words, what was done */
  async follow(target: Target, seen: Stripe.Subscription): Promise<string[]> {
    const { stored } = this;
    const { id, status, metadata } = seen;
    const blocks = status === 'past_due' && metadata[PAST_DUE] === BLOCK;
    const did = await stored.blocks(id);
    if (!blocks && !did) return [];
    if (!blocks) {
      await this.execute(target, {
        type: 'unfreeze',
        holder: `stripe:${id}`,
        reason: `Stripe ${id} is past due no more`,
      });
      await stored.block(id, false);
      return [`${id} blocks its account no more`];
    }
    // On record first: who dies between the two freezes it with the next look, and never forgets to let go.
    if (!did) await stored.block(id, true);
    await this.freeze(target, seen);
    return did ? [] : [`${id} blocks its account`];
  }

  /** Once for each invoice that is not paid. */
  private async freeze(target: Target, { id, latest_invoice, items }: Stripe.Subscription): Promise<void> {
    const since = idOf(latest_invoice) ?? Math.min(...items.data.map(item => item.current_period_start));
    const command = { type: 'freeze', holder: `stripe:${id}`, reason: `Stripe ${id} is past due` } as const;
    await this.execute(target, command, `stripe:${id}:past_due:${since}`);
  }

  private async execute(target: Target, command: Freeze, fact: string | null = null): Promise<void> {
    try {
      await this.writePath.execute({ target, command, once: null, fact });
    } catch (error) {
      if (!(error instanceof LedgerError && error.code === 'fact_already_recorded')) throw error;
    }
  }
}
