import { Stripe } from 'stripe';
import { invalid } from '../http/fault.js';
import { createdFilter, listPage } from '../http/list-page.js';
import type { Params } from '../http/params.js';
import type { Route } from '../http/route.js';
import { retrieveRoute } from '../world/retrieve-route.js';
import { declineFault } from '../resources/decline-fault.js';
import type { World } from '../world/world.js';
import { changeSubscription, giveBackRest, invoiceWaiting, resumeSubscription } from './change-subscription.js';
import { startSubscription } from './new-subscription.js';
import { readChange, readSubscription } from './read-subscription.js';
import { end } from './subscription-status.js';

const URL = '/v1/subscriptions';
const STATUSES = [
  'active',
  'all',
  'canceled',
  'ended',
  'incomplete',
  'incomplete_expired',
  'past_due',
  'paused',
  'trialing',
  'unpaid',
] as const;

export function subscriptionRoutes(world: World): Route[] {
  return [
    { method: 'POST', path: URL, handle: ({ params }) => create(world, params) },
    { method: 'GET', path: URL, handle: ({ params }) => list(world, params) },
    retrieveRoute(world, URL, world.subscriptions, 'subscription'),
    {
      method: 'POST',
      path: `${URL}/:id`,
      handle({ params, ids: [id = ''] }) {
        const subscription = mustLive(world, id);
        changeSubscription(world, subscription, readChange(world, subscription, params));
        return subscription;
      },
    },
    { method: 'DELETE', path: `${URL}/:id`, handle: ({ params, ids: [id = ''] }) => cancel(world, id, params) },
    {
      method: 'POST',
      path: `${URL}/:id/resume`,
      handle({ params, ids: [id = ''] }) {
        const subscription = mustLive(world, id);
        params.oneOf('billing_cycle_anchor', ['now']);
        params.nothingElse();
        resumeSubscription(world, subscription);
        return subscription;
      },
    },
    {
      method: 'GET',
      path: '/v1/subscription_items',
      handle({ params }) {
        const subscription = world.must(
          world.subscriptions,
          'subscription',
          params.requiredText('subscription'),
          'subscription',
        );
        return listPage(params, [...subscription.items.data].reverse(), '/v1/subscription_items');
      },
    },
  ];
}

function create(world: World, params: Params): Stripe.Subscription {
  const terms = readSubscription(world, params);
  const { subscription, decline } = startSubscription(world, terms);
  if (decline === undefined || terms.behavior !== 'error_if_incomplete') return subscription;
  world.subscriptions.delete(subscription.id);
  throw declineFault(decline);
}

function list(world: World, params: Params): object {
  const customer = params.text('customer');
  const price = params.text('price');
  const status = params.oneOf('status', STATUSES);
  const clock = params.text('test_clock');
  const isWithin = createdFilter(params);
  const found = world.subscriptions.where(
    one =>
      isWithin(one) &&
      (customer === undefined || one.customer === customer) &&
      (price === undefined || one.items.data.some(item => item.price.id === price)) &&
      (clock === undefined || one.test_clock === clock) &&
      isListed(one.status, status),
  );
  return listPage(params, found, URL);
}

/** Without a status, all that are not canceled. */
function isListed(status: Stripe.Subscription.Status, asked: (typeof STATUSES)[number] | undefined): boolean {
  if (asked === 'all') return true;
  if (asked === undefined) return status !== 'canceled';
  if (asked === 'ended') return status === 'canceled' || status === 'incomplete_expired';
  return status === asked;
}

function cancel(world: World, id: string, params: Params): Stripe.Subscription {
  const subscription = mustLive(world, id);
  const isProrated = params.flag('prorate') ?? false;
  const isInvoiced = params.flag('invoice_now') ?? false;
  params.nothingElse();
  if (isProrated) giveBackRest(world, subscription);
  end(world, subscription, 'cancellation_requested');
  if (isInvoiced) invoiceWaiting(world, subscription);
  return subscription;
}

function mustLive(world: World, id: string): Stripe.Subscription {
  const subscription = world.must(world.subscriptions, 'subscription', id);
  if (subscription.status !== 'canceled' && subscription.status !== 'incomplete_expired') return subscription;
  throw invalid(
    `This subscription is ${subscription.status}: it can no longer be changed.`,
    undefined,
    'invalid_canceled_subscription_fields',
  );
}
