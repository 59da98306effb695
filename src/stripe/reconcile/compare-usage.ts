import { Stripe } from 'stripe';
import type { Pool } from 'pg';
import type { StripePlace } from '../payments/read-payments.js';
import type { StripeClients } from '../stripe-clients.js';
import type { Difference } from './difference.js';
import type { Span } from './span.js';

const MINUTE_SECONDS = 60;

/** Whole minutes, as meters are asked; what was used in the ones that the span cuts is left out. */
const REPORTED = `
SELECT r.meter, r.customer, min(n.id) AS account, sum(r.quantity)::text AS quantity
FROM meter_reports r JOIN account_names n ON n.account_no = r.account_no
WHERE r.mode = $1 AND r.state = 'reported' AND r.customer IS NOT NULL
  AND r.used_at >= to_timestamp($2) AND r.used_at < to_timestamp($3)
GROUP BY r.meter, r.customer ORDER BY r.meter, r.customer`;
const UNREPORTED = `
SELECT r.meter, n.id AS account, count(*)::int AS count, sum(r.quantity)::text AS quantity
FROM meter_reports r JOIN account_names n ON n.account_no = r.account_no
WHERE r.mode = $1 AND r.state IN ('refused', 'unsure') AND r.used_at >= to_timestamp($2) AND r.used_at < to_timestamp($3)
GROUP BY r.meter, n.id ORDER BY r.meter, n.id`;

interface Reported {
  readonly meter: string;
  readonly customer: string;
  readonly account: string;
  readonly quantity: string;
}

interface Unreported {
  readonly meter: string;
  readonly account: string;
  readonly count: number;
  readonly quantity: string;
}

/** Compares what was reported to meters with what they have, by customer; a meter that others report to differs. */
export class CompareUsage {
  constructor(
    private readonly pool: Pool,
    private readonly clients: StripeClients,
  ) {}

  async *differences({ mode, stripeAccount }: StripePlace, span: Span): AsyncGenerator<Difference> {
    // Meters are those of the platform.
    if (stripeAccount !== null) return;
    const from = Math.ceil(span.from / 1_000 / MINUTE_SECONDS) * MINUTE_SECONDS;
    const to = Math.floor(span.to / 1_000 / MINUTE_SECONDS) * MINUTE_SECONDS;
    if (to <= from) return;
    const values = [mode, from, to];
    const { rows: reported } = await this.pool.query<Reported>(REPORTED, values);
    const stripe = this.clients.of(mode);
    const meters = reported.length === 0 ? new Map<string, string>() : await metersOf(stripe);
    for (const { meter, customer, account, quantity } of reported) {
      const id = meters.get(meter);
      const has = id === undefined ? null : await aggregated(stripe, id, customer, from, to).catch(missing);
      if (has === BigInt(quantity)) continue;
      const words = has === null ? `Stripe has no meter ${meter} of it` : `the meter ${meter} has ${has}`;
      yield difference(customer, account, `${quantity} were reported, ${words}`);
    }
    for (const { meter, account, count, quantity } of (await this.pool.query<Unreported>(UNREPORTED, values)).rows) {
      yield difference(meter, account, `${count} reports of ${quantity} in all could not be made: see ops usage list`);
    }
  }
}

function difference(object: string, account: string, words: string): Difference {
  return { kind: 'usage_differs', object, account, words, isRepairable: false };
}

/** Ids by the name of their events; of one name only one is active. */
async function metersOf(stripe: Stripe): Promise<Map<string, string>> {
  const meters = new Map<string, string>();
  for await (const { event_name: name, id } of stripe.billing.meters.list({ status: 'active', limit: 100 }))
    meters.set(name, id);
  return meters;
}

/** Sums of whole minutes never have a fraction: all that was reported is whole. */
async function aggregated(stripe: Stripe, meter: string, customer: string, from: number, to: number): Promise<bigint> {
  const asked = { customer, start_time: from, end_time: to };
  let sum = 0n;
  for await (const { aggregated_value: value } of stripe.billing.meters.listEventSummaries(meter, asked))
    sum += BigInt(Math.round(value));
  return sum;
}

/** A customer that was deleted has no sums. */
function missing(error: unknown): null {
  if (error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing') return null;
  throw error;
}
