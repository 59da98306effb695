import { Stripe } from 'stripe';
import { invalid, missingParameter } from '../http/fault.js';
import type { Params } from '../http/params.js';
import { readPrice, addPrice } from '../resources/prices.js';
import type { World } from '../world/world.js';
import type { ItemChange, SubscriptionChange } from './change-subscription.js';
import type { ItemChoice, SubscriptionTerms } from './blank-subscription.js';
import { boundaryAfter, cadenceOf } from './periods.js';

const DAY_SECONDS = 24 * 3600;
const BEHAVIORS = ['allow_incomplete', 'default_incomplete', 'error_if_incomplete'] as const;
const PRORATIONS = ['always_invoice', 'create_prorations', 'none'] as const;
const MOST_ITEMS = 20;

/** What a request to make a subscription says. */
export function readSubscription(world: World, params: Params): SubscriptionTerms {
  const customer = world.must(world.customers, 'customer', params.requiredText('customer'), 'customer');
  const now = world.billingTime(customer);
  const items = readChoices(world, params, 'items');
  if (items.length === 0) throw missingParameter('items');
  checkCadence(items);
  const trialDays = params.integer('trial_period_days', { min: 0, max: 730 });
  const trialEnd = params.isText('trial_end') ? params.integer('trial_end') : undefined;
  const anchor = params.integer('billing_cycle_anchor') ?? null;
  if (anchor !== null && (anchor <= now || anchor > boundaryAfter(now, cadenceOf(items[0]!.price), 1))) {
    throw invalid('billing_cycle_anchor must be in the future and within one period.', 'billing_cycle_anchor');
  }
  const [discount] = params.list('discounts');
  const couponId = discount?.text('coupon');
  const transfer = params.in('transfer_data');
  params.oneOf('collection_method', ['charge_automatically']);
  const terms: SubscriptionTerms = {
    customer,
    items,
    extras: readChoices(world, params, 'add_invoice_items'),
    method: params.text('default_payment_method') ?? null,
    trialEnd: trialEnd ?? (trialDays === undefined || trialDays === 0 ? null : now + trialDays * DAY_SECONDS),
    anchor,
    cancelAtPeriodEnd: params.flag('cancel_at_period_end') ?? false,
    cancelAt: params.integer('cancel_at') ?? null,
    behavior: params.oneOf('payment_behavior', BEHAVIORS) ?? 'allow_incomplete',
    isProrated: (params.oneOf('proration_behavior', PRORATIONS) ?? 'create_prorations') !== 'none',
    isOffSession: params.flag('off_session') ?? false,
    isTaxed: params.in('automatic_tax')?.flag('enabled') ?? false,
    coupon: couponId === undefined ? undefined : world.must(world.coupons, 'coupon', couponId, 'discounts[0][coupon]'),
    metadata: params.metadata(),
    description: params.text('description') ?? null,
    applicationFeePercent: params.decimal('application_fee_percent') ?? null,
    transferData:
      transfer === undefined
        ? null
        : {
            amount_percent: transfer.decimal('amount_percent') ?? null,
            destination: transfer.requiredText('destination'),
          },
    missingMethod:
      params
        .in('trial_settings')
        ?.in('end_behavior')
        ?.oneOf('missing_payment_method', ['cancel', 'create_invoice', 'pause']) ?? 'create_invoice',
  };
  params.nothingElse();
  return terms;
}

/** What a request to change a subscription says. */
export function readChange(world: World, subscription: Stripe.Subscription, params: Params): SubscriptionChange {
  const now = world.billingTime(world.customers.get(String(subscription.customer)));
  const change: SubscriptionChange = {
    items: readItemChanges(world, params),
    proration: params.oneOf('proration_behavior', PRORATIONS) ?? 'create_prorations',
    prorationDate: params.integer('proration_date'),
    isAnchorNow: params.oneOf('billing_cycle_anchor', ['now', 'unchanged']) === 'now',
    trialEnd:
      params.text('trial_end') === 'now' ? 'now' : params.has('trial_end') ? params.integer('trial_end') : undefined,
    set: {
      metadata: params.metadata(subscription.metadata),
      ...readEnd(params, now),
      ...readPause(params),
      ...readMethod(world, params),
    },
  };
  params.oneOf('payment_behavior', ['allow_incomplete']);
  params.nothingElse();
  return change;
}

function readEnd(params: Params, now: number): SubscriptionChange['set'] {
  const atPeriodEnd = params.flag('cancel_at_period_end');
  const isCleared = params.clears('cancel_at');
  const at = params.integer('cancel_at');
  const details = params.in('cancellation_details');
  const comment = details?.text('comment');
  return {
    ...(atPeriodEnd !== undefined && { cancel_at_period_end: atPeriodEnd, canceled_at: atPeriodEnd ? now : null }),
    ...(isCleared && { cancel_at: null, canceled_at: null }),
    ...(at !== undefined && { cancel_at: at, canceled_at: now }),
    ...((atPeriodEnd === true || at !== undefined || comment !== undefined) && {
      cancellation_details: {
        comment: comment ?? null,
        feedback: null,
        feedback_option: null,
        reason: atPeriodEnd === true || at !== undefined ? 'cancellation_requested' : null,
      },
    }),
  };
}

function readPause(params: Params): SubscriptionChange['set'] {
  if (params.clears('pause_collection')) return { pause_collection: null };
  const pause = params.in('pause_collection');
  if (pause === undefined) return {};
  const behavior = pause.requiredOneOf('behavior', ['keep_as_draft', 'mark_uncollectible', 'void']);
  return { pause_collection: { behavior, resumes_at: pause.integer('resumes_at') ?? null } };
}

function readMethod(world: World, params: Params): SubscriptionChange['set'] {
  const method = params.text('default_payment_method');
  const description = params.text('description');
  return {
    ...(method !== undefined && {
      default_payment_method: world.must(world.paymentMethods, 'PaymentMethod', method, 'default_payment_method').id,
    }),
    ...(description !== undefined && { description }),
  };
}

function readItemChanges(world: World, params: Params): ItemChange[] {
  return params.list('items').map(item => ({
    id: item.text('id'),
    price: readItemPrice(world, item),
    quantity: item.integer('quantity', { min: 0 }),
    isDeleted: item.flag('deleted') ?? false,
    metadata: item.metadata(),
  }));
}

function readChoices(world: World, params: Params, name: string): ItemChoice[] {
  const lists = params.list(name);
  if (lists.length > MOST_ITEMS) throw invalid(`At most ${MOST_ITEMS} items.`, name);
  return lists.map(item => {
    const price = readItemPrice(world, item);
    if (price === undefined) throw missingParameter(item.nameOf('price'));
    if (name === 'items' && price.recurring === null) {
      throw invalid(
        `The price specified is set to type=one_time but this field only accepts prices with type=recurring.`,
        item.nameOf('price'),
      );
    }
    return { price, quantity: item.integer('quantity', { min: 0 }) ?? 1, metadata: item.metadata() };
  });
}

function readItemPrice(world: World, item: Params): Stripe.Price | undefined {
  const id = item.text('price');
  if (id !== undefined) return world.must(world.prices, 'price', id, item.nameOf('price'));
  const data = item.in('price_data');
  return data === undefined ? undefined : addPrice(world, { ...readPrice(world, data), active: false });
}

function checkCadence(items: readonly ItemChoice[]): void {
  if (new Set(items.map(({ price }) => JSON.stringify(cadenceOf(price)))).size > 1) {
    throw invalid('All items of a subscription must have the same interval here.', 'items');
  }
}
