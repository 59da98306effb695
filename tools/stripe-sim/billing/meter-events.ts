import { Stripe } from 'stripe';
import { invalid, noSuch } from '../http/fault.js';
import { listPage } from '../http/list-page.js';
import type { Params } from '../http/params.js';
import type { Route } from '../http/route.js';
import type { World } from '../world/world.js';

const DAY_SECONDS = 24 * 3600;
/** Stripe takes events of the last 35 days, and of the next five minutes. */
const OLDEST_SECONDS = 35 * DAY_SECONDS;
const MINUTE_SECONDS = 60;
const NEWEST_SECONDS = 5 * 60;
/** Less than nothing corrects what was reported before. */
const WHOLE = /^-?[0-9]+$/;
const MOST_DIGITS = 15;

/** Meters and what is reported to them; an identifier counts once a day. */
export function meterRoutes(world: World): Route[] {
  const seen = new Map<string, number>();
  return [
    { method: 'POST', path: '/v1/billing/meters', handle: ({ params }) => createMeter(world, params) },
    {
      method: 'GET',
      path: '/v1/billing/meters',
      handle: ({ params }) => {
        const status = params.oneOf('status', ['active', 'inactive']);
        const wanted = world.meters.all().filter(meter => status === undefined || meter.status === status);
        return listPage(params, wanted, '/v1/billing/meters');
      },
    },
    { method: 'POST', path: '/v1/billing/meter_events', handle: ({ params }) => report(world, seen, params) },
    {
      method: 'GET',
      path: '/v1/billing/meters/:id/event_summaries',
      handle: ({ params, ids: [id = ''] }) => summarize(world, id, params),
    },
  ];
}

function createMeter(world: World, params: Params): Stripe.Billing.Meter {
  const eventName = params.requiredText('event_name');
  const displayName = params.requiredText('display_name');
  const formula = params.in('default_aggregation')?.requiredOneOf('formula', ['count', 'last', 'sum']) ?? 'sum';
  const mapping = params.in('customer_mapping');
  mapping?.oneOf('type', ['by_id']);
  const customerKey = mapping?.text('event_payload_key') ?? 'stripe_customer_id';
  const valueKey = params.in('value_settings')?.text('event_payload_key') ?? 'value';
  params.nothingElse();
  if (world.meters.all().some(meter => meter.event_name === eventName && meter.status === 'active')) {
    throw invalid(
      `An active meter with event_name ${eventName} exists already.`,
      'event_name',
      'resource_already_exists',
    );
  }
  const meter: Stripe.Billing.Meter = {
    id: world.ids.next('mtr'),
    object: 'billing.meter',
    created: world.now(),
    customer_mapping: { event_payload_key: customerKey, type: 'by_id' },
    default_aggregation: { formula },
    display_name: displayName,
    event_name: eventName,
    event_time_window: null,
    livemode: world.livemode,
    status: 'active',
    status_transitions: { deactivated_at: null },
    updated: world.now(),
    value_settings: { event_payload_key: valueKey },
  };
  world.meters.add(meter);
  world.emit('billing.meter.created', meter);
  return meter;
}

function report(world: World, seen: Map<string, number>, params: Params): Stripe.Billing.MeterEvent {
  const eventName = params.requiredText('event_name');
  const payload = params.metadata({}, 'payload');
  const identifier = params.text('identifier') ?? world.ids.next('me', 32);
  const now = world.now();
  const timestamp = params.integer('timestamp') ?? now;
  params.nothingElse();
  const meter = world.meters.all().find(one => one.event_name === eventName && one.status === 'active');
  if (meter === undefined)
    throw invalid(`No active meter found for event name '${eventName}'.`, 'event_name', 'no_meter');
  if (timestamp < now - OLDEST_SECONDS)
    throw invalid('The timestamp must be within the past 35 calendar days.', 'timestamp', 'timestamp_too_far_in_past');
  if (timestamp > now + NEWEST_SECONDS)
    throw invalid('The timestamp must be at most 5 minutes in the future.', 'timestamp', 'timestamp_in_future');
  const customer = payload[meter.customer_mapping.event_payload_key];
  if (customer === undefined)
    throw invalid('The payload names no customer.', 'payload', 'meter_event_no_customer_defined');
  if (world.customers.get(customer) === undefined) throw noSuch('customer', customer, 'payload');
  const value = payload[meter.value_settings.event_payload_key] ?? '';
  if (!WHOLE.test(value)) throw invalid('The value must be a whole number.', 'payload', 'meter_event_invalid_value');
  if (value.replace('-', '').length > MOST_DIGITS)
    throw invalid('The value can have at most 15 digits.', 'payload', 'meter_event_value_too_many_digits');
  const last = seen.get(identifier);
  if (last !== undefined && now - last < DAY_SECONDS) {
    throw invalid(`An event already exists with identifier ${identifier}.`, 'identifier', 'duplicate_meter_event');
  }
  seen.set(identifier, now);
  const event: Stripe.Billing.MeterEvent = {
    object: 'billing.meter_event',
    created: now,
    event_name: eventName,
    identifier,
    livemode: world.livemode,
    payload,
    timestamp,
  };
  world.meterEvents.push(event);
  return event;
}

function summarize(world: World, id: string, params: Params): object {
  const meter = world.must(world.meters, 'meter', id);
  const customer = params.requiredText('customer');
  const start = params.requiredInteger('start_time');
  const endTime = params.requiredInteger('end_time');
  for (const [name, time] of Object.entries({ start_time: start, end_time: endTime })) {
    if (time % MINUTE_SECONDS !== 0) throw invalid('The time must be at the boundary of a minute.', name);
  }
  if (world.customers.get(customer) === undefined) throw noSuch('customer', customer, 'customer');
  const values = world.meterEvents
    .filter(
      event =>
        event.event_name === meter.event_name &&
        event.payload[meter.customer_mapping.event_payload_key] === customer &&
        event.timestamp >= start &&
        event.timestamp < endTime,
    )
    .map(event => Number(event.payload[meter.value_settings.event_payload_key]));
  const { formula } = meter.default_aggregation;
  const total = values.reduce((sum, value) => sum + value, 0);
  const summary: Stripe.Billing.MeterEventSummary = {
    id: world.ids.next('mtrusg'),
    object: 'billing.meter_event_summary',
    aggregated_value: formula === 'count' ? values.length : formula === 'last' ? (values.at(-1) ?? 0) : total,
    end_time: endTime,
    livemode: world.livemode,
    meter: id,
    start_time: start,
  };
  return listPage(params, [summary], `/v1/billing/meters/${id}/event_summaries`);
}
