import type { Cost, LotCategory } from '../../ledger/domain/account.js';
import type { Mode } from '../../ledger/submission.js';

/** A lot that a payment makes. */
export interface PurchasedLot {
  readonly unit: string;
  /** In base units. */
  readonly amount: bigint;
  readonly category: LotCategory;
  readonly priority: number;
  /** From the moment at which it is granted; null for ever. */
  readonly expiresAfterSeconds: number | null;
  /** What was paid for it; null for what comes on top. */
  readonly cost: Cost | null;
  readonly reason: string;
  /** Its number in the account, where something else than the payment has made it. */
  readonly madeAs?: number | undefined;
}

/** A payment that brought credits: bound to its account for ever, with what it brings. */
export interface Payment {
  /** The id of the payment intent; of the Checkout Session where there was nothing to pay; of an invoice of a subscription. */
  readonly payment: string;
  readonly mode: Mode;
  readonly stripeAccount: string | null;
  readonly account: string;
  /** In the smallest unit of the currency. */
  readonly paid: bigint;
  readonly currency: string;
  readonly lots: readonly PurchasedLot[];
}

interface StepBase {
  readonly no: number;
  readonly reason: string;
  /** Null until it is booked. */
  readonly booked: { readonly seq: number; readonly amount: bigint } | null;
}

/** Makes all lots of the payment; where they are made already it only says so. */
export interface GrantStep extends StepBase {
  readonly kind: 'grant';
}

/** Takes back a part of one lot; less may be booked than was meant, where somebody took it back before. */
export interface RevokeStep extends StepBase {
  readonly kind: 'revoke';
  /** Counted from 0. */
  readonly lot: number;
  readonly amount: bigint;
}

/** Undoes a part of what a revoke step booked. */
export interface ReinstateStep extends StepBase {
  readonly kind: 'reinstate';
  readonly lot: number;
  readonly undoes: number;
  readonly amount: bigint;
}

/** What was meant to be done for a payment, written before it is done. */
export type Step = GrantStep | RevokeStep | ReinstateStep;

/** What Stripe says of a payment now. */
export interface MoneyState {
  /** In the smallest unit of the currency. */
  readonly paid: bigint;
  /** Of that, what is with the customer or the bank again. */
  readonly returned: bigint;
}
