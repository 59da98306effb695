import { LedgerError } from '../../shared/ledger-error.js';
import type { BookSteps } from './book-steps.js';
import { nextStep } from './next-step.js';
import type { MoneyState, Payment, Step } from './payment.js';
import type { Journal, StoredPayments } from './stored-payments.js';

/** Every step makes those who settle the payment look again; that many are never taken in a row. */
const MOST_LOOKS = 20;

/** What Stripe says now of a payment that was made. */
export interface SeenPayment {
  readonly money: MoneyState;
  /** Whose it is and what it brings, where that is not known yet; undefined where it is none of ours. */
  readonly agreed: () => Promise<Payment | undefined>;
}

/** Asks Stripe; undefined where nothing was paid yet. */
export type Look = () => Promise<SeenPayment | undefined>;

/**
 * Brings the ledger to where Stripe is with one payment. What is meant to be done is written as the next step before it is
 * done, and every step is a fact of the ledger, so whoever dies in between leaves work that anybody finishes, once. Stripe
 * is asked after the steps were read, and a step that anybody has meant since then, this one too, makes it ask again: nobody
 * decides by an older state of Stripe than the step before rests on, and whoever took the last step has looked once more,
 * because who saw that nothing was left to do wrote nothing that would have stopped him. No lock is held meanwhile.
 */
export class SettlePayment {
  constructor(
    private readonly stored: StoredPayments,
    private readonly steps: BookSteps,
  ) {}

  /**
   * @param id of the payment intent, or of the session where there was nothing to pay
   * @returns in words, what was done; undefined where the payment brings nothing: not paid, or none of ours
   * @throws LedgerError what the ledger refused, or `busy`
   */
  async settle(id: string, look: Look): Promise<string | undefined> {
    const done: string[] = [];
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      const before = await this.finished(id, done);
      const seen = await look();
      if (seen === undefined) return undefined;
      const bound = before === undefined ? await this.bind(seen, done) : null;
      if (bound === undefined) return undefined;
      const journal = before ?? bound;
      if (journal !== null && (await this.follow(journal, seen.money, done))) {
        return done.length === 0 ? `${id}: nothing left to do` : `${id}: ${done.join(', ')}`;
      }
    }
    throw new LedgerError('busy', `${id} is being settled elsewhere`, {}, true);
  }

  /** What would be done now, without doing it. */
  async preview(id: string, look: Look): Promise<string | undefined> {
    const journal = await this.stored.journal(id);
    const seen = await look();
    if (seen === undefined) return undefined;
    if (journal === undefined) {
      const payment = await seen.agreed();
      if (payment === undefined) return undefined;
      if (!isGiven(payment)) return `${id}: grant ${payment.lots.length} lots to ${payment.account}`;
      return told(id, nextStep(payment.lots, [GIVEN_BEFORE], seen.money));
    }
    if (journal.steps.some(({ booked }) => booked === null)) return `${id}: finish what was begun`;
    return told(id, nextStep(journal.payment.lots, journal.steps, seen.money));
  }

  /**
   * Gives the payment its account for ever, and grants what it brings.
   * @returns undefined where it is none of ours; null where somebody else was first, and has perhaps seen newer money
   */
  private async bind({ agreed }: SeenPayment, done: string[]): Promise<Journal | null | undefined> {
    const payment = await agreed();
    if (payment === undefined) return undefined;
    if (!(await this.stored.bind(payment, 'payment'))) return null;
    const granted = await this.steps.book(payment, [], { kind: 'grant', no: 1, reason: 'payment', booked: null });
    if (!isGiven(payment)) done.push('grant');
    return { payment, steps: [granted] };
  }

  /** Takes steps until there is none left. @returns whether none was: else Stripe is to be asked again */
  private async follow({ payment, steps: earlier }: Journal, money: MoneyState, done: string[]): Promise<boolean> {
    const steps = [...earlier];
    for (let taken = false; ; taken = true) {
      const step = nextStep(payment.lots, steps, money);
      if (step === null) return !taken;
      if (!(await this.stored.mean(payment.payment, step))) return false;
      steps.push(await this.steps.book(payment, steps, { ...step, booked: null }));
      done.push(`${step.kind} ${step.amount}`);
    }
  }

  /** The journal, with what was meant before and not done done now. */
  private async finished(id: string, done: string[]): Promise<Journal | undefined> {
    const journal = await this.stored.journal(id);
    if (journal === undefined) return undefined;
    const steps: Step[] = [];
    for (const step of journal.steps) {
      if (step.booked === null) {
        steps.push(await this.steps.book(journal.payment, steps, step));
        done.push(step.kind);
      } else {
        steps.push(step);
      }
    }
    return { ...journal, steps };
  }
}

/** The first step of a payment whose lots are made already. */
export const GIVEN_BEFORE: Step = { kind: 'grant', no: 1, reason: 'payment', booked: { seq: 0, amount: 0n } };

/** Whether something else than the payment has made what it paid for. */
export function isGiven({ lots }: Payment): boolean {
  return lots[0]?.madeAs !== undefined;
}

function told(id: string, step: ReturnType<typeof nextStep>): string {
  if (step === null) return `${id}: nothing left to do`;
  return `${id}: ${step.kind} ${step.amount} base units of lot ${step.lot}`;
}
