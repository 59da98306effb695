import { Stripe } from 'stripe';
import { invalid, missingParameter, StripeFault } from '../http/fault.js';
import { createdFilter, listPage } from '../http/list-page.js';
import type { Params } from '../http/params.js';
import type { Route } from '../http/route.js';
import { retrieveRoute } from '../world/retrieve-route.js';
import type { World } from '../world/world.js';
import { declineFault } from './decline-fault.js';
import { confirmIntent } from './confirm-intent.js';
import { findPaymentMethod } from './payment-methods.js';
import { addIntent, readIntentData } from './new-intent.js';
import { change } from '../world/change.js';

const URL = '/v1/payment_intents';
const CANCELLATION_REASONS = ['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'] as const;
const SMALLEST_AMOUNT = 1;
const LARGEST_AMOUNT = 99_999_999;

export function paymentIntentRoutes(world: World): Route[] {
  return [
    { method: 'POST', path: URL, handle: ({ params }) => createIntent(world, params) },
    {
      method: 'GET',
      path: URL,
      handle({ params }) {
        const customer = params.text('customer');
        const isWithin = createdFilter(params);
        const found = world.paymentIntents.where(
          intent => isWithin(intent) && (customer === undefined || intent.customer === customer),
        );
        return listPage(params, found, URL);
      },
    },
    retrieveRoute(world, URL, world.paymentIntents, 'payment_intent'),
    {
      method: 'POST',
      path: `${URL}/:id`,
      handle({ params, ids: [id = ''] }) {
        const intent = world.must(world.paymentIntents, 'payment_intent', id);
        const metadata = params.metadata(intent.metadata);
        const description = params.text('description') ?? intent.description;
        params.nothingElse();
        change(intent, { metadata, description });
        return intent;
      },
    },
    { method: 'POST', path: `${URL}/:id/confirm`, handle: ({ params, ids: [id = ''] }) => confirm(world, id, params) },
    {
      method: 'POST',
      path: `${URL}/:id/cancel`,
      handle({ params, ids: [id = ''] }) {
        const intent = world.must(world.paymentIntents, 'payment_intent', id);
        const reason = params.oneOf('cancellation_reason', CANCELLATION_REASONS) ?? null;
        params.nothingElse();
        if (['succeeded', 'canceled', 'processing'].includes(intent.status)) {
          throw unexpectedState(intent, 'cancel this PaymentIntent');
        }
        change(intent, {
          status: 'canceled',
          canceled_at: world.now(),
          cancellation_reason: reason,
          next_action: null,
        });
        world.emit('payment_intent.canceled', intent);
        return intent;
      },
    },
  ];
}

function createIntent(world: World, params: Params): Stripe.PaymentIntent {
  const amount = params.requiredInteger('amount', { min: SMALLEST_AMOUNT, max: LARGEST_AMOUNT });
  const currency = params.requiredCurrency();
  const customerId = params.text('customer');
  const customer =
    customerId === undefined ? undefined : world.must(world.customers, 'customer', customerId, 'customer');
  const data = readIntentData(params);
  const types = params.texts('payment_method_types');
  const automatic = params.in('automatic_payment_methods');
  const isAutomatic = automatic?.flag('enabled') ?? types.length === 0;
  const redirects = automatic?.oneOf('allow_redirects', ['always', 'never']);
  params.oneOf('capture_method', ['automatic', 'automatic_async']);
  const request = readConfirmation(params);
  const isConfirmed = params.flag('confirm') ?? false;
  const tax = params.in('amount_details')?.in('tax')?.integer('total_tax_amount', { min: 0 });
  params.nothingElse();
  if (request.isOffSession && !isConfirmed) {
    throw invalid('off_session can only be set when confirming a PaymentIntent.', 'off_session');
  }
  const method = request.method === undefined ? undefined : usable(world, request.method, customer?.id);
  const intent = addIntent(world, { ...data, amount, currency, customer: customer?.id ?? null, tax });
  if (types.length > 0) intent.payment_method_types = types;
  intent.automatic_payment_methods = isAutomatic
    ? { enabled: true, ...(redirects !== undefined && { allow_redirects: redirects }) }
    : null;
  if (method !== undefined) {
    intent.payment_method = method.id;
    intent.status = 'requires_confirmation';
  }
  world.emit('payment_intent.created', intent);
  if (!isConfirmed) return intent;
  if (method === undefined) throw missingParameter('payment_method');
  return ask(world, intent, method, request);
}

function confirm(world: World, id: string, params: Params): Stripe.PaymentIntent {
  const intent = world.must(world.paymentIntents, 'payment_intent', id);
  const request = readConfirmation(params);
  params.nothingElse();
  if (!['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(intent.status)) {
    throw unexpectedState(intent, 'confirm this PaymentIntent');
  }
  const methodId = request.method ?? intent.payment_method;
  if (typeof methodId !== 'string') {
    throw invalid(
      'You cannot confirm this PaymentIntent because it is missing a payment method.',
      undefined,
      'payment_intent_unexpected_state',
    );
  }
  const customer = typeof intent.customer === 'string' ? intent.customer : undefined;
  return ask(world, intent, usable(world, methodId, customer), request);
}

interface Confirmation {
  readonly method: string | undefined;
  readonly isOffSession: boolean;
  readonly failsOnAction: boolean;
  readonly returnUrl: string | null;
}

function readConfirmation(params: Params): Confirmation {
  return {
    method: params.text('payment_method'),
    isOffSession: params.flag('off_session') ?? false,
    failsOnAction: params.flag('error_on_requires_action') ?? false,
    returnUrl: params.text('return_url') ?? null,
  };
}

function ask(
  world: World,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  request: Confirmation,
): Stripe.PaymentIntent {
  const { isOffSession, failsOnAction, returnUrl } = request;
  const decline = confirmIntent(world, intent, method, { isOffSession: isOffSession || failsOnAction, returnUrl });
  if (decline === undefined) return intent;
  throw declineFault(decline, {
    ...(typeof intent.latest_charge === 'string' && { charge: intent.latest_charge }),
    payment_intent: intent,
    payment_method: method,
  });
}

/** The payment method to ask, which must be the customer's where it is anybody's. */
function usable(world: World, id: string, customer: string | undefined): Stripe.PaymentMethod {
  const method = findPaymentMethod(world, id, 'payment_method');
  if (method.customer !== null && method.customer !== customer) {
    throw invalid(
      customer === undefined
        ? 'The PaymentMethod belongs to a Customer. Supply the customer on the PaymentIntent.'
        : `The customer does not have a payment method with the ID ${id}. The payment method must be attached to the customer.`,
      'payment_method',
    );
  }
  return method;
}

function unexpectedState(intent: Stripe.PaymentIntent, act: string): StripeFault {
  return new StripeFault(400, {
    type: 'invalid_request_error',
    code: 'payment_intent_unexpected_state',
    message: `You cannot ${act} because it has a status of ${intent.status}.`,
    payment_intent: intent,
  });
}
