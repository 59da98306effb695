import { createHmac } from 'node:crypto';

/** The header `Stripe-Signature` of a payload: one `v1` for each secret, so that a receiver may know either while one is replaced. */
export function signatureHeader(payload: string, secrets: readonly string[], timestamp: number): string {
  const signatures = secrets.map(secret => `v1=${signatureOf(payload, secret, timestamp)}`);
  return [`t=${timestamp}`, ...signatures].join(',');
}

export function signatureOf(payload: string, secret: string, timestamp: number): string {
  return createHmac('sha256', secret).update(`${timestamp}.${payload}`).digest('hex');
}
