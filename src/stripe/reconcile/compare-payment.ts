import type { Pool } from 'pg';
import { LOTS_PER_ENTRY } from '../../ledger/domain/account.js';
import { nextStep } from '../payments/next-step.js';
import type { Payment, Step } from '../payments/payment.js';
import { GIVEN_BEFORE, isGiven, type Look } from '../payments/settle-payment.js';
import type { Journal, StoredPayments } from '../payments/stored-payments.js';
import type { Difference, DifferenceKind } from './difference.js';

interface Booked {
  readonly seq: number;
  readonly type: string;
  readonly amount: string;
  readonly reason: string | null;
  readonly payment: string | null;
}

/** All that a payment ever did to its account: its grants by what they say they are of, its steps by where they are. */
const BOOKED = `
SELECT seq::float8 AS seq, type, amount::text AS amount, reason, metadata ->> 'stripe_payment' AS payment
FROM entries WHERE account_no = (SELECT account_no FROM account_names WHERE mode = $1 AND id = $2)
  AND type IN ('grant', 'revoke', 'reinstate') AND (seq = ANY ($4) OR metadata ->> 'stripe_payment' = $3)
ORDER BY seq`;

/** Compares one payment at Stripe, its steps, and the entries of its account. */
export class ComparePayment {
  constructor(
    private readonly pool: Pool,
    private readonly stored: StoredPayments,
  ) {}

  /** @param look at Stripe; undefined where there is no such payment, or it was not made */
  async compare(id: string, look: Look): Promise<Difference | null> {
    const journal = await this.stored.journal(id);
    const seen = await look();
    if (journal === undefined) {
      const payment = await seen?.agreed();
      if (payment === undefined) return null;
      if (isGiven(payment)) return returnedOf(payment, nextStep(payment.lots, [GIVEN_BEFORE], seen!.money));
      return found('missing_grant', payment, `${payment.account} paid and has nothing of it`, true);
    }
    const { payment, steps } = journal;
    if (seen === undefined) return found('unknown_payment', payment, 'Stripe does not have it, or it was not made');
    const { money } = seen;
    if (steps.some(({ booked }) => booked === null)) {
      return found('unfinished', payment, 'a step was meant and never booked', true);
    }
    const wrong = await this.wrongEntries(journal);
    if (wrong !== null) return wrong;
    if (money.paid !== payment.paid) {
      return found('wrong_amount', payment, `${payment.paid} was granted for, ${money.paid} was paid`);
    }
    return returnedOf(payment, nextStep(payment.lots, steps, money));
  }

  private async wrongEntries({ payment, steps }: Journal): Promise<Difference | null> {
    const expected = steps.flatMap(step => expectedOf(payment, step));
    const seqs = expected.map(({ seq }) => seq);
    const values = [payment.mode, payment.account, payment.payment, seqs];
    const entries = (await this.pool.query<Booked>(BOOKED, values)).rows;
    const grants = entries.filter(entry => entry.type === 'grant' && entry.payment === payment.payment);
    if (grants.length > payment.lots.length) {
      return found('doubled', payment, `${grants.length} grants of ${payment.lots.length}`);
    }
    for (const { seq, type, amount } of expected) {
      const entry = entries.find(each => each.seq === seq);
      if (entry?.type !== type)
        return found('drift', payment, `entry ${seq} of ${payment.account} is no ${type} of it`);
      if (amount === null || entry.amount === amount.toString()) continue;
      const kind = type === 'grant' ? 'wrong_amount' : 'drift';
      return found(kind, payment, `entry ${seq} of ${payment.account} is ${entry.amount} base units, not ${amount}`);
    }
    return null;
  }
}

/** What of the money that went back, or came again, is not in the ledger. */
function returnedOf(payment: Payment, step: ReturnType<typeof nextStep>): Difference | null {
  if (step === null) return null;
  const kind = step.kind === 'revoke' ? 'refund_not_revoked' : 'revoked_too_much';
  return found(kind, payment, `${step.kind} ${step.amount} base units of lot ${step.lot}: ${step.reason}`, true);
}

interface Expected {
  readonly seq: number;
  readonly type: string;
  /** Null where others have paid for it too. */
  readonly amount: bigint | null;
}

/** The entries that a step tells of; none where nothing was there to be taken. */
function expectedOf(payment: Payment, step: Step): Expected[] {
  const { seq, amount } = step.booked!;
  if (step.kind !== 'grant') return amount === 0n ? [] : [{ seq, type: step.kind, amount }];
  return payment.lots.map(({ amount: granted, madeAs }, i) => {
    if (madeAs === undefined) return { seq: seq + i, type: 'grant', amount: granted };
    return { seq: Math.floor(madeAs / LOTS_PER_ENTRY), type: 'grant', amount: null };
  });
}

function found(kind: DifferenceKind, { payment, account }: Payment, words: string, isRepairable = false): Difference {
  return { kind, object: payment, account, words, isRepairable };
}
