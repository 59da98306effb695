import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Stripe } from 'stripe';
import type { Target } from '../../ledger/submission.js';
import type { WritePath } from '../../ledger/write-path.js';
import type { PlanCatalogue } from '../../plans/plan-catalogue.js';
import { LedgerError } from '../../shared/ledger-error.js';
import { idOf } from '../intake/subject.js';
import type { StripePlace } from '../payments/read-payments.js';
import type { Difference } from '../reconcile/difference.js';
import { BeginPeriods, type Trial } from './begin-periods.js';
import { FollowChanges } from './follow-changes.js';
import { GivenLots } from './given-lots.js';
import { LedgerSubscriptions } from './ledger-subscriptions.js';
import { PastDue } from './past-due.js';
import type { ReadSubscriptions } from './read-subscriptions.js';
import { RecogniseMoney } from './recognise-money.js';
import { StoredMoney } from './stored-money.js';
import { StoredSubscriptions } from './stored-subscriptions.js';

const MOST_LOOKS = 20;
const LOOK_AGAIN_MS = 100;

export interface SubscriptionParts {
  readonly pool: Pool;
  readonly read: ReadSubscriptions;
  readonly catalogue: PlanCatalogue;
  readonly writePath: WritePath;
}

/**
 * Brings the ledger to where Stripe is with one subscription: every period that was paid for is begun, once, whichever
 * event or call came first; then what changed about it since. One at a time looks at a subscription, because what it is to
 * become follows from the look.
 */
export class SettleSubscription {
  private readonly stored: StoredSubscriptions;
  private readonly read: ReadSubscriptions;
  private readonly periods: BeginPeriods;
  private readonly changes: FollowChanges;
  private readonly pastDue: PastDue;
  private readonly recognise: RecogniseMoney;

  constructor({ pool, read, catalogue, writePath }: SubscriptionParts) {
    const stored = new StoredSubscriptions(pool);
    const money = new StoredMoney(pool);
    const ledger = new LedgerSubscriptions(writePath, catalogue);
    this.stored = stored;
    this.read = read;
    this.periods = new BeginPeriods({ stored, money, ledger, lots: new GivenLots(pool) });
    this.changes = new FollowChanges({ stored, money, ledger, read });
    this.recognise = new RecogniseMoney({ stored, money, ledger });
    this.pastDue = new PastDue(stored, writePath);
  }

  /**
   * @returns in words, what was done; undefined where it has nothing to do with credits
   * @throws LedgerError busy where somebody else looks at it, or what the ledger refused
   */
  async settle(place: StripePlace, id: string): Promise<string | undefined> {
    const { stored, read } = this;
    const account = await this.account(place, id);
    if (account === undefined) return undefined;
    const by = await this.taken(id);
    try {
      const target = { mode: place.mode, account };
      const seen = await read.subscription(place, id);
      const invoices = await read.paidInvoices(place, id);
      await this.changes.finish(target, id);
      // What was over before this look is not the price of what begins now, whenever anybody looks.
      const done = await this.recognise.recognise(target, seen);
      done.push(...(await this.periods.begin(target, id, trialOf(seen), invoices)));
      done.push(...(await this.changes.follow(place, target, seen)));
      done.push(...(await this.recognise.recognise(target, seen)));
      done.push(...(await this.pastDue.follow(target, seen)));
      return done.length === 0 ? `${id}: nothing left to do` : `${id}: ${done.join(', ')}`;
    } finally {
      await stored.letGo(id, by);
    }
  }

  /** Events of one invoice come together: whoever is second waits a moment before he gives it up to be tried again. */
  private async taken(id: string): Promise<string> {
    for (let look = 0; look < MOST_LOOKS; look++) {
      const by = await this.stored.take(id);
      if (by !== undefined) return by;
      await sleep(LOOK_AGAIN_MS);
    }
    throw new LedgerError('busy', `${id} is being settled elsewhere`, {}, true);
  }

  /** What would be done now, without doing it. */
  async preview(place: StripePlace, id: string): Promise<string | undefined> {
    if ((await this.owner(place, id)) === undefined) return undefined;
    const told = (await this.differences(place, id)).map(({ words }) => words);
    return told.length === 0 ? `${id}: nothing left to do` : `${id}: ${told.join(', ')}`;
  }

  /** What settling it would change; nothing where it has nothing to do with credits. */
  async differences(place: StripePlace, id: string): Promise<Difference[]> {
    const account = (await this.owner(place, id))?.account;
    if (account === undefined) return [];
    const target: Target = { mode: place.mode, account };
    const seen = await this.read.subscription(place, id);
    const invoices = await this.read.paidInvoices(place, id);
    const found: Difference[] = [];
    const add = (kind: Difference['kind'], words: string) =>
      void found.push({ kind, object: id, account, words, isRepairable: true });
    for (const { plan, start } of await this.periods.missing(target, id, trialOf(seen), invoices)) {
      add('missing_period', `begin ${plan} from ${new Date(start).toISOString()}`);
    }
    for (const { ledgerId, invoice } of await this.recognise.kept(target, seen)) {
      add('unfinished', `${ledgerId}: book the money of ${invoice}, which is the price of no credits`);
    }
    for (const [item, ledgerId] of await this.stored.items(id)) {
      const changes = await this.changes.changes(place, target, seen, item, ledgerId);
      for (const { kind } of changes) add('other_subscription', `${ledgerId}: ${kind}`);
    }
    return found;
  }

  /** Whose it is: for ever, from the first look on. */
  private async account(place: StripePlace, id: string): Promise<string | undefined> {
    const { stored } = this;
    const owner = await this.owner(place, id);
    if (owner === undefined || owner.isBound) return owner?.account;
    await stored.bind(id, place, owner.account);
    return (await stored.accountOf(id))!.account;
  }

  private async owner(place: StripePlace, id: string): Promise<{ account: string; isBound: boolean } | undefined> {
    const { stored, read } = this;
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
}

function trialOf({ trial_start: start, trial_end: end }: Stripe.Subscription): Trial | null {
  return start === null || end === null ? null : { start: start * 1_000, end: end * 1_000 };
}
