import type { Queryable } from '../../ledger/store/queryable.js';
import type { Payment, PurchasedLot, Step } from './payment.js';

const FIND = `
SELECT payment, mode, stripe_account AS "stripeAccount", account, paid::text AS paid, currency, lots
FROM stripe_payments WHERE payment = $1`;
const STEPS = `
SELECT no, kind, lot, undoes, amount::text AS amount, reason, seq::float8 AS seq, coalesce(booked, 0)::text AS booked
FROM stripe_steps WHERE payment = $1 ORDER BY no`;
const BIND = `
WITH bound AS (
  INSERT INTO stripe_payments (payment, mode, stripe_account, account, paid, currency, lots)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT ON CONSTRAINT stripe_payments_once DO NOTHING
  RETURNING payment)
INSERT INTO stripe_steps (payment, no, kind, reason) SELECT payment, 1, 'grant', $8 FROM bound
RETURNING no`;
/** Of two who decided the next step, the second hears that there is one already. */
const MEAN = `
INSERT INTO stripe_steps (payment, no, kind, lot, undoes, amount, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT ON CONSTRAINT stripe_steps_once DO NOTHING
RETURNING no`;
const BOOK = `
UPDATE stripe_steps SET seq = $3, booked = $4, booked_at = clock_timestamp()
WHERE payment = $1 AND no = $2 AND booked_at IS NULL`;

interface PaymentRow extends Omit<Payment, 'paid' | 'lots'> {
  readonly paid: string;
  readonly lots: readonly (Omit<PurchasedLot, 'amount'> & { readonly amount: string })[];
}

interface StepRow {
  readonly no: number;
  readonly kind: Step['kind'];
  readonly lot: number;
  readonly undoes: number;
  readonly amount: string;
  readonly reason: string;
  readonly seq: number | null;
  readonly booked: string;
}

/** A payment and all steps that were meant for it, in their order. */
export interface Journal {
  readonly payment: Payment;
  readonly steps: readonly Step[];
}

/** Payments, whose they are, and what was done for each. Nothing is ever changed but that a step becomes booked. */
export class StoredPayments {
  constructor(private readonly database: Queryable) {}

  async journal(payment: string): Promise<Journal | undefined> {
    const [row] = (await this.database.query<PaymentRow>({ name: 'stripe-payment', text: FIND, values: [payment] }))
      .rows;
    if (row === undefined) return undefined;
    const steps = await this.database.query<StepRow>({ name: 'stripe-steps', text: STEPS, values: [payment] });
    const lots = row.lots.map(lot => ({ ...lot, amount: BigInt(lot.amount) }));
    return { payment: { ...row, paid: BigInt(row.paid), lots }, steps: steps.rows.map(stepOf) };
  }

  /** Gives the payment its account, and means to grant what it brings. @returns false where it is somebody's already */
  async bind(
    { payment, mode, stripeAccount, account, paid, currency, lots }: Payment,
    reason: string,
  ): Promise<boolean> {
    const written = JSON.stringify(lots.map(lot => ({ ...lot, amount: lot.amount.toString() })));
    const values = [payment, mode, stripeAccount, account, paid, currency, written, reason];
    return (await this.database.query({ name: 'stripe-payment-bind', text: BIND, values })).rows.length === 1;
  }

  /** @returns false where somebody has meant another step meanwhile */
  async mean(payment: string, step: Unbooked<Step>): Promise<boolean> {
    const lot = step.kind === 'grant' ? null : step.lot;
    const amount = step.kind === 'grant' ? null : step.amount;
    const undoes = step.kind === 'reinstate' ? step.undoes : null;
    const values = [payment, step.no, step.kind, lot, undoes, amount, step.reason];
    return (await this.database.query({ name: 'stripe-step-mean', text: MEAN, values })).rows.length === 1;
  }

  async book(payment: string, no: number, { seq, amount }: NonNullable<Step['booked']>): Promise<void> {
    const values = [payment, no, seq, amount];
    await this.database.query({ name: 'stripe-step-book', text: BOOK, values });
  }
}

export type Unbooked<T> = T extends Step ? Omit<T, 'booked'> : never;

function stepOf({ no, kind, lot, undoes, amount, reason, seq, booked }: StepRow): Step {
  const done = seq === null ? null : { seq, amount: BigInt(booked) };
  if (kind === 'grant') return { kind, no, reason, booked: done };
  if (kind === 'revoke') return { kind, no, lot, amount: BigInt(amount), reason, booked: done };
  return { kind, no, lot, undoes, amount: BigInt(amount), reason, booked: done };
}
