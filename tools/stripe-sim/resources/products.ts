import { Stripe } from 'stripe';
import { createdFilter, listPage } from '../http/list-page.js';
import type { Params } from '../http/params.js';
import type { Route } from '../http/route.js';
import { snapshotOf } from '../world/snapshot.js';
import { retrieveRoute } from '../world/retrieve-route.js';
import type { World } from '../world/world.js';
import { change } from '../world/change.js';

const URL = '/v1/products';

export function productRoutes(world: World): Route[] {
  return [
    {
      method: 'POST',
      path: URL,
      handle({ params }) {
        const product = readProduct(world, params);
        params.nothingElse();
        return addProduct(world, product);
      },
    },
    {
      method: 'GET',
      path: URL,
      handle({ params }) {
        const active = params.flag('active');
        const isWithin = createdFilter(params);
        const found = world.products.where(
          product => isWithin(product) && (active === undefined || product.active === active),
        );
        return listPage(params, found, URL);
      },
    },
    retrieveRoute(world, URL, world.products, 'product'),
    {
      method: 'POST',
      path: `${URL}/:id`,
      handle({ params, ids: [id = ''] }) {
        const product = world.must(world.products, 'product', id);
        const before = snapshotOf(product);
        const changes = {
          active: params.flag('active') ?? product.active,
          name: params.text('name') ?? product.name,
          description: params.clears('description') ? null : (params.text('description') ?? product.description),
          metadata: params.metadata(product.metadata),
        };
        params.nothingElse();
        change(product, { ...changes, updated: world.now() });
        world.emit('product.updated', product, before);
        return product;
      },
    },
  ];
}

/** What a request says of a product, of its own or within a price. */
export function readProduct(world: World, params: Params): Stripe.Product {
  const now = world.now();
  return {
    id: params.text('id') ?? world.ids.next('prod', 14),
    object: 'product',
    active: params.flag('active') ?? true,
    created: now,
    default_price: null,
    description: params.text('description') ?? null,
    images: [],
    livemode: world.livemode,
    marketing_features: [],
    metadata: params.metadata(),
    name: params.requiredText('name'),
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: params.text('tax_code') ?? null,
    tax_details: null,
    type: 'service',
    unit_label: params.text('unit_label') ?? null,
    updated: now,
    url: null,
  };
}

export function addProduct(world: World, product: Stripe.Product): Stripe.Product {
  world.products.add(product);
  world.emit('product.created', product);
  return product;
}
