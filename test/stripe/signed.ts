import { randomBytes } from 'node:crypto';
import { Stripe } from 'stripe';
import type { Answer, Api } from '../contract/api.js';

export const SECRET = 'whsec_of_the_first_endpoint';
export const OTHER_SECRET = 'whsec_of_the_second_endpoint';

/** What a test says of an event; the rest is made up. */
export interface Told {
  readonly id?: string;
  readonly type?: string;
  readonly object?: Readonly<Record<string, unknown>>;
  readonly livemode?: boolean;
  readonly account?: string;
}

export function eventId(): string {
  return `evt_${randomBytes(12).toString('hex')}`;
}

/** A snapshot event as Stripe writes it. */
export function snapshot(told: Told = {}): string {
  const { id = eventId(), type = 'payment_intent.succeeded', livemode = true, account } = told;
  const object = told.object ?? { id: 'pi_1', object: 'payment_intent' };
  const created = Math.floor(Date.now() / 1_000);
  const event = {
    id,
    object: 'event',
    api_version: Stripe.API_VERSION,
    created,
    data: { object },
    livemode,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
    ...(account !== undefined && { account }),
  };
  return JSON.stringify(event, null, 2);
}

/** A thin event, which only names its object. */
export function thin(type: string, related: { id: string; type: string }, more: object = {}): string {
  const event = {
    id: eventId(),
    object: 'v2.core.event',
    type,
    livemode: true,
    created: new Date().toISOString(),
    related_object: { ...related, url: `/v1/${related.type}s/${related.id}` },
    ...more,
  };
  return JSON.stringify(event);
}

export interface Signing {
  readonly secret?: string;
  /** Seconds ago. */
  readonly ago?: number;
  /** In place of a signature. */
  readonly header?: string | null;
}

/** Delivers as Stripe does. */
export function deliver(api: Api, body: string, { secret = SECRET, ago = 0, header }: Signing = {}): Promise<Answer> {
  const timestamp = Math.floor(Date.now() / 1_000) - ago;
  const signed = Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp });
  const headers: Record<string, string> = header === null ? {} : { 'stripe-signature': header ?? signed };
  return api.send('POST', '/webhooks/stripe', { as: null, key: null, body, headers });
}
