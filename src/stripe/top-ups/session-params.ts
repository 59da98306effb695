import type { Stripe } from 'stripe';
import { smallestUnit } from '../payments/money.js';
import { ACCOUNT, TOP_UP } from '../payments/sale.js';
import type { Connect, PackDefinition } from './pack.js';

/** What is asked for a top-up, and how. */
export interface Price {
  readonly name: string;
  /** In the smallest unit, as a decimal integer. */
  readonly amount: string;
  readonly currency: string;
  readonly stripePrice: string | null;
  readonly connect: Connect | null;
  readonly automaticTax: boolean;
  readonly promotionCodes: boolean;
  /** The card may be charged later, when its owner is not there. */
  readonly saveCard?: boolean;
}

export interface Pages {
  readonly successUrl: string;
  readonly cancelUrl: string;
}

export function priceOf(pack: PackDefinition, money: bigint, currency: string): Price {
  const { name, connect, automaticTax, promotionCodes } = pack;
  const stripePrice = pack.kind === 'fixed' ? pack.stripePrice : null;
  return { name, amount: money.toString(), currency, stripePrice, connect, automaticTax, promotionCodes };
}

/** What Stripe is asked to show the buyer. The payment itself leads back to the top-up, whoever tells of it first. */
export function sessionParams(
  { id, account, customer }: { id: string; account: string; customer: string },
  price: Price,
  { successUrl, cancelUrl }: Pages,
): Stripe.Checkout.SessionCreateParams {
  const metadata = { [TOP_UP]: id, [ACCOUNT]: account };
  return {
    mode: 'payment',
    customer,
    client_reference_id: id,
    line_items: [lineItem(price)],
    success_url: successUrl,
    cancel_url: cancelUrl,
    metadata,
    payment_intent_data: {
      metadata,
      ...transfer(price),
      ...(price.saveCard === true && { setup_future_usage: 'off_session' }),
    },
    ...(price.promotionCodes && { allow_promotion_codes: true }),
    ...(price.automaticTax && { automatic_tax: { enabled: true }, customer_update: { address: 'auto' } }),
  };
}

function lineItem({ stripePrice, name, amount, currency }: Price): Stripe.Checkout.SessionCreateParams.LineItem {
  if (stripePrice !== null) return { price: stripePrice, quantity: 1 };
  return { quantity: 1, price_data: { currency, unit_amount: Number(amount), product_data: { name } } };
}

/** What of a payment goes to whom. */
export function transfer({
  connect,
  currency,
}: Price): Pick<Stripe.Checkout.SessionCreateParams.PaymentIntentData, 'transfer_data' | 'application_fee_amount'> {
  if (connect === null) return {};
  const { destination, applicationFee } = connect;
  const fee = applicationFee === null ? null : smallestUnit(applicationFee, currency);
  return { transfer_data: { destination }, ...(fee !== null && { application_fee_amount: Number(fee) }) };
}
