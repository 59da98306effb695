import { Stripe } from 'stripe';
import { costOf } from '../resources/prices.js';
import type { World } from '../world/world.js';
import { pricingOf } from './invoice-items.js';

/** A line of an invoice before it has one. */
export type Line = Omit<Stripe.InvoiceLineItem, 'discount_amounts' | 'invoice' | 'taxes'>;

/** What an item of a subscription costs in a period; nothing while it is tried out. */
export function subscriptionLine(
  world: World,
  subscription: Stripe.Subscription,
  item: Stripe.SubscriptionItem,
  isTrial: boolean,
): Line {
  const quantity = item.quantity ?? 1;
  const product = world.products.get(String(item.price.product))?.name ?? 'Item';
  return {
    ...blankLine(world, isTrial ? 0 : costOf(item.price, quantity), item.price.currency),
    description: isTrial ? `Trial period for ${product}` : `${quantity} × ${product}`,
    metadata: { ...subscription.metadata },
    parent: {
      type: 'subscription_item_details',
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration: false,
        proration_details: null,
        subscription: subscription.id,
        subscription_item: item.id,
      },
    },
    period: { start: item.current_period_start, end: item.current_period_end },
    pricing: isTrial
      ? { ...pricingOf(item.price, 0), unit_amount_decimal: Stripe.Decimal.zero }
      : pricingOf(item.price, 0),
    quantity,
    quantity_decimal: Stripe.Decimal.from(quantity),
    subscription: subscription.id,
  };
}

/** What waited for an invoice. A proration of a subscription names its item; anything else only itself. */
export function itemLine(world: World, item: Stripe.InvoiceItem): Line {
  const details = item.parent?.subscription_details ?? null;
  const subscriptionItem = details?.subscription_item;
  return {
    ...blankLine(world, item.amount, item.currency),
    description: item.description,
    discountable: item.discountable,
    metadata: { ...item.metadata },
    parent:
      details === null || subscriptionItem === undefined
        ? {
            type: 'invoice_item_details',
            invoice_item_details: {
              invoice_item: item.id,
              proration: false,
              proration_details: null,
              subscription: null,
            },
            subscription_item_details: null,
          }
        : {
            type: 'subscription_item_details',
            invoice_item_details: null,
            subscription_item_details: {
              invoice_item: item.id,
              proration: item.proration,
              proration_details: { credited_items: null },
              subscription: details.subscription,
              subscription_item: subscriptionItem,
            },
          },
    period: { ...item.period },
    pricing: item.pricing,
    quantity: item.quantity,
    quantity_decimal: item.quantity_decimal,
    subscription: details?.subscription ?? null,
  };
}

function blankLine(world: World, amount: number, currency: string) {
  return {
    id: world.ids.next('il'),
    object: 'line_item' as const,
    amount,
    currency,
    discountable: true,
    discounts: [],
    livemode: world.livemode,
    pretax_credit_amounts: [],
    subtotal: amount,
  };
}
