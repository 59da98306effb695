import { quantity } from './card-definition.js';
import { quantityOf } from './fixed-point.js';
import type { UsageEvent } from './price-event.js';

/** For tests: an event as a request gives it. */
export function givenEvent(meter: string, given: unknown, properties: Readonly<Record<string, string>>): UsageEvent {
  const read = (input: unknown): bigint => quantityOf(quantity.parse(input));
  return {
    meter,
    quantity:
      given !== null && typeof given === 'object'
        ? new Map(Object.entries(given).map(([kind, amount]) => [kind, read(amount)]))
        : read(given),
    properties,
  };
}
