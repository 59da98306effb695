import type { Ids } from '../world/ids.js';
import { thinEventOf, type KeptEvent } from '../world/events.js';
import type { Deliveries, Parcel } from './deliveries.js';

export interface EndpointTerms {
  /** Types of events; all (`*`) unless given. */
  readonly types?: readonly string[];
  /** What is sent: the object as it was, or only which object; `snapshot` unless given. */
  readonly payload?: 'snapshot' | 'thin';
  /** What signs; one that is made unless given. Several while one is replaced. */
  readonly secrets?: readonly string[];
}

/** A receiver of webhooks. */
export interface Endpoint {
  readonly id: string;
  readonly url: string;
  secrets: readonly string[];
  readonly types: readonly string[];
  readonly payload: 'snapshot' | 'thin';
}

/** Who wants to know what happens. */
export class Endpoints {
  private readonly endpoints = new Map<string, Endpoint>();

  constructor(
    private readonly ids: Ids,
    private readonly deliveries: Deliveries,
  ) {}

  add(url: string, terms: EndpointTerms = {}): Endpoint {
    const { types = ['*'], payload = 'snapshot', secrets = [this.newSecret()] } = terms;
    const endpoint: Endpoint = { id: this.ids.next('we'), url, secrets, types, payload };
    this.endpoints.set(endpoint.id, endpoint);
    return endpoint;
  }

  remove(id: string): void {
    this.endpoints.delete(id);
  }

  all(): Endpoint[] {
    return [...this.endpoints.values()];
  }

  /** A new secret beside the old ones, as when a secret is rolled: both sign from now on. */
  roll(id: string): string {
    const endpoint = this.endpoints.get(id);
    if (endpoint === undefined) throw new RangeError(`There is no endpoint ${id}.`);
    const secret = this.newSecret();
    endpoint.secrets = [secret, ...endpoint.secrets];
    return secret;
  }

  /** The end of a rotation: only the newest secret signs. */
  retireOldSecrets(id: string): void {
    const endpoint = this.endpoints.get(id);
    if (endpoint !== undefined) endpoint.secrets = endpoint.secrets.slice(0, 1);
  }

  tell(event: KeptEvent): void {
    const parcels = this.parcelsOf(event);
    event.pending_webhooks = parcels.length;
    for (const parcel of parcels) this.deliveries.take(parcel);
  }

  /** An event as each endpoint that wants it would get it. */
  parcelsOf(event: KeptEvent): Parcel[] {
    return this.all()
      .filter(({ types }) => types.includes('*') || types.includes(event.type))
      .map(endpoint => ({ event, endpoint, payload: payloadOf(event, endpoint.payload) }));
  }

  private newSecret(): string {
    return this.ids.next('whsec', 32);
  }
}

/** What is sent of an event. */
export function payloadOf(event: KeptEvent, payload: 'snapshot' | 'thin'): string {
  return JSON.stringify(payload === 'snapshot' ? { ...event, pending_webhooks: 1 } : thinEventOf(event), null, 2);
}
