import type { CardDefinition, RateDefinition } from './card-definition.js';

/**
 * What an event costs, said a second time for tests: fractions in lowest terms, a number a character, tiers walked from
 * the top. Slow, and shares nothing with what it checks but the definition's types.
 */
class Fraction {
  private constructor(
    readonly top: bigint,
    readonly bottom: bigint,
  ) {}

  static of(top: bigint, bottom: bigint): Fraction {
    const divisor = gcd(top, bottom);
    return new Fraction(top / divisor, bottom / divisor);
  }

  static from(text: string | number): Fraction {
    const digits = String(text);
    const point = digits.indexOf('.');
    if (point < 0) return Fraction.of(BigInt(digits), 1n);
    return Fraction.of(BigInt(digits.replace('.', '')), 10n ** BigInt(digits.length - point - 1));
  }

  plus(other: Fraction): Fraction {
    return Fraction.of(this.top * other.bottom + other.top * this.bottom, this.bottom * other.bottom);
  }

  minus(other: Fraction): Fraction {
    return Fraction.of(this.top * other.bottom - other.top * this.bottom, this.bottom * other.bottom);
  }

  times(other: Fraction): Fraction {
    return Fraction.of(this.top * other.top, this.bottom * other.bottom);
  }

  over(other: Fraction): Fraction {
    return Fraction.of(this.top * other.bottom, this.bottom * other.top);
  }

  exceeds(other: Fraction): boolean {
    return this.top * other.bottom > other.top * this.bottom;
  }
}

const ZERO = Fraction.of(0n, 1n);

type Charge = CardDefinition['meters'][string]['charges'][number];

/** In base units; null where the event has no price, or not one for its form of quantity. */
export function naiveCost(
  charge: Charge,
  used: string | Readonly<Record<string, string>>,
  properties: Readonly<Record<string, string>>,
  scale: number,
): bigint | null {
  for (const { match, base, rate, rates } of charge.prices) {
    if (!Object.entries(match ?? {}).every(([name, pattern]) => fits(properties[name], pattern))) continue;
    const parts: [RateDefinition, string][] = [];
    if (rate !== undefined) {
      if (typeof used !== 'string') return null;
      parts.push([rate, used]);
    } else if (rates !== undefined) {
      if (typeof used === 'string') return null;
      for (const [kind, amount] of Object.entries(used)) {
        if (rates[kind] === undefined) return null;
        parts.push([rates[kind], amount]);
      }
    }
    const amounts = typeof used === 'string' ? [used] : Object.values(used);
    if (amounts.every(amount => Fraction.from(amount).top === 0n)) return 0n;
    let sum = Fraction.from(base ?? '0');
    for (const [each, amount] of parts) sum = sum.plus(costAt(each, Fraction.from(amount), Fraction.from(charge.per)));
    const minimum = Fraction.from(charge.minimum ?? '0');
    return rounded(
      (minimum.exceeds(sum) ? minimum : sum).times(Fraction.of(10n ** BigInt(scale), 1n)),
      charge.rounding!,
    );
  }
  return null;
}

function fits(value: string | undefined, pattern: string): boolean {
  if (value === undefined) return false;
  const escaped = pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\\\*$/, '.*');
  return new RegExp(`^${escaped}$`, 's').test(value);
}

function costAt(rate: RateDefinition, amount: Fraction, per: Fraction): Fraction {
  if (amount.top === 0n) return ZERO;
  if (typeof rate === 'string') return amount.times(Fraction.from(rate)).over(per);
  let cost = ZERO;
  let left = amount;
  const steps = 'graduated' in rate ? rate.graduated : rate.volume;
  for (let i = steps.length - 1; i >= 0; i--) {
    const floor = i === 0 ? ZERO : Fraction.from(steps[i - 1]!.up_to!);
    if (!left.exceeds(floor)) continue;
    const part = 'volume' in rate ? amount : left.minus(floor);
    cost = cost.plus(part.times(Fraction.from(steps[i]!.price)).over(per)).plus(Fraction.from(steps[i]!.flat ?? '0'));
    if ('volume' in rate) return cost;
    left = floor;
  }
  return cost;
}

function rounded({ top, bottom }: Fraction, rounding: string): bigint {
  const floor = top / bottom;
  const rest = top - floor * bottom;
  const isHalf = rest * 2n === bottom;
  const nearest = rest * 2n > bottom ? floor + 1n : floor;
  if (rest === 0n || rounding === 'down') return floor;
  if (rounding === 'up') return floor + 1n;
  if (!isHalf) return nearest;
  return rounding === 'half_up' || floor % 2n === 1n ? floor + 1n : floor;
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? (a === 0n ? 1n : a) : gcd(b, a % b);
}
