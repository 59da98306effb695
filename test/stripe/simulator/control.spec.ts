import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Stripe } from 'stripe';
import type { StripeSimulator } from '../../../tools/stripe-sim/simulator.js';
import { refusal, startStripe, WebhookReceiver } from './simulated-stripe.js';

let simulator: StripeSimulator;
let stripe: Stripe;
let receiver: WebhookReceiver;

beforeEach(async () => {
  ({ simulator, stripe } = await startStripe());
  receiver = await WebhookReceiver.open();
});
afterEach(async () => {
  await simulator.stop();
  await receiver.close();
});

/** What a command answers. */
async function run(command: string, input: object = {}): Promise<{ status: number; answer: Record<string, unknown> }> {
  const response = await fetch(`${simulator.url}/_sim/${command}`, { method: 'POST', body: JSON.stringify(input) });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

async function payLater(): Promise<string> {
  const { id } = await stripe.checkout.sessions.create({
    mode: 'payment',
    success_url: 'https://shop.example',
    line_items: [{ price_data: { currency: 'eur', unit_amount: 500, product_data: { name: 'Pack' } } }],
  });
  await run('checkout/pay', { session: id, method: 'pm_usBankAccount_success' });
  return String((await stripe.checkout.sessions.retrieve(id)).payment_intent);
}

test('customers and banks are played over HTTP', async () => {
  const intent = await payLater();
  expect((await run('payments/settle', { payment_intent: intent })).answer['status']).toBe('succeeded');
  const dispute = await run('payments/dispute', { payment_intent: intent, amount: 200, is_inquiry: true });
  expect((await run('disputes/escalate', { dispute: dispute.answer['id'] })).answer['status']).toBe('needs_response');
  expect((await run('disputes/close', { dispute: dispute.answer['id'], is_won: true })).answer['status']).toBe('won');
  const refund = await stripe.refunds.create({ payment_intent: intent });
  expect((await run('refunds/end', { refund: refund.id, outcome: 'failed' })).answer['status']).toBe('failed');
});

test('so are deliveries, troubles and time', async () => {
  const endpoint = simulator.endpoints.add(receiver.url);
  await run('deliveries/hold');
  await stripe.customers.create({});
  expect((await run('deliveries/release', { copies: [3, 3] })).answer).toMatchObject({ sent: 3, accepted: 3 });
  await stripe.customers.create({});
  expect((await run('deliveries/drop')).answer).toEqual({ dropped: 1 });
  await run('deliveries/resume');
  const event = simulator.world.events.all()[0]!.id;
  expect((await run('deliveries/again', { event })).answer).toMatchObject({ accepted: 1 });
  expect((await run('deliveries/forge', { event, forgery: 'wrong_secret' })).answer).toEqual({ outcomes: [200] });
  expect((await run('endpoints/roll', { endpoint: endpoint.id })).answer['secret']).toMatch(/^whsec_/);
  await run('troubles/add', { trouble: { kind: 'refuse', status: 500 }, path: '/v1/customers' });
  expect(await refusal(stripe.customers.list())).toBeInstanceOf(Stripe.errors.StripeAPIError);
  const before = simulator.world.now();
  expect((await run('clock/move', { seconds: 3600 })).answer['now']).toBeGreaterThanOrEqual(before + 3600);
});

test('a mistake in a command is told in words', async () => {
  expect(await run('payments/settle', {})).toMatchObject({
    status: 400,
    answer: { error: expect.stringContaining('payment_intent') },
  });
  expect((await run('payments/settle', { payment_intent: 'pi_no' })).status).toBe(404);
  const { id } = await stripe.paymentIntents.create({ amount: 500, currency: 'eur' });
  expect((await run('payments/settle', { payment_intent: id })).answer['error']).toContain('requires_payment_method');
  expect((await fetch(`${simulator.url}/_sim/nothing`, { method: 'POST' })).status).toBe(404);
  const commands = (await (await fetch(`${simulator.url}/_sim/`)).json()) as { commands: string[] };
  expect(commands.commands).toContain('payments/settle');
});
