import type { CompiledCharge, CompiledPrice, CompiledRate } from './compiled-card.js';
import { PRICE_DIGITS } from './fixed-point.js';
import { roundQuotient } from './rounding.js';

/** Amounts in units of 10^-9: one, or by kind. */
export type Quantity = bigint | ReadonlyMap<string, bigint>;

const PRICE_UNIT = 10n ** BigInt(PRICE_DIGITS);

/**
 * What a quantity costs at a price that fits its form, in base units: rates, then base and minimum, rounded once at the
 * end. Exact: everything before is a whole number of 10^-18 or 10^-9.
 * @param scale digits after the point of the charge's unit
 */
export function costOfCharge(charge: CompiledCharge, price: CompiledPrice, quantity: Quantity, scale: number): bigint {
  let rated = 0n;
  let flat = price.base;
  const { rates } = price;
  if (rates.by !== 'any') {
    const amounts = typeof quantity === 'bigint' ? [[null, quantity] as const] : quantity;
    for (const [kind, amount] of amounts) {
      const rate = rates.by === 'amount' ? rates.rate : rates.rates.get(kind!)!;
      const cost = rateOf(rate, amount);
      rated += cost.rated;
      flat += cost.flat;
    }
  }
  // In 10^-18, times `per`: the quantity's 10^-9 and those of `per` cancel out.
  const cost = rated + flat * charge.per;
  const least = charge.minimum * charge.per;
  return roundQuotient((cost > least ? cost : least) * 10n ** BigInt(scale), charge.per * PRICE_UNIT, charge.rounding);
}

interface RatedCost {
  /** Price times quantity: 10^-27, for `per` of the quantity. */
  readonly rated: bigint;
  /** 10^-18. */
  readonly flat: bigint;
}

function rateOf(rate: CompiledRate, amount: bigint): RatedCost {
  if (amount === 0n) return { rated: 0n, flat: 0n };
  if (rate.type === 'flat') return { rated: amount * rate.price, flat: 0n };
  if (rate.type === 'volume') {
    const step = rate.steps.find(({ upTo }) => upTo === null || amount <= upTo)!;
    return { rated: amount * step.price, flat: step.flat };
  }
  let rated = 0n;
  let flat = 0n;
  let from = 0n;
  for (const step of rate.steps) {
    const to = step.upTo === null || amount < step.upTo ? amount : step.upTo;
    rated += (to - from) * step.price;
    flat += step.flat;
    if (to === amount) break;
    from = to;
  }
  return { rated, flat };
}
