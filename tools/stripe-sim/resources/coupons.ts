import { Stripe } from 'stripe';
import { invalid } from '../http/fault.js';
import { listPage } from '../http/list-page.js';
import type { Params } from '../http/params.js';
import type { Route } from '../http/route.js';
import { retrieveRoute } from '../world/retrieve-route.js';
import type { World } from '../world/world.js';

/** Coupons, and the promotion codes that a customer types for them. */
export function couponRoutes(world: World): Route[] {
  return [
    { method: 'POST', path: '/v1/coupons', handle: ({ params }) => createCoupon(world, params) },
    retrieveRoute(world, '/v1/coupons', world.coupons, 'coupon'),
    { method: 'POST', path: '/v1/promotion_codes', handle: ({ params }) => createPromotionCode(world, params) },
    {
      method: 'GET',
      path: '/v1/promotion_codes',
      handle({ params }) {
        const code = params.text('code');
        const active = params.flag('active');
        const found = world.promotionCodes.where(
          one => (code === undefined || one.code === code) && (active === undefined || one.active === active),
        );
        return listPage(params, found, '/v1/promotion_codes');
      },
    },
  ];
}

function createCoupon(world: World, params: Params): Stripe.Coupon {
  const percent = params.decimal('percent_off');
  const amount = params.integer('amount_off', { min: 1 });
  if ((percent === undefined) === (amount === undefined)) {
    throw invalid('Must provide percent_off or amount_off, but not both.', 'percent_off');
  }
  if (percent !== undefined && (percent <= 0 || percent > 100)) {
    throw invalid('Invalid percent_off: must be above 0 and at most 100.', 'percent_off');
  }
  const coupon: Stripe.Coupon = {
    id: params.text('id') ?? world.ids.next('c', 8).slice(2),
    object: 'coupon',
    amount_off: amount ?? null,
    created: world.now(),
    currency: amount === undefined ? null : params.requiredCurrency(),
    duration: params.oneOf('duration', ['forever', 'once']) ?? 'once',
    duration_in_months: null,
    livemode: world.livemode,
    max_redemptions: null,
    metadata: params.metadata(),
    name: params.text('name') ?? null,
    percent_off: percent ?? null,
    redeem_by: null,
    times_redeemed: 0,
    valid: true,
  };
  params.nothingElse();
  world.coupons.add(coupon);
  world.emit('coupon.created', coupon);
  return coupon;
}

function createPromotionCode(world: World, params: Params): Stripe.PromotionCode {
  const promotion = params.in('promotion');
  promotion?.requiredOneOf('type', ['coupon']);
  const coupon = world.must(world.coupons, 'coupon', promotion?.text('coupon') ?? '', 'promotion[coupon]');
  const code = params.text('code') ?? world.ids.next('x', 8).slice(2).toUpperCase();
  const metadata = params.metadata();
  params.nothingElse();
  if (world.promotionCodes.all().some(one => one.active && one.code.toLowerCase() === code.toLowerCase())) {
    throw invalid(`An active promotion code with \`code: ${code}\` already exists.`, 'code', 'resource_already_exists');
  }
  const made: Stripe.PromotionCode = {
    id: world.ids.next('promo'),
    object: 'promotion_code',
    active: true,
    code,
    created: world.now(),
    customer: null,
    customer_account: null,
    expires_at: null,
    livemode: world.livemode,
    max_redemptions: null,
    metadata,
    promotion: { type: 'coupon', coupon: coupon.id },
    restrictions: { first_time_transaction: false, minimum_amount: null, minimum_amount_currency: null },
    times_redeemed: 0,
  };
  world.promotionCodes.add(made);
  world.emit('promotion_code.created', made);
  return made;
}

/** What a coupon takes off an amount, never more than all of it. */
export function discountOf(coupon: Stripe.Coupon, amount: number, currency: string): number {
  if (coupon.percent_off !== null) return Math.min(amount, Math.round((amount * coupon.percent_off) / 100));
  return coupon.currency === currency ? Math.min(amount, coupon.amount_off ?? 0) : 0;
}
