import { createHmac } from 'node:crypto';

/** How secrets are written for people (https://www.standardwebhooks.com): the prefix, and 24 to 64 bytes in base64. */
const SECRET_PREFIX = 'whsec_';
export const SECRET_BYTES = 32;

export function secretText(secret: Buffer): string {
  return SECRET_PREFIX + secret.toString('base64');
}

/**
 * The headers of Standard Webhooks, which let a receiver know who sent this body, and when.
 * @param secrets all that are valid now: each signs, so that a receiver may know either while they change
 */
export function signedHeaders(
  secrets: readonly Buffer[],
  { id, body, sentAt }: { readonly id: string; readonly body: string; readonly sentAt: Date },
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = Math.floor(sentAt.getTime() / 1000).toString();
  const signatures = secrets.map(secret => {
    const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
    return `v1,${signature}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
