import { Stripe } from 'stripe';
import type { World } from '../world/world.js';
import { declineOf, failCharge, newCharge, settleCharge, type Decline } from './charges.js';
import { openDispute } from './open-dispute.js';
import { attachTo, behaviourOf } from './payment-methods.js';

/** How a payment is asked for. */
export interface Attempt {
  /** The customer is not there, so nobody can answer a 3-D Secure. */
  readonly isOffSession: boolean;
  /** The customer has just passed 3-D Secure. */
  readonly isAuthenticated?: boolean;
  readonly returnUrl?: string | null;
}

const AUTHENTICATION_REQUIRED: Decline = {
  code: 'authentication_required',
  declineCode: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
};
const AUTHENTICATION_FAILED: Decline = {
  code: 'payment_intent_authentication_failure',
  message:
    'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.',
};
const DEBIT_FAILED: Decline = { code: 'debit_not_authorized', message: 'The bank did not authorise the debit.' };

/** Asks for the money; afterwards the intent is `succeeded`, `processing`, `requires_action`, or declined as returned. */
export function confirmIntent(
  world: World,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  attempt: Attempt,
): Decline | undefined {
  intent.payment_method = method.id;
  intent.last_payment_error = null;
  intent.next_action = null;
  const behaviour = behaviourOf(world, method);
  switch (behaviour.kind) {
    case 'declines':
      return decline(world, intent, method, declineOf(behaviour.code, behaviour.declineCode));
    case 'authenticates': {
      const isNeeded = !(behaviour.isOnceEnough && world.setUp.has(method.id));
      if (isNeeded && attempt.isAuthenticated !== true) {
        if (attempt.isOffSession) return decline(world, intent, method, AUTHENTICATION_REQUIRED);
        return askForAuthentication(world, intent, attempt.returnUrl ?? null);
      }
      if (behaviour.thenDeclines !== undefined) {
        return decline(world, intent, method, declineOf('card_declined', behaviour.thenDeclines));
      }
      return succeed(world, intent, newCharge(world, intent, method), method);
    }
    case 'settles_later': {
      const charge = newCharge(world, intent, method);
      intent.latest_charge = charge.id;
      intent.status = 'processing';
      keepForLater(world, intent, method);
      world.emit('charge.pending', charge);
      world.emit('payment_intent.processing', intent);
      tell(world, intent);
      return undefined;
    }
    case 'disputed': {
      const charge = newCharge(world, intent, method);
      succeed(world, intent, charge, method);
      openDispute(world, charge, { reason: behaviour.reason, isInquiry: behaviour.isInquiry });
      return undefined;
    }
    case 'succeeds':
    case 'refund_fails':
    case 'refund_pends':
      return succeed(world, intent, newCharge(world, intent, method), method);
  }
}

/** A payment that was processing ends. */
export function settleIntent(world: World, intent: Stripe.PaymentIntent, isPaid: boolean): void {
  const charge = world.charges.get(String(intent.latest_charge));
  const method = world.paymentMethods.get(String(intent.payment_method));
  if (intent.status !== 'processing' || charge === undefined || method === undefined) {
    throw new RangeError(`${intent.id} is ${intent.status}: only a payment that is processing can be settled.`);
  }
  if (isPaid) succeed(world, intent, charge, method);
  else decline(world, intent, method, DEBIT_FAILED, charge);
}

/** The customer answered 3-D Secure. */
export function answerAuthentication(
  world: World,
  intent: Stripe.PaymentIntent,
  isPassed: boolean,
): Decline | undefined {
  const method = world.paymentMethods.get(String(intent.payment_method));
  if (intent.status !== 'requires_action' || method === undefined) {
    throw new RangeError(`${intent.id} is ${intent.status}: it does not wait for 3-D Secure.`);
  }
  if (!isPassed) return decline(world, intent, method, AUTHENTICATION_FAILED, null);
  return confirmIntent(world, intent, method, { isOffSession: false, isAuthenticated: true });
}

function succeed(
  world: World,
  intent: Stripe.PaymentIntent,
  charge: Stripe.Charge,
  method: Stripe.PaymentMethod,
): undefined {
  intent.latest_charge = charge.id;
  intent.status = 'succeeded';
  intent.amount_received = intent.amount;
  keepForLater(world, intent, method);
  settleCharge(world, charge);
  world.emit('payment_intent.succeeded', intent);
  tell(world, intent);
}

/** @param charge what was tried already; null where nothing was */
function decline(
  world: World,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  decline: Decline,
  charge: Stripe.Charge | null = newCharge(world, intent, method),
): Decline {
  if (charge !== null) {
    intent.latest_charge = charge.id;
    failCharge(world, charge, decline);
  }
  intent.status = 'requires_payment_method';
  intent.payment_method = null;
  intent.next_action = null;
  intent.last_payment_error = {
    type: charge === null ? 'invalid_request_error' : 'card_error',
    code: decline.code,
    message: decline.message,
    payment_method: method,
    ...(charge !== null && { charge: charge.id }),
    ...(decline.declineCode !== undefined && { decline_code: decline.declineCode }),
  };
  world.emit('payment_intent.payment_failed', intent);
  tell(world, intent);
  return decline;
}

function askForAuthentication(world: World, intent: Stripe.PaymentIntent, returnUrl: string | null): undefined {
  intent.status = 'requires_action';
  intent.next_action = {
    type: 'redirect_to_url',
    redirect_to_url: { url: `${world.url}/authenticate/${intent.id}`, return_url: returnUrl },
  };
  world.emit('payment_intent.requires_action', intent);
  tell(world, intent);
}

/** A payment method that may be used again belongs to the customer from now on. */
function keepForLater(world: World, intent: Stripe.PaymentIntent, method: Stripe.PaymentMethod): void {
  if (intent.setup_future_usage === null || typeof intent.customer !== 'string') return;
  attachTo(world, method, intent.customer);
  if (intent.setup_future_usage === 'off_session') world.setUp.add(method.id);
}

function tell(world: World, intent: Stripe.PaymentIntent): void {
  for (const watch of world.intentWatchers) watch(intent);
}
