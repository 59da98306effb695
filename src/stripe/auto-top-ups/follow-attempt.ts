import type { ReadPayments } from '../payments/read-payments.js';
import type { SettlePayment } from '../payments/settle-payment.js';
import type { Attempt } from './attempt.js';
import type { ChargeState, Charges } from './charges.js';
import type { Outcomes } from './outcomes.js';
import type { PolicyState } from './policy.js';
import type { StoredAttempts } from './stored-attempts.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** So long after the first time Stripe is asked for the same payment again, well within the day it knows keys for. */
const ASKED_FOR_MS = 45 * MINUTE_MS;
/** Longer than any request that began before that can take: what is not there by then never will be. */
const GIVEN_UP_AFTER_MS = 60 * MINUTE_MS;
/** Webhooks tell sooner, as a rule. */
const LOOK_AGAIN_MS = 15 * MINUTE_MS;
const FIRST_PAUSE_MS = 5 * SECOND_MS;
const LONGEST_PAUSE_MS = 5 * MINUTE_MS;

const NO_ANSWER = {
  code: 'no_answer',
  declineCode: null,
  message: 'Stripe did not answer for an hour, and has no such payment.',
};

export interface FollowingParts {
  readonly attempts: StoredAttempts;
  readonly charges: Charges;
  readonly outcomes: Outcomes;
  readonly read: ReadPayments;
  readonly settle: SettlePayment;
}

/**
 * Brings an attempt on from wherever it was left. Stripe is asked for its payment under one key, and after no answer came
 * its payment is looked for before it is asked for again: however often anybody dies over it, there is one.
 */
export class FollowAttempt {
  constructor(private readonly parts: FollowingParts) {}

  /** @returns milliseconds until it is worth another look; null where it has come to its end */
  async follow(policy: PolicyState, attempt: Attempt): Promise<number | null> {
    switch (attempt.state) {
      case 'asking':
        return this.ask(policy, attempt);
      case 'processing':
        return this.bring(policy, attempt, await this.parts.charges.look(attempt.mode, attempt.payment!));
      case 'action_required':
        return this.page(policy, attempt);
      case 'paid':
      case 'declined':
      case 'canceled':
        return null;
      default:
        throw new Error(`nobody knows how to follow an attempt that is ${String(attempt.state satisfies never)}`);
    }
  }

  private async ask(policy: PolicyState, attempt: Attempt): Promise<number | null> {
    const { charges, outcomes } = this.parts;
    const { askedAt, readAt } = attempt;
    if (askedAt === null && isOutdated(policy, attempt)) {
      await outcomes.calledOff(attempt, null);
      return null;
    }
    if (askedAt === null) return this.askNow(policy, attempt);
    const found = await charges.find(attempt);
    if (found !== undefined) return this.bring(policy, attempt, found);
    const age = readAt - askedAt;
    if (age < ASKED_FOR_MS) return this.askNow(policy, attempt);
    if (age < GIVEN_UP_AFTER_MS) return pauseAt(age);
    await outcomes.calledOff(attempt, NO_ANSWER);
    return null;
  }

  /** Whoever was held up since he decided to ask finds out here. */
  private async askNow(policy: PolicyState, attempt: Attempt): Promise<number | null> {
    const { attempts, charges } = this.parts;
    if (!(await attempts.asked(attempt.id, ASKED_FOR_MS))) return null;
    return this.bring(policy, attempt, await charges.ask(attempt));
  }

  /** A new policy does not wait for what the one before it asked for. */
  private async page(policy: PolicyState, attempt: Attempt): Promise<number | null> {
    const { charges, outcomes } = this.parts;
    const { mode, session } = attempt;
    const isOver = isOutdated(policy, attempt);
    const state = await (isOver ? charges.closePage(mode, session!) : charges.lookAtPage(mode, session!));
    if (state === undefined) return LOOK_AGAIN_MS;
    if (!isOver || state.kind !== 'declined') return this.bring(policy, attempt, state);
    await outcomes.calledOff(attempt, null);
    return null;
  }

  private async bring(policy: PolicyState, attempt: Attempt, state: ChargeState): Promise<number | null> {
    const { attempts, outcomes } = this.parts;
    switch (state.kind) {
      case 'paid':
        // Kept first: whoever comes next need not look for it.
        await attempts.processing(attempt, state.payment);
        await this.grant(attempt, state.payment);
        await outcomes.paid(attempt, state.payment);
        return null;
      case 'processing':
        await attempts.processing(attempt, state.payment);
        return LOOK_AGAIN_MS;
      case 'action':
        return this.askOwner(policy, attempt, state.payment);
      case 'declined':
        await outcomes.declined(policy, attempt, state.payment, state.refusal);
        return null;
      case 'unknown':
        return pauseAt(attempt.readAt - (attempt.askedAt ?? attempt.readAt));
      default:
        throw new Error(`nobody knows what ${String(state satisfies never)} means`);
    }
  }

  /** The same as any payment is settled, by whoever is first: its webhook, a walk through missed events, or this. */
  private async grant({ mode }: Attempt, payment: string): Promise<void> {
    const { read, settle } = this.parts;
    const words = await settle.settle(payment, () => read.paymentIntent({ mode, stripeAccount: null }, payment));
    if (words === undefined) throw new Error(`${payment} was paid automatically and brings nothing`);
  }

  /** The page is kept before the payment is given up: whoever comes in between finds the page. */
  private async askOwner(policy: PolicyState, attempt: Attempt, payment: string | null): Promise<number | null> {
    const { charges, outcomes } = this.parts;
    const page = await charges.openPage(attempt);
    if ('code' in page) {
      await outcomes.declined(policy, attempt, payment, page);
      return null;
    }
    await outcomes.needsAction(attempt, page);
    if (payment !== null) await charges.giveUp(attempt.mode, payment);
    return LOOK_AGAIN_MS;
  }
}

function isOutdated({ startedAt }: PolicyState, { createdAt }: Attempt): boolean {
  return startedAt > createdAt;
}

/** As long again as it has taken so far. */
function pauseAt(age: number): number {
  return Math.min(Math.max(age, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
}
