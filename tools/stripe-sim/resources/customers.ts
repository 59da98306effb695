import { Stripe } from 'stripe';
import { listPage, createdFilter } from '../http/list-page.js';
import type { Params } from '../http/params.js';
import type { Route } from '../http/route.js';
import { snapshotOf } from '../world/snapshot.js';
import { end } from '../billing/subscription-status.js';
import { change } from '../world/change.js';
import type { World } from '../world/world.js';

const URL = '/v1/customers';

export function customerRoutes(world: World): Route[] {
  return [
    { method: 'POST', path: URL, handle: ({ params }) => createCustomer(world, params) },
    {
      method: 'GET',
      path: URL,
      handle({ params }) {
        const email = params.text('email');
        const clock = params.text('test_clock');
        const isWithin = createdFilter(params);
        const found = world.customers.where(
          customer =>
            isWithin(customer) &&
            (email === undefined || customer.email === email) &&
            (clock === undefined || customer.test_clock === clock),
        );
        return listPage(params, found, URL);
      },
    },
    {
      method: 'GET',
      path: `${URL}/:id`,
      handle({ params, ids: [id = ''] }) {
        params.nothingElse();
        return world.deletedCustomers.get(id) ?? world.must(world.customers, 'customer', id);
      },
    },
    { method: 'POST', path: `${URL}/:id`, handle: ({ params, ids: [id = ''] }) => updateCustomer(world, id, params) },
    {
      method: 'DELETE',
      path: `${URL}/:id`,
      handle({ params, ids: [id = ''] }) {
        const customer = world.must(world.customers, 'customer', id);
        params.nothingElse();
        return deleteCustomer(world, customer);
      },
    },
  ];
}

/** A customer without anything but an address, as Checkout makes one of who pays without being known. */
export function newCustomer(world: World, email: string | null): Stripe.Customer {
  return {
    id: world.ids.next('cus', 14),
    object: 'customer',
    address: null,
    balance: 0,
    created: world.now(),
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email,
    invoice_prefix: world.ids.next('P', 8).slice(2).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: world.livemode,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  };
}

function createCustomer(world: World, params: Params): Stripe.Customer {
  const customer = newCustomer(world, params.text('email') ?? null);
  const clockId = params.text('test_clock');
  const clock = clockId === undefined ? undefined : world.must(world.testClocks, 'test clock', clockId, 'test_clock');
  customer.name = params.text('name') ?? null;
  customer.phone = params.text('phone') ?? null;
  customer.description = params.text('description') ?? null;
  customer.metadata = params.metadata();
  const source = params.text('payment_method');
  const standard = params.in('invoice_settings')?.text('default_payment_method');
  params.nothingElse();
  if (clock !== undefined) {
    customer.test_clock = clock.id;
    customer.created = clock.frozen_time;
  }
  for (const id of new Set([source, standard])) {
    if (id !== undefined)
      world.must(world.paymentMethods, 'PaymentMethod', id, 'payment_method').customer = customer.id;
  }
  customer.invoice_settings.default_payment_method = standard ?? null;
  world.customers.add(customer);
  world.emit('customer.created', customer);
  return customer;
}

/** What it has ends with it: its subscriptions, and the collection of what it owes. */
function deleteCustomer(world: World, customer: Stripe.Customer): Stripe.DeletedCustomer {
  const { id } = customer;
  for (const one of world.subscriptions.where(one => one.customer === id && one.ended_at === null)) {
    end(world, one, 'cancellation_requested');
  }
  for (const invoice of world.invoices.where(one => one.customer === id)) {
    change(invoice, { auto_advance: false, automatically_finalizes_at: null, next_payment_attempt: null });
  }
  world.customers.delete(id);
  world.emit('customer.deleted', customer);
  return world.deletedCustomers.add({ id, object: 'customer', deleted: true });
}

function updateCustomer(world: World, id: string, params: Params): Stripe.Customer {
  const customer = world.must(world.customers, 'customer', id);
  const before = snapshotOf(customer);
  const metadata = params.metadata(customer.metadata);
  const texts = (['email', 'name', 'phone', 'description'] as const).map(
    name => [name, params.clears(name) ? null : (params.text(name) ?? customer[name] ?? null)] as const,
  );
  const settings = params.in('invoice_settings');
  const clearsMethod = settings?.clears('default_payment_method') === true;
  const method = settings?.text('default_payment_method');
  params.nothingElse();
  if (method !== undefined) {
    const found = world.must(world.paymentMethods, 'PaymentMethod', method, 'invoice_settings[default_payment_method]');
    found.customer ??= customer.id;
  }
  customer.metadata = metadata;
  for (const [name, text] of texts) customer[name] = text;
  if (clearsMethod) customer.invoice_settings.default_payment_method = null;
  else if (method !== undefined) customer.invoice_settings.default_payment_method = method;
  world.emit('customer.updated', customer, before);
  return customer;
}
