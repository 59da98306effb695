import type { Stripe } from 'stripe';

const DAY_SECONDS = 24 * 3600;

/** How long a period of a recurring price is. */
export interface Cadence {
  readonly interval: Stripe.Price.Recurring.Interval;
  readonly count: number;
}

export function cadenceOf(price: Stripe.Price): Cadence {
  return { interval: price.recurring?.interval ?? 'month', count: price.recurring?.interval_count ?? 1 };
}

/**
 * The n-th boundary after an anchor, in UTC. Months and years keep the anchor's day; where a month has no such day, its
 * last one is taken, and the next month has the anchor's day again.
 */
export function boundaryAfter(anchor: number, { interval, count }: Cadence, n: number): number {
  switch (interval) {
    case 'day':
      return anchor + n * count * DAY_SECONDS;
    case 'week':
      return anchor + n * count * 7 * DAY_SECONDS;
    case 'month':
      return monthsAfter(anchor, n * count);
    case 'year':
      return monthsAfter(anchor, n * count * 12);
    default:
      throw new RangeError(`There is no interval ${interval}.`);
  }
}

/** The first boundary that is later than `moment`. */
export function nextBoundary(anchor: number, cadence: Cadence, moment: number): number {
  let n = moment < anchor ? 0 : 1;
  while (boundaryAfter(anchor, cadence, n) <= moment) n += 1;
  return boundaryAfter(anchor, cadence, n);
}

function monthsAfter(anchor: number, months: number): number {
  const from = new Date(anchor * 1000);
  const month = from.getUTCMonth() + months;
  const lastDay = new Date(Date.UTC(from.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const day = Math.min(from.getUTCDate(), lastDay);
  const midnight = Date.UTC(from.getUTCFullYear(), month, day) / 1000;
  return midnight + (anchor % DAY_SECONDS);
}
