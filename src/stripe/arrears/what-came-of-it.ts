import { Stripe } from 'stripe';
import { pauseAfter } from '../intake/patience.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Stripe knows an identifier for at least a day: one that may be there already is not sent again behind that. */
const IDENTIFIER_LASTS_MS = 23 * HOUR_MS;
/** Stripe takes 35 days; an hour less, so that nothing is sent that is too old on arrival. */
const OLDEST_MS = 35 * DAY_MS - HOUR_MS;

/**
 * What is to become of a report. `retry`: after the pause; `refused`: Stripe has it not, and people have to see to it;
 * `unsure`: Stripe may have it, and nothing protects it from being counted twice any more.
 */
export type Fate =
  | { readonly state: 'reported' }
  | { readonly state: 'failed'; readonly error: string; readonly isSent: boolean; readonly pauseMs: number }
  | { readonly state: 'refused' | 'unsure'; readonly error: string };

/** As it was before this attempt. Milliseconds. */
export interface Attempted {
  readonly attempts: number;
  readonly usedAt: number;
  /** Since when Stripe may have it; null where it certainly has not. */
  readonly sentBefore: number | null;
}

/** Why a report is not sent at all, or null. */
export function fateBeforeSending({ usedAt, sentBefore }: Attempted, now: number): Fate | null {
  if (sentBefore !== null && now - sentBefore > IDENTIFIER_LASTS_MS) {
    return { state: 'unsure', error: 'Stripe may have it, and a day later nothing would tell that it came twice' };
  }
  if (now - usedAt <= OLDEST_MS) return null;
  // It may still have arrived when it was young enough.
  return {
    state: sentBefore === null ? 'refused' : 'unsure',
    error: 'it is older than the 35 days that Stripe takes usage of',
  };
}

/** @param chance 0 to 1; spreads those that failed together */
export function fateAfterFailure(error: unknown, attempted: Attempted, chance: number): Fate {
  const words = error instanceof Error ? error.message : String(error);
  const answered = error instanceof Stripe.errors.StripeError ? error.statusCode : undefined;
  // The identifier is ours, so all that can be wrong with it is that it is known already.
  if (error instanceof Stripe.errors.StripeInvalidRequestError && error.param === 'identifier')
    return { state: 'reported' };
  const isNo = answered !== undefined && answered >= 400 && answered < 500;
  const isSent = !isNo || attempted.sentBefore !== null;
  if (answered === 400 || answered === 404) return { state: isSent ? 'unsure' : 'refused', error: words };
  const pauseMs = pauseAfter(attempted.attempts, chance);
  if (pauseMs === null) return { state: isSent ? 'unsure' : 'refused', error: words };
  return { state: 'failed', error: words, isSent, pauseMs };
}
