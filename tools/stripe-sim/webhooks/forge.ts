import { send, type Outcome } from './send.js';
import { signatureHeader, signatureOf } from './signature.js';

/** Each is something that a receiver must refuse. */
export const FORGERIES = [
  'wrong_secret',
  'old_timestamp',
  'altered_body',
  'altered_timestamp',
  'no_signature',
  'empty_signature',
  'unknown_scheme',
  'half_a_signature',
] as const;

export type Forgery = (typeof FORGERIES)[number];

/** Longer ago than the tolerance of Stripe's libraries, 300 s. */
const LONG_AGO_SECONDS = 301;

/** Posts `payload` with a signature that is wrong in one way. */
export function sendForged(url: string, payload: string, secret: string, forgery: Forgery): Promise<Outcome> {
  const now = Math.floor(Date.now() / 1000);
  const signature = signatureOf(payload, secret, now);
  switch (forgery) {
    case 'wrong_secret':
      return send(url, payload, signatureHeader(payload, [`${secret}x`], now));
    case 'old_timestamp':
      return send(url, payload, signatureHeader(payload, [secret], now - LONG_AGO_SECONDS));
    case 'altered_body':
      return send(url, `${payload} `, signatureHeader(payload, [secret], now));
    case 'altered_timestamp':
      return send(url, payload, `t=${now + 1},v1=${signature}`);
    case 'no_signature':
      return send(url, payload, undefined);
    case 'empty_signature':
      return send(url, payload, `t=${now},v1=`);
    case 'unknown_scheme':
      return send(url, payload, `t=${now},v0=${signature}`);
    case 'half_a_signature':
      return send(url, payload, `t=${now},v1=${signature.slice(0, 32)}`);
  }
}
