import { Stripe } from 'stripe';
import { listPage } from '../http/list-page.js';
import type { Route } from '../http/route.js';
import type { Endpoints } from '../webhooks/endpoints.js';
import { retrieveRoute } from '../world/retrieve-route.js';
import type { World } from '../world/world.js';

const URL = '/v1/webhook_endpoints';

/** Endpoints as the API makes them: their secret is shown once. */
export function webhookEndpointRoutes(world: World, endpoints: Endpoints): Route[] {
  return [
    {
      method: 'POST',
      path: URL,
      handle({ params }) {
        const url = params.requiredText('url');
        const types = params.texts('enabled_events');
        const description = params.text('description') ?? null;
        const metadata = params.metadata();
        params.oneOf('api_version', [Stripe.API_VERSION]);
        params.nothingElse();
        const { id, secrets } = endpoints.add(url, { types });
        const endpoint: Stripe.WebhookEndpoint = {
          id,
          object: 'webhook_endpoint',
          api_version: Stripe.API_VERSION,
          application: null,
          created: world.now(),
          description,
          enabled_events: types,
          livemode: world.livemode,
          metadata,
          status: 'enabled',
          url,
        };
        world.webhookEndpoints.add(endpoint);
        return { ...endpoint, secret: secrets[0] };
      },
    },
    {
      method: 'GET',
      path: URL,
      handle: ({ params }) => listPage(params, world.webhookEndpoints.all(), URL),
    },
    retrieveRoute(world, URL, world.webhookEndpoints, 'webhook endpoint'),
    {
      method: 'DELETE',
      path: `${URL}/:id`,
      handle({ params, ids: [id = ''] }) {
        world.must(world.webhookEndpoints, 'webhook endpoint', id);
        params.nothingElse();
        world.webhookEndpoints.delete(id);
        endpoints.remove(id);
        return { id, object: 'webhook_endpoint', deleted: true };
      },
    },
  ];
}
