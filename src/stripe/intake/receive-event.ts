import type { Counter } from 'prom-client';
import type { Stripe } from 'stripe';
import { LedgerError } from '../../shared/ledger-error.js';
import type { StripeClients } from '../stripe-clients.js';
import { readEvent } from './event-envelope.js';
import type { StoredEvents } from './stored-events.js';

/** How old a signature may be: what somebody recorded cannot be sent again later. */
const TOLERANCE_SECONDS = 300;

export interface ReceiverParts {
  readonly clients: StripeClients;
  readonly events: StoredEvents;
  /** Tells workers of an event that waits; may be lost. */
  readonly hint: (eventNo: string) => void;
  readonly received: Counter<'outcome'>;
}

/** Takes what is sent to the webhook: only what Stripe signed, only once, and kept before it is answered. */
export class ReceiveEvent {
  constructor(private readonly parts: ReceiverParts) {}

  /**
   * @param body as it came, byte for byte
   * @throws LedgerError stripe_not_configured, stripe_signature_invalid, invalid_json, invalid_request
   */
  async receive(body: Buffer, signature: string | undefined): Promise<'stored' | 'known'> {
    const { received } = this.parts;
    try {
      const outcome = await this.store(body, signature);
      received.inc({ outcome });
      return outcome;
    } catch (error) {
      received.inc({ outcome: error instanceof LedgerError ? error.code : 'internal' });
      throw error;
    }
  }

  private async store(body: Buffer, signature: string | undefined): Promise<'stored' | 'known'> {
    const { clients, events, hint } = this.parts;
    this.mustBeSigned(body, signature);
    const event = readEvent(body.toString('utf8'));
    if (event === undefined) {
      const errors = [{ location: 'body', message: 'is no event of Stripe: it lacks its id, its type or its time' }];
      throw new LedgerError('invalid_request', 'the body is no event of Stripe', { errors });
    }
    const no = await events.insert(event, clients.whyIgnored(event));
    if (no === undefined) return 'known';
    if (no.isDue) hint(no.no);
    return 'stored';
  }

  /** Every secret is tried: while it is rotated, and where live and test have endpoints of their own, there are several. */
  private mustBeSigned(body: Buffer, header: string | undefined): void {
    const { webhookSecrets, signature } = this.parts.clients;
    if (webhookSecrets.length === 0) {
      throw new LedgerError('stripe_not_configured', 'this service has no STRIPE_WEBHOOK_SECRET');
    }
    if (header === undefined || !webhookSecrets.some(secret => isSigned(signature, body, header, secret))) {
      throw new LedgerError(
        'stripe_signature_invalid',
        'the body was not signed by Stripe, not for us, or too long ago',
      );
    }
  }
}

function isSigned(signature: Stripe.Signature, body: Buffer, header: string, secret: string): boolean {
  try {
    return signature.verifyHeader(body, header, secret, TOLERANCE_SECONDS);
  } catch {
    return false;
  }
}
