import type { Stripe } from 'stripe';
import { idOf } from '../intake/subject.js';

/** A period of one item of a subscription that an invoice paid for. */
export interface PaidPeriod {
  readonly item: string;
  readonly price: string;
  readonly quantity: number;
  /** Milliseconds. */
  readonly start: number;
  readonly end: number;
}

type Line = Pick<Stripe.InvoiceLineItem, 'parent' | 'pricing' | 'period' | 'quantity'>;

/**
 * What the lines of a paid invoice pay for, the earliest first. Prorations are left out: they correct the price of a period
 * that was paid for before, and what changed about it the subscription itself tells.
 */
export function paidPeriods(subscription: string, lines: readonly Line[]): PaidPeriod[] {
  const found: PaidPeriod[] = [];
  for (const { parent, pricing, period, quantity } of lines) {
    const details = parent?.subscription_item_details;
    const price = idOf(pricing?.price_details?.price);
    if (!details || details.subscription !== subscription || details.proration || price === undefined) continue;
    if (period.end <= period.start || quantity === 0) continue;
    const { start, end } = period;
    const item = details.subscription_item;
    found.push({ item, price, quantity: quantity ?? 1, start: start * 1_000, end: end * 1_000 });
  }
  return found.sort((a, b) => a.start - b.start || (a.item < b.item ? -1 : 1));
}
