/** What can be wrong between Stripe and the ledger. */
export const DIFFERENCE_KINDS = [
  /** Paid, and nothing was granted. */
  'missing_grant',
  /** Granted more often than it was paid. */
  'doubled',
  /** What was granted is not what was agreed on, or what was paid is not what the payment says. */
  'wrong_amount',
  /** Granted for a payment that Stripe does not have, or that was not made. */
  'unknown_payment',
  /** Money that went back, whose credits were not taken. */
  'refund_not_revoked',
  /** Credits that were taken for money that is not back, or came again. */
  'revoked_too_much',
  /** Begun and never finished. */
  'unfinished',
  /** A period that was paid for and not begun. */
  'missing_period',
  /** The plan, or whether it ends, is not what Stripe says. */
  'other_subscription',
  /** What was reported to a meter is not what the meter has. */
  'usage_differs',
  /** What the steps of a payment tell is not what the entries say. */
  'drift',
  /** Paid for credits, and what Stripe has of it does not tell whose or how many. */
  'unclear',
] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

export interface Difference {
  readonly kind: DifferenceKind;
  /** Of Stripe's. */
  readonly object: string;
  /** Null where nobody knows. */
  readonly account: string | null;
  readonly words: string;
  /** Whether settling it anew puts it right; the others are for people. */
  readonly isRepairable: boolean;
}

/** A difference, and what came of its repair; null where none was tried. */
export interface Finding extends Difference {
  readonly repair: { readonly isDone: boolean; readonly words: string } | null;
}
