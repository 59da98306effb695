import { Stripe } from 'stripe';
import { invalid } from '../http/fault.js';
import { listPage } from '../http/list-page.js';
import type { Params } from '../http/params.js';
import type { Route } from '../http/route.js';
import { retrieveRoute } from '../world/retrieve-route.js';
import type { World } from '../world/world.js';
import { boundaryAfter, cadenceOf } from './periods.js';
import { isAlive } from './subscription-status.js';

const URL = '/v1/test_helpers/test_clocks';
const THIRTY_DAYS = 30 * 24 * 3600;
/** Stripe moves a clock by at most two periods of the shortest subscription at a time. */
const MOST_INTERVALS = 2;

export function testClockRoutes(world: World): Route[] {
  return [
    {
      method: 'POST',
      path: URL,
      handle({ params }) {
        const frozenTime = params.requiredInteger('frozen_time', { min: 0 });
        const name = params.text('name') ?? null;
        params.nothingElse();
        if (world.livemode) throw invalid('Test clocks exist in test mode only.');
        const clock: Stripe.TestHelpers.TestClock = {
          id: world.ids.next('clock'),
          object: 'test_helpers.test_clock',
          created: world.now(),
          deletes_after: world.now() + THIRTY_DAYS,
          frozen_time: frozenTime,
          livemode: false,
          name,
          status: 'ready',
          status_details: {},
        };
        world.testClocks.add(clock);
        world.emit('test_helpers.test_clock.created', clock);
        return clock;
      },
    },
    { method: 'GET', path: URL, handle: ({ params }) => listPage(params, world.testClocks.all(), URL) },
    retrieveRoute(world, URL, world.testClocks, 'test clock'),
    { method: 'POST', path: `${URL}/:id/advance`, handle: ({ params, ids: [id = ''] }) => advance(world, id, params) },
    {
      method: 'DELETE',
      path: `${URL}/:id`,
      handle({ params, ids: [id = ''] }) {
        const clock = world.must(world.testClocks, 'test clock', id);
        params.nothingElse();
        for (const customer of world.customers.where(one => one.test_clock === id)) world.customers.delete(customer.id);
        for (const one of world.subscriptions.where(one => one.test_clock === id)) world.subscriptions.delete(one.id);
        world.testClocks.delete(id);
        world.emit('test_helpers.test_clock.deleted', clock);
        return { id, object: 'test_helpers.test_clock', deleted: true };
      },
    },
  ];
}

/** The answer says `advancing`, as Stripe's does; whoever asks next hears `ready`. */
function advance(world: World, id: string, params: Params): Stripe.TestHelpers.TestClock {
  const clock = world.must(world.testClocks, 'test clock', id);
  const target = params.requiredInteger('frozen_time');
  params.nothingElse();
  if (target <= clock.frozen_time) throw invalid('A test clock can only be advanced forward.', 'frozen_time');
  const furthest = furthestOf(world, clock);
  if (furthest !== undefined && target > furthest) {
    throw invalid(
      `You can only advance a test clock by ${MOST_INTERVALS} intervals of its shortest subscription at a time, to ${furthest}.`,
      'frozen_time',
    );
  }
  clock.status = 'advancing';
  clock.status_details = { advancing: { target_frozen_time: target } };
  const answer = { ...clock };
  world.emit('test_helpers.test_clock.advancing', clock);
  world.runDue(id, target, at => (clock.frozen_time = Math.max(clock.frozen_time, at)));
  clock.frozen_time = target;
  clock.status = 'ready';
  clock.status_details = {};
  world.emit('test_helpers.test_clock.ready', clock);
  return answer;
}

function furthestOf(world: World, clock: Stripe.TestHelpers.TestClock): number | undefined {
  const bounds = world.subscriptions
    .where(one => one.test_clock === clock.id && isAlive(one))
    .map(one => boundaryAfter(clock.frozen_time, cadenceOf(one.items.data[0]!.price), MOST_INTERVALS));
  return bounds.length === 0 ? undefined : Math.min(...bounds);
}
