import { Stripe } from 'stripe';
import type { Snapshot } from './snapshot.js';

/** The types of events that the simulator knows, each with what it is about. */
export type EventType = Stripe.Event['type'];
export type ObjectOf<T extends EventType> = Extract<Stripe.Event, { type: T }>['data']['object'];

/** An event as it is kept: `data.object` as it was when it happened. */
export interface KeptEvent extends Stripe.EventBase {
  data: { object: Snapshot; previous_attributes?: Snapshot };
  request: Stripe.Event.Request;
  type: EventType;
}

/** A thin event: which object, not what it looks like. */
export interface ThinEvent extends Stripe.V2.Core.EventBase {
  related_object: Stripe.V2.Core.Events.RelatedObject | null;
}

/** Where the API has objects of a kind, for those that thin events are about. */
const PATHS: Readonly<Record<string, string>> = {
  charge: '/v1/charges',
  'checkout.session': '/v1/checkout/sessions',
  customer: '/v1/customers',
  dispute: '/v1/disputes',
  invoice: '/v1/invoices',
  payment_intent: '/v1/payment_intents',
  payment_method: '/v1/payment_methods',
  price: '/v1/prices',
  product: '/v1/products',
  refund: '/v1/refunds',
  subscription: '/v1/subscriptions',
};

export function thinEventOf(event: KeptEvent): ThinEvent {
  const { id, object } = event.data.object;
  const path = typeof object === 'string' ? PATHS[object] : undefined;
  return {
    id: event.id,
    object: 'v2.core.event',
    type: `v1.${event.type}`,
    created: new Date(event.created * 1000).toISOString(),
    livemode: event.livemode,
    snapshot_event: event.id,
    related_object:
      typeof id === 'string' && typeof object === 'string' && path !== undefined
        ? { id, type: object, url: `${path}/${id}` }
        : null,
  };
}
