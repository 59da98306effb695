import type { Measure } from '../../alerts/alert-rule.js';
import type { Mode } from '../../ledger/submission.js';
import type { AUTO_TOP_UP_STOPS } from '../../webhooks/event.js';
import type { Price } from '../top-ups/session-params.js';

/** What is bought when an account runs low: a pack, so much money's worth, or what is missing of so many credits. */
export type Purchase =
  | { readonly kind: 'pack'; readonly pack: string }
  | { readonly kind: 'amount'; readonly amount: string; readonly currency: string }
  | { readonly kind: 'target'; readonly target: string; readonly currency: string };

/** When an account's credits are bought by themselves, and how much may be spent on that. */
export interface AutoTopUpPolicy {
  readonly enabled: boolean;
  /** Of what is bought. */
  readonly unit: string;
  /** Whole units, as a decimal: bought when what is left comes down to this. */
  readonly threshold: string;
  readonly measure: Measure;
  readonly purchase: Purchase;
  /** In a month of UTC: main units of the currency, and payments. */
  readonly monthlyLimit: { readonly amount: string; readonly currency: string; readonly count: number };
  /** From the end of one attempt to the beginning of the next. */
  readonly cooldownSeconds: number;
  /** Where the owner of the card comes back to after he gave his consent. */
  readonly returnUrl: string;
}

/**
 * Why nothing is bought any more: the card was declined too often, there is none, a payment was refunded or disputed, or
 * what was to be bought is not sold (in this way) any more.
 */
export type StopReason = (typeof AUTO_TOP_UP_STOPS)[number];

/** So often in a row one card is declined before it is asked no more. */
export const MOST_DECLINES = 3;

/** Whose policy it is. */
export interface Owner {
  readonly mode: Mode;
  readonly account: string;
}

/** What became of a policy so far. */
export interface PolicyState extends Owner {
  readonly policy: AutoTopUpPolicy;
  readonly stopped: StopReason | null;
  readonly stoppedBecause: string | null;
  readonly declines: number;
  /** The card these declines are of. */
  readonly declinedCard: string | null;
  /** Whether it was told already that this month's limit is reached. */
  readonly isCapped: boolean;
  /** How often it was put: what was decided by one does not change the next. */
  readonly puts: number;
  /** When it was put last, milliseconds. */
  readonly startedAt: number;
}

/** What Stripe's page would do and a payment without its buyer cannot; null where nothing stands in the way. */
export function whyNotAutomatic({
  stripePrice,
  automaticTax,
}: Pick<Price, 'stripePrice' | 'automaticTax'>): string | null {
  if (stripePrice !== null) return 'has a price of Stripe, which only its page can ask for';
  return automaticTax ? 'has its tax worked out by Stripe, which only its page can do' : null;
}
