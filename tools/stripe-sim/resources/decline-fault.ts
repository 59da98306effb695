import { StripeFault, type FaultBody } from '../http/fault.js';
import type { Decline } from './charges.js';

/** What a decline is to whoever asked for the money. */
export function declineFault(
  { code, declineCode, message }: Decline,
  more: Pick<FaultBody, 'charge' | 'payment_intent' | 'payment_method'> = {},
): StripeFault {
  const body: FaultBody = { type: 'card_error', code, message, ...more };
  return new StripeFault(402, declineCode === undefined ? body : { ...body, decline_code: declineCode });
}
