import type { Cases } from './cases.js';
import type { Checkout } from './checkout/complete-session.js';
import type { Troubles } from './http/troubles.js';
import type { Deliveries } from './webhooks/deliveries.js';
import type { Endpoints } from './webhooks/endpoints.js';
import type { World } from './world/world.js';

/** Everything that pages and control work on. */
export interface Stage {
  readonly world: World;
  readonly checkout: Checkout;
  readonly cases: Cases;
  readonly deliveries: Deliveries;
  readonly endpoints: Endpoints;
  readonly troubles: Troubles;
  limitRate(perSecond: number | undefined): void;
}
