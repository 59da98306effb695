import { Stripe } from 'stripe';
import { invalid, missingParameter } from '../http/fault.js';
import type { Params } from '../http/params.js';
import { addPrice, costOf, readPrice } from '../resources/prices.js';
import { discountOf } from '../resources/coupons.js';
import type { World } from '../world/world.js';

const MOST_LINE_ITEMS = 100;

/** What is bought, before discounts and tax. */
export function readLineItems(world: World, params: Params): Stripe.LineItem[] {
  const lists = params.list('line_items');
  if (lists.length > MOST_LINE_ITEMS) throw invalid(`At most ${MOST_LINE_ITEMS} line items.`, 'line_items');
  return lists.map(item => {
    const quantity = item.integer('quantity', { min: 1, max: 999_999 }) ?? 1;
    const data = item.in('price_data');
    const priceId = item.text('price');
    if (data === undefined && priceId === undefined) throw missingParameter(item.nameOf('price'));
    const price =
      data === undefined
        ? world.must(world.prices, 'price', priceId ?? '', item.nameOf('price'))
        : addPrice(world, { ...readPrice(world, data), active: false });
    if (data === undefined && !price.active) throw invalid('The price specified is inactive.', item.nameOf('price'));
    const amount = costOf(price, quantity);
    return {
      id: world.ids.next('li'),
      object: 'item' as const,
      adjustable_quantity: null,
      amount_discount: 0,
      amount_subtotal: amount,
      amount_tax: 0,
      amount_total: amount,
      currency: price.currency,
      description: world.products.get(String(price.product))?.name ?? null,
      metadata: {},
      price,
      quantity,
    };
  });
}

export interface Totals {
  readonly subtotal: number;
  readonly discount: number;
}

/** Spreads a coupon and the tax over the items, to the last unit. */
export function priceItems(
  items: readonly Stripe.LineItem[],
  coupon: Stripe.Coupon | undefined,
  taxPercent: number,
): Totals {
  const subtotal = sum(items.map(item => item.amount_subtotal));
  const currency = items[0]?.currency ?? '';
  const discount = coupon === undefined ? 0 : discountOf(coupon, subtotal, currency);
  let leftOver = discount;
  for (const [index, item] of items.entries()) {
    const isLast = index === items.length - 1;
    const share = isLast ? leftOver : Math.floor((discount * item.amount_subtotal) / Math.max(1, subtotal));
    leftOver -= share;
    const taxable = item.amount_subtotal - share;
    const isIncluded = item.price?.tax_behavior === 'inclusive';
    item.amount_discount = share;
    item.amount_tax = Math.round((taxable * taxPercent) / (isIncluded ? 100 + taxPercent : 100));
    item.amount_total = taxable + (isIncluded ? 0 : item.amount_tax);
  }
  return { subtotal, discount };
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
