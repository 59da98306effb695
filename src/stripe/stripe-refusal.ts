import { Stripe } from 'stripe';
import { LedgerError } from '../shared/ledger-error.js';

/** Why Stripe did not do what it was asked, in its own words; anything else is passed on as it is. */
export function refusalOf(error: unknown): LedgerError {
  if (error instanceof LedgerError) return error;
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const { message, code, statusCode, requestId } = error;
  const isAway = statusCode === undefined || statusCode === 409 || statusCode === 429 || statusCode >= 500;
  if (isAway)
    return new LedgerError('busy', 'Stripe does not answer; send the same request again', {}, true, { cause: error });
  const details = {
    stripe: { ...(code !== undefined && { code }), ...(requestId !== undefined && { request_id: requestId }) },
  };
  return new LedgerError('stripe_refused', `Stripe refused: ${message}`, details, false, { cause: error });
}
