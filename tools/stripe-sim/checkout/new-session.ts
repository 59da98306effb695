import { Stripe } from 'stripe';
import { invalid, missingParameter } from '../http/fault.js';
import type { Params } from '../http/params.js';
import { NO_INTENT_DATA, readIntentData, type IntentData } from '../resources/new-intent.js';
import type { World } from '../world/world.js';
import { blankSession } from './blank-session.js';
import { priceItems, readLineItems } from './line-items.js';

const THIRTY_MINUTES = 30 * 60;
const ONE_DAY = 24 * 3600;
const MODES = ['payment', 'setup', 'subscription'] as const;

/** What a session was made with that its object does not show. */
export interface SessionPlan {
  readonly items: Stripe.LineItem[];
  readonly intentData: IntentData;
  readonly subscriptionData: SubscriptionData;
  coupon: Stripe.Coupon | undefined;
}

/** `subscription_data`. */
export interface SubscriptionData {
  readonly metadata: Record<string, string>;
  readonly trialDays: number | null;
  readonly trialEnd: number | null;
  readonly description: string | null;
}

/** What open sessions were made with, by their ids. */
export type SessionPlans = Map<string, SessionPlan>;

export function createSession(world: World, plans: SessionPlans, params: Params): Stripe.Checkout.Session {
  const mode = params.requiredOneOf('mode', MODES);
  const customerId = params.text('customer');
  const customer =
    customerId === undefined ? undefined : world.must(world.customers, 'customer', customerId, 'customer');
  const successUrl = params.webUrl('success_url');
  if (successUrl === undefined) throw missingParameter('success_url');
  const expiresAt = params.integer('expires_at');
  const now = world.now();
  if (expiresAt !== undefined && (expiresAt < now + THIRTY_MINUTES || expiresAt > now + ONE_DAY)) {
    throw invalid(
      'The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.',
      'expires_at',
    );
  }
  const items = readLineItems(world, params);
  if (items.length === 0 && mode !== 'setup') throw missingParameter('line_items');
  checkItems(items, mode);
  const { coupon, shown: discounts } = readDiscount(world, params);
  const isTaxed = params.in('automatic_tax')?.flag('enabled') ?? false;
  const intentParams = params.in('payment_intent_data');
  const plan: SessionPlan = {
    items,
    intentData: intentParams === undefined ? NO_INTENT_DATA : readIntentData(intentParams),
    subscriptionData: readSubscriptionData(params.in('subscription_data')),
    coupon,
  };
  const currency = params.currency() ?? items[0]?.currency ?? null;
  const id = world.ids.next(`cs_${world.mode}`, 58);
  const types = params.texts('payment_method_types');
  const session: Stripe.Checkout.Session = {
    ...blankSession(),
    id,
    allow_promotion_codes: params.flag('allow_promotion_codes') ?? null,
    automatic_tax: {
      enabled: isTaxed,
      liability: null,
      provider: isTaxed ? 'stripe' : null,
      status: isTaxed ? 'complete' : null,
    },
    cancel_url: params.webUrl('cancel_url') ?? null,
    client_reference_id: params.text('client_reference_id') ?? null,
    created: now,
    currency,
    customer: customer?.id ?? null,
    discounts,
    customer_creation:
      params.oneOf('customer_creation', ['always', 'if_required']) ?? (mode === 'payment' ? 'if_required' : null),
    customer_email: params.text('customer_email') ?? null,
    expires_at: expiresAt ?? now + ONE_DAY,
    livemode: world.livemode,
    locale: params.oneOf('locale', ['auto', 'de', 'en', 'es', 'fr']) ?? null,
    metadata: params.metadata(),
    mode,
    payment_method_collection: mode === 'subscription' ? 'always' : 'if_required',
    payment_method_types: types.length > 0 ? types : ['card', 'us_bank_account'],
    submit_type: params.oneOf('submit_type', ['auto', 'book', 'donate', 'pay']) ?? null,
    success_url: successUrl,
    url: `${world.url}/pay/${id}`,
  };
  readTaxIdCollection(params, session);
  params.nothingElse();
  if (session.allow_promotion_codes === true && discounts.length > 0) {
    throw invalid(
      'You may only specify one of these parameters: allow_promotion_codes, discounts.',
      'discounts',
      'parameters_exclusive',
    );
  }
  if (customer !== undefined && session.customer_email !== null) {
    throw invalid(
      'You may only specify one of these parameters: customer, customer_email.',
      'customer',
      'parameters_exclusive',
    );
  }
  priceSession(world, session, plan);
  plans.set(id, plan);
  return world.sessions.add(session);
}

/** What is to be paid, after a promotion code too. */
export function priceSession(world: World, session: Stripe.Checkout.Session, plan: SessionPlan): void {
  if (session.mode === 'setup') return;
  const totals = priceItems(plan.items, plan.coupon, session.automatic_tax.enabled ? world.options.taxPercent : 0);
  const isTrial = plan.subscriptionData.trialDays !== null || plan.subscriptionData.trialEnd !== null;
  const dueNow = plan.items.filter(item => !isTrial || item.price?.type === 'one_time');
  session.amount_subtotal = totals.subtotal;
  session.amount_total = dueNow.reduce((sum, item) => sum + item.amount_total, 0);
  session.total_details = {
    amount_discount: totals.discount,
    amount_shipping: 0,
    amount_tax: dueNow.reduce((sum, item) => sum + item.amount_tax, 0),
  };
  session.payment_status = session.amount_total === 0 ? 'no_payment_required' : 'unpaid';
}

function checkItems(items: readonly Stripe.LineItem[], mode: (typeof MODES)[number]): void {
  const isRecurring = items.some(item => item.price?.type === 'recurring');
  if (mode === 'payment' && isRecurring) {
    throw invalid(
      'You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.',
      'line_items',
    );
  }
  if (mode === 'subscription' && !isRecurring) {
    throw invalid(
      'You must provide at least one recurring price in `subscription` mode when using prices.',
      'line_items',
    );
  }
  if (new Set(items.map(item => item.currency)).size > 1) {
    throw invalid('All line items must have the same currency.', 'line_items');
  }
}

/** The coupon, and how the session shows it. */
function readDiscount(
  world: World,
  params: Params,
): { coupon: Stripe.Coupon | undefined; shown: Stripe.Checkout.Session.Discount[] } {
  const [discount] = params.list('discounts');
  if (discount === undefined) return { coupon: undefined, shown: [] };
  const codeId = discount.text('promotion_code');
  if (codeId === undefined) {
    const coupon = world.must(world.coupons, 'coupon', discount.requiredText('coupon'), 'discounts[0][coupon]');
    return { coupon, shown: [{ coupon: coupon.id, promotion_code: null }] };
  }
  const code = world.must(world.promotionCodes, 'promotion code', codeId, 'discounts[0][promotion_code]');
  return { coupon: couponOf(world, code), shown: [{ coupon: null, promotion_code: code.id }] };
}

export function couponOf(world: World, code: Stripe.PromotionCode): Stripe.Coupon | undefined {
  return world.coupons.get(String(code.promotion.coupon));
}

function readSubscriptionData(params: Params | undefined): SubscriptionData {
  return {
    metadata: params?.metadata() ?? {},
    trialDays: params?.integer('trial_period_days', { min: 1, max: 730 }) ?? null,
    trialEnd: params?.integer('trial_end') ?? null,
    description: params?.text('description') ?? null,
  };
}

function readTaxIdCollection(params: Params, session: Stripe.Checkout.Session): void {
  const enabled = params.in('tax_id_collection')?.flag('enabled');
  if (enabled !== undefined) session.tax_id_collection = { enabled, required: 'never' };
  const update = params.in('customer_update');
  update?.oneOf('address', ['auto', 'never']);
  update?.oneOf('name', ['auto', 'never']);
  session.billing_address_collection = params.oneOf('billing_address_collection', ['auto', 'required']) ?? null;
}
