import { signatureHeader } from './signature.js';

/** Stripe waits about this long for an answer. */
const TIMEOUT_MS = 30_000;

/** One try: what a receiver answered, or `lost` where it did not. */
export type Outcome = number | 'lost';

/** Posts a payload as Stripe does; redirects are not followed and count as failures. */
export async function send(url: string, payload: string, header: string | undefined): Promise<Outcome> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        ...(header !== undefined && { 'stripe-signature': header }),
      },
      body: payload,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 'lost';
  }
}

/** Signed at this moment: the receiver compares with its own clock, whatever time it is in the simulated world. */
export function sendSigned(url: string, payload: string, secrets: readonly string[]): Promise<Outcome> {
  return send(url, payload, signatureHeader(payload, secrets, Math.floor(Date.now() / 1000)));
}

export function isAccepted(outcome: Outcome): boolean {
  return outcome !== 'lost' && outcome >= 200 && outcome < 300;
}
