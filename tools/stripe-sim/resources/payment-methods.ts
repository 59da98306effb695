import { Stripe } from 'stripe';
import { invalid } from '../http/fault.js';
import { listPage } from '../http/list-page.js';
import type { Params } from '../http/params.js';
import type { Route } from '../http/route.js';
import { retrieveRoute } from '../world/retrieve-route.js';
import type { World } from '../world/world.js';
import { declineOf } from './charges.js';
import { declineFault } from './decline-fault.js';
import { TEST_BANK_ACCOUNT, TEST_CARDS, type Behaviour, type TestCard } from './test-cards.js';

const URL = '/v1/payment_methods';

export function paymentMethodRoutes(world: World): Route[] {
  return [
    retrieveRoute(world, URL, world.paymentMethods, 'PaymentMethod'),
    {
      method: 'GET',
      path: URL,
      handle: ({ params }) => listMethods(world, params, params.text('customer'), URL),
    },
    {
      method: 'GET',
      path: '/v1/customers/:id/payment_methods',
      handle({ params, ids: [id = ''] }) {
        const customer = world.must(world.customers, 'customer', id);
        return listMethods(world, params, customer.id, `/v1/customers/${id}/payment_methods`);
      },
    },
    { method: 'POST', path: `${URL}/:id/attach`, handle: ({ params, ids: [id = ''] }) => attach(world, id, params) },
    {
      method: 'POST',
      path: `${URL}/:id/detach`,
      handle({ params, ids: [id = ''] }) {
        const method = world.must(world.paymentMethods, 'PaymentMethod', id);
        params.nothingElse();
        const owner = typeof method.customer === 'string' ? world.customers.get(method.customer) : undefined;
        world.update('payment_method.detached', method, () => (method.customer = null));
        if (owner?.invoice_settings.default_payment_method === id) owner.invoice_settings.default_payment_method = null;
        return method;
      },
    },
  ];
}

/** The payment method that a request names: one that is kept, or a new one like the test payment method of that name. */
export function findPaymentMethod(world: World, id: string, param: string): Stripe.PaymentMethod {
  const card = TEST_CARDS.get(id);
  if (card !== undefined) return newCard(world, card);
  if (id === TEST_BANK_ACCOUNT) return newBankAccount(world);
  return world.must(world.paymentMethods, 'PaymentMethod', id, param);
}

export function behaviourOf(world: World, method: Stripe.PaymentMethod): Behaviour {
  return world.behaviours.get(method.id) ?? { kind: 'succeeds' };
}

function newCard(world: World, card: TestCard): Stripe.PaymentMethod {
  const method: Stripe.PaymentMethod = {
    ...blank(world, 'card'),
    card: {
      brand: card.brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: 'US',
      display_brand: card.brand,
      exp_month: 12,
      exp_year: new Date(world.now() * 1000).getUTCFullYear() + 3,
      fingerprint: `card-${card.last4}`,
      funding: 'credit',
      generated_from: null,
      last4: card.last4,
      networks: { available: [card.brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
  };
  world.behaviours.set(method.id, card.behaviour);
  return world.paymentMethods.add(method);
}

function newBankAccount(world: World): Stripe.PaymentMethod {
  const method: Stripe.PaymentMethod = {
    ...blank(world, 'us_bank_account'),
    us_bank_account: {
      account_holder_type: 'individual',
      account_type: 'checking',
      bank_name: 'STRIPE TEST BANK',
      financial_connections_account: null,
      fingerprint: 'bank-6789',
      last4: '6789',
      networks: { preferred: 'ach', supported: ['ach'] },
      routing_number: '110000000',
      status_details: null,
    },
  };
  world.behaviours.set(method.id, { kind: 'settles_later' });
  return world.paymentMethods.add(method);
}

/** Binds a payment method to a customer and tells of it; nothing happens where it is bound already. */
export function attachTo(world: World, method: Stripe.PaymentMethod, customer: string): void {
  if (method.customer === customer) return;
  method.customer = customer;
  world.emit('payment_method.attached', method);
}

function blank(world: World, type: 'card' | 'us_bank_account'): Stripe.PaymentMethod {
  return {
    id: world.ids.next('pm'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    created: world.now(),
    customer: null,
    customer_account: null,
    livemode: world.livemode,
    metadata: {},
    type,
  };
}

function listMethods(world: World, params: Params, customer: string | undefined, url: string): object {
  const type = params.text('type');
  const found = world.paymentMethods.where(
    method => method.customer === (customer ?? null) && (type === undefined || method.type === type),
  );
  return listPage(params, customer === undefined ? [] : found, url);
}

function attach(world: World, id: string, params: Params): Stripe.PaymentMethod {
  const customer = world.must(world.customers, 'customer', params.requiredText('customer'), 'customer');
  params.nothingElse();
  const card = TEST_CARDS.get(id);
  if (card !== undefined && !card.attaches && card.behaviour.kind === 'declines') {
    throw declineFault(declineOf(card.behaviour.code, card.behaviour.declineCode));
  }
  const method =
    card === undefined && id !== TEST_BANK_ACCOUNT
      ? world.must(world.paymentMethods, 'PaymentMethod', id)
      : findPaymentMethod(world, id, 'id');
  if (method.customer !== null && method.customer !== customer.id) {
    throw invalid(
      'The payment method you provided has already been attached to a customer.',
      'payment_method',
      'payment_method_unexpected_state',
    );
  }
  attachTo(world, method, customer.id);
  return method;
}
