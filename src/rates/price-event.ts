import { MAX_AMOUNT, type ScaleOf } from '../shared/amount.js';
import type { CompiledCard, CompiledCharge, CompiledPrice } from './compiled-card.js';
import { costOfCharge, type Quantity } from './cost-of-charge.js';
import { matches, type Properties } from './property-pattern.js';

/** What was used, and how much of it. */
export interface UsageEvent {
  readonly meter: string;
  readonly quantity: Quantity;
  readonly properties: Properties;
}

/** One unit and how much of it, in base units; zero where the card says so. */
interface PricedLine {
  readonly unit: string;
  readonly amount: bigint;
}

export type Priced =
  | { readonly ok: true; readonly lines: readonly PricedLine[] }
  | {
      readonly ok: false;
      readonly code: 'meter_not_found' | 'invalid_request' | 'amount_too_large';
      /** Which field of the event is to blame. */
      readonly field: string;
      readonly message: string;
    };
type Unpriced = Exclude<Priced, { ok: true }>;

/**
 * What an event costs: one line for each charge of its meter, in the card's order. Where nothing was used nothing is
 * charged, neither base nor minimum.
 * @param scaleOf digits after the point of the units
 */
export function priceEvent(card: CompiledCard, event: UsageEvent, scaleOf: ScaleOf): Priced {
  const meter = card.meters.get(event.meter);
  if (meter === undefined) {
    return refuse('meter_not_found', 'meter', `there is no meter ${event.meter} in ${nameOf(card)}`);
  }
  const used = isUsed(event.quantity);
  const lines: PricedLine[] = [];
  for (const charge of meter.charges) {
    const price = charge.prices.find(({ match }) => matches(match, event.properties));
    if (price === undefined) return noPrice(card, event, charge);
    const wrong = quantityRefusal(price, event.quantity);
    if (wrong !== null) return wrong;
    const amount = used ? costOfCharge(charge, price, event.quantity, scaleOf(charge.unit)) : 0n;
    if (amount > MAX_AMOUNT) {
      return refuse('amount_too_large', 'quantity', `would cost more than 2^63-1 base units of ${charge.unit}`);
    }
    lines.push({ unit: charge.unit, amount });
  }
  return { ok: true, lines };
}

function isUsed(quantity: Quantity): boolean {
  return typeof quantity === 'bigint' ? quantity > 0n : [...quantity.values()].some(amount => amount > 0n);
}

function quantityRefusal({ rates }: CompiledPrice, quantity: Quantity): Unpriced | null {
  if (rates.by === 'any') return null;
  if (rates.by === 'amount') {
    if (typeof quantity === 'bigint') return null;
    return refuse(
      'invalid_request',
      'quantity',
      'must be one amount: the rate card has one rate for it, not rates by kind',
    );
  }
  const kinds = [...rates.rates.keys()];
  if (typeof quantity === 'bigint') {
    return refuse(
      'invalid_request',
      'quantity',
      `must be amounts by kind, such as {"${kinds[0]}": "1200"}; kinds are ${kinds.join(', ')}`,
    );
  }
  for (const kind of quantity.keys()) {
    if (rates.rates.has(kind)) continue;
    return refuse('invalid_request', `quantity.${kind}`, `has no rate in the rate card; kinds are ${kinds.join(', ')}`);
  }
  return null;
}

/** An event that no price is meant for is a mistake of the card or of the caller; free would be a guess. */
function noPrice(card: CompiledCard, { meter, properties }: UsageEvent, { prices, unit }: CompiledCharge): Unpriced {
  const looked = [...new Set(prices.flatMap(({ match }) => match.map(({ property }) => property)))];
  const [first] = looked;
  const field = looked.length === 1 ? `properties.${first}` : 'properties';
  const given = looked.map(
    name => `${name} ${Object.hasOwn(properties, name) ? JSON.stringify(properties[name]) : 'missing'}`,
  );
  return refuse(
    'invalid_request',
    field,
    `matches no price of ${unit} for ${meter} in ${nameOf(card)}: ${given.join(', ')}`,
  );
}

function nameOf({ card, version }: CompiledCard): string {
  return `rate card ${card}, version ${version}`;
}

function refuse(code: Unpriced['code'], field: string, message: string): Unpriced {
  return { ok: false, code, field, message };
}
