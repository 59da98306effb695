import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Stripe } from 'stripe';
import type { StripeSimulator } from '../../../tools/stripe-sim/simulator.js';
import { refusal, startStripe } from './simulated-stripe.js';

let simulator: StripeSimulator;
let stripe: Stripe;
let customer: Stripe.Customer;
let meter: Stripe.Billing.Meter;

beforeEach(async () => {
  ({ simulator, stripe } = await startStripe());
  customer = await stripe.customers.create({});
  meter = await stripe.billing.meters.create({
    display_name: 'Overage',
    event_name: 'credits_overage',
    default_aggregation: { formula: 'sum' },
  });
});
afterEach(() => simulator.stop());

function report(
  value: string,
  more: Partial<Stripe.Billing.MeterEventCreateParams> = {},
): Promise<Stripe.Billing.MeterEvent> {
  return stripe.billing.meterEvents.create({
    event_name: 'credits_overage',
    payload: { stripe_customer_id: customer.id, value },
    ...more,
  });
}

async function total(): Promise<number | undefined> {
  const minute = Math.floor(simulator.world.now() / 60) * 60;
  const within = { customer: customer.id, start_time: minute - 60, end_time: minute + 60 };
  return (await stripe.billing.meters.listEventSummaries(meter.id, within)).data[0]?.aggregated_value;
}

test('sums are those of whole minutes', async () => {
  const within = { customer: customer.id, start_time: 61, end_time: 120 };
  const asked = stripe.billing.meters.listEventSummaries(meter.id, within);
  expect(await refusal(asked)).toMatchObject({ statusCode: 400, param: 'start_time' });
});

test('what is reported to a meter adds up by customer', async () => {
  expect(await report('25', { identifier: 'ent_1' })).toMatchObject({ identifier: 'ent_1', payload: { value: '25' } });
  await report('17');
  expect(await total()).toBe(42);
});

test('less than nothing corrects what was reported before', async () => {
  await report('25');
  await report('-7');
  expect(await total()).toBe(18);
});

test('an identifier counts once within a day', async () => {
  await report('25', { identifier: 'ent_1' });
  expect(await refusal(report('25', { identifier: 'ent_1' }))).toMatchObject({ statusCode: 400, param: 'identifier' });
  simulator.world.moveBy(24 * 3600);
  await report('25', { identifier: 'ent_1' });
  expect(simulator.world.meterEvents).toHaveLength(2);
});

test.each([
  ['0.5', 'meter_event_invalid_value'],
  ['', 'meter_event_invalid_value'],
  ['1234567890123456', 'meter_event_value_too_many_digits'],
])('a value is refused: %j', async (value, code) => {
  expect(await refusal(report(value))).toMatchObject({ statusCode: 400, code });
});

test.each([
  ['of no meter', { event_name: 'nothing' }, 'event_name'],
  ['of nobody', { payload: { value: '1' } }, 'payload'],
  ['of a customer that is not there', { payload: { stripe_customer_id: 'cus_no', value: '1' } }, 'payload'],
  ['36 days old', { timestamp: -36 * 24 * 3600 }, 'timestamp'],
  ['ten minutes early', { timestamp: 600 }, 'timestamp'],
])('a report is refused: %s', async (_, more, param) => {
  const timestamp =
    'timestamp' in more && more.timestamp !== undefined ? { timestamp: simulator.world.now() + more.timestamp } : {};
  expect(await refusal(report('1', { ...more, ...timestamp }))).toMatchObject({ statusCode: 400, param });
});
