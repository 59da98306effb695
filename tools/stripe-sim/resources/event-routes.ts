import { createdFilter, listPage } from '../http/list-page.js';
import type { Route } from '../http/route.js';
import { thinEventOf } from '../world/events.js';
import { retrieveRoute } from '../world/retrieve-route.js';
import type { World } from '../world/world.js';

const URL = '/v1/events';

/** Events of the last 30 days, as snapshots and, under /v2, as thin events. */
export function eventRoutes(world: World): Route[] {
  return [
    {
      method: 'GET',
      path: URL,
      handle({ params }) {
        const type = params.text('type');
        const types = params.texts('types');
        const isDelivered = params.flag('delivery_success');
        const isWithin = createdFilter(params);
        const found = world
          .listedEvents()
          .filter(
            event =>
              isWithin(event) &&
              (type === undefined || isOfType(event.type, type)) &&
              (types.length === 0 || types.includes(event.type)) &&
              (isDelivered === undefined || (event.pending_webhooks === 0) === isDelivered),
          );
        return listPage(params, found, URL);
      },
    },
    retrieveRoute(world, URL, world.events, 'event'),
    {
      method: 'GET',
      path: '/v2/core/events/:id',
      handle({ params, ids: [id = ''] }) {
        params.nothingElse();
        return thinEventOf(world.must(world.events, 'event', id));
      },
    },
  ];
}

/** `invoice.*` means all that begins so. */
function isOfType(type: string, asked: string): boolean {
  return asked.endsWith('.*') ? type.startsWith(asked.slice(0, -1)) : type === asked;
}
