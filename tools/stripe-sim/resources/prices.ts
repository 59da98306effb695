import { Stripe } from 'stripe';
import { invalid, missingParameter } from '../http/fault.js';
import { createdFilter, listPage } from '../http/list-page.js';
import type { Params } from '../http/params.js';
import type { Route } from '../http/route.js';
import { snapshotOf } from '../world/snapshot.js';
import { retrieveRoute } from '../world/retrieve-route.js';
import type { World } from '../world/world.js';
import { addProduct, readProduct } from './products.js';
import { change } from '../world/change.js';

const URL = '/v1/prices';
const LARGEST_AMOUNT = 99_999_999;
const INTERVALS = ['day', 'week', 'month', 'year'] as const;

export function priceRoutes(world: World): Route[] {
  return [
    { method: 'POST', path: URL, handle: ({ params }) => createPrice(world, params) },
    {
      method: 'GET',
      path: URL,
      handle({ params }) {
        const product = params.text('product');
        const active = params.flag('active');
        const keys = params.texts('lookup_keys');
        const isWithin = createdFilter(params);
        const found = world.prices.where(
          price =>
            isWithin(price) &&
            (product === undefined || price.product === product) &&
            (active === undefined || price.active === active) &&
            (keys.length === 0 || (price.lookup_key !== null && keys.includes(price.lookup_key))),
        );
        return listPage(params, found, URL);
      },
    },
    retrieveRoute(world, URL, world.prices, 'price'),
    {
      method: 'POST',
      path: `${URL}/:id`,
      handle({ params, ids: [id = ''] }) {
        const price = world.must(world.prices, 'price', id);
        const before = snapshotOf(price);
        const changes = {
          active: params.flag('active') ?? price.active,
          nickname: params.text('nickname') ?? price.nickname,
          metadata: params.metadata(price.metadata),
        };
        params.nothingElse();
        change(price, changes);
        world.emit('price.updated', price, before);
        return price;
      },
    },
  ];
}

function createPrice(world: World, params: Params): Stripe.Price {
  const price = readPrice(world, params);
  price.lookup_key = params.text('lookup_key') ?? null;
  price.nickname = params.text('nickname') ?? null;
  price.metadata = params.metadata();
  params.nothingElse();
  return addPrice(world, price);
}

export function addPrice(world: World, price: Stripe.Price): Stripe.Price {
  world.prices.add(price);
  world.emit('price.created', price);
  return price;
}

/** What a request says of a price: one of its own, or `price_data` of something that is sold once. */
export function readPrice(world: World, params: Params): Stripe.Price {
  const productData = params.in('product_data');
  const productId = params.text('product');
  if (productData === undefined && productId === undefined) throw missingParameter(params.nameOf('product'));
  const product =
    productId === undefined ? undefined : world.must(world.products, 'product', productId, params.nameOf('product'));
  const recurring = readRecurring(params.in('recurring'));
  const amount = params.integer('unit_amount', { min: 0, max: LARGEST_AMOUNT });
  const decimal = params.text('unit_amount_decimal');
  if ((amount === undefined) === (decimal === undefined)) {
    throw invalid('You must specify either unit_amount or unit_amount_decimal.', params.nameOf('unit_amount'));
  }
  const newProduct = productData === undefined ? undefined : readProduct(world, productData);
  return {
    id: world.ids.next('price'),
    object: 'price',
    active: params.flag('active') ?? true,
    billing_scheme: 'per_unit',
    created: world.now(),
    currency: params.requiredCurrency(),
    custom_unit_amount: null,
    livemode: world.livemode,
    lookup_key: null,
    metadata: {},
    nickname: null,
    product: newProduct === undefined ? (product?.id ?? '') : addProduct(world, newProduct).id,
    recurring,
    tax_behavior: params.oneOf('tax_behavior', ['exclusive', 'inclusive', 'unspecified']) ?? 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: recurring === null ? 'one_time' : 'recurring',
    unit_amount: amount ?? null,
    unit_amount_decimal: Stripe.Decimal.from(decimal ?? String(amount)),
  };
}

function readRecurring(params: Params | undefined): Stripe.Price.Recurring | null {
  if (params === undefined) return null;
  return {
    interval: params.requiredOneOf('interval', INTERVALS),
    interval_count: params.integer('interval_count', { min: 1, max: 365 }) ?? 1,
    meter: params.text('meter') ?? null,
    trial_period_days: null,
    usage_type: params.oneOf('usage_type', ['licensed', 'metered']) ?? 'licensed',
  };
}

/** What `quantity` of a price cost, in the smallest unit of its currency; half a unit is rounded up. */
export function costOf(price: Stripe.Price, quantity: number): number {
  if (price.unit_amount !== null) return price.unit_amount * quantity;
  return Math.round(Number(price.unit_amount_decimal?.toString() ?? 0) * quantity);
}
