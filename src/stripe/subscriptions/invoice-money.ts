import type { Stripe } from 'stripe';

/** What of an invoice tells how much was paid, and for what. */
export type InvoiceSums = Pick<Stripe.Invoice, 'amount_paid' | 'total' | 'total_taxes'>;
export type InvoiceLine = Pick<Stripe.InvoiceLineItem, 'amount' | 'parent' | 'discount_amounts'>;

/** Of whatever else stands on the invoice. */
const OTHER = '';

/**
 * How much was paid for each item of a subscription, in the smallest unit of the currency: what was really paid, without its
 * share of tax, divided by what the item's lines come to, prorations and discounts included. The parts sum to the whole.
 */
export function moneyByItem(
  subscription: string,
  { amount_paid, total, total_taxes }: InvoiceSums,
  lines: readonly InvoiceLine[],
): Map<string, bigint> {
  const money = withoutTax(amount_paid, total, total_taxes ?? []);
  const sums = new Map<string, bigint>();
  for (const { amount, parent, discount_amounts } of lines) {
    const details = parent?.subscription_item_details;
    const item = details?.subscription === subscription ? details.subscription_item : OTHER;
    const discount = (discount_amounts ?? []).reduce((sum, each) => sum + each.amount, 0);
    sums.set(item, (sums.get(item) ?? 0n) + BigInt(amount - discount));
  }
  const owed = [...sums].filter(([, sum]) => sum > 0n).sort(([a], [b]) => (a < b ? -1 : 1));
  const whole = owed.reduce((all, [, sum]) => all + sum, 0n);
  const found = new Map<string, bigint>();
  let before = 0n;
  for (const [item, sum] of owed) {
    // Rounding the running sum, not the parts, leaves no cent over.
    const share = (money * (before + sum)) / whole - (money * before) / whole;
    before += sum;
    if (item !== OTHER && share > 0n) found.set(item, share);
  }
  return found;
}

function withoutTax(paid: number, total: number, taxes: readonly { readonly amount: number }[]): bigint {
  const tax = taxes.reduce((sum, each) => sum + each.amount, 0);
  if (paid <= 0 || total <= 0 || tax <= 0) return BigInt(Math.max(0, paid));
  return BigInt(paid) - (BigInt(paid) * BigInt(Math.min(tax, total))) / BigInt(total);
}
