import { createdFilter, listPage } from '../http/list-page.js';
import type { Route } from '../http/route.js';
import { retrieveRoute } from '../world/retrieve-route.js';
import type { World } from '../world/world.js';
import type { Checkout } from './complete-session.js';
import { createSession } from './new-session.js';

const URL = '/v1/checkout/sessions';

export function checkoutRoutes(world: World, checkout: Checkout): Route[] {
  return [
    { method: 'POST', path: URL, handle: ({ params }) => createSession(world, checkout.plans, params) },
    {
      method: 'GET',
      path: URL,
      handle({ params }) {
        const customer = params.text('customer');
        const intent = params.text('payment_intent');
        const subscription = params.text('subscription');
        const status = params.oneOf('status', ['complete', 'expired', 'open']);
        const isWithin = createdFilter(params);
        const found = world.sessions.where(
          session =>
            isWithin(session) &&
            (customer === undefined || session.customer === customer) &&
            (intent === undefined || session.payment_intent === intent) &&
            (subscription === undefined || session.subscription === subscription) &&
            (status === undefined || session.status === status),
        );
        return listPage(params, found, URL);
      },
    },
    retrieveRoute(world, URL, world.sessions, 'checkout.session'),
    {
      method: 'GET',
      path: `${URL}/:id/line_items`,
      handle({ params, ids: [id = ''] }) {
        const session = world.must(world.sessions, 'checkout.session', id);
        // In the order in which they were asked for: a list is turned round, so that the newest is first.
        const items = [...(checkout.plans.get(session.id)?.items ?? [])].reverse();
        return listPage(params, items, `${URL}/${id}/line_items`);
      },
    },
    {
      method: 'POST',
      path: `${URL}/:id/expire`,
      handle({ params, ids: [id = ''] }) {
        params.nothingElse();
        return checkout.expire(id);
      },
    },
  ];
}
