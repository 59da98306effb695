import { Stripe } from 'stripe';
import { listPage } from '../http/list-page.js';
import type { Route } from '../http/route.js';
import { retrieveRoute } from '../world/retrieve-route.js';
import type { World } from '../world/world.js';

export function setupIntentRoutes(world: World): Route[] {
  return [
    retrieveRoute(world, '/v1/setup_intents', world.setupIntents, 'setup_intent'),
    {
      method: 'GET',
      path: '/v1/setup_intents',
      handle({ params }) {
        const customer = params.text('customer');
        const found = world.setupIntents.where(one => customer === undefined || one.customer === customer);
        return listPage(params, found, '/v1/setup_intents');
      },
    },
  ];
}

/** The owner of the payment method agreed, present, to payments without being there. */
export function addSetupIntent(
  world: World,
  customer: string,
  method: Stripe.PaymentMethod,
  metadata: Record<string, string>,
): Stripe.SetupIntent {
  const id = world.ids.next('seti');
  const intent = world.setupIntents.add({
    id,
    object: 'setup_intent',
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: null,
    cancellation_reason: null,
    client_secret: `${id}_secret_${world.ids.next('s').slice(2)}`,
    created: world.now(),
    customer,
    description: null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: world.livemode,
    mandate: null,
    metadata: { ...metadata },
    next_action: null,
    on_behalf_of: null,
    payment_method: method.id,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: 'succeeded',
    usage: 'off_session',
  });
  world.setUp.add(method.id);
  world.emit('setup_intent.succeeded', intent);
  return intent;
}
