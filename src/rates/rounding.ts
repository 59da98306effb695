/** What becomes of the part of an amount that is smaller than its unit can say. Amounts are never negative. */
export const ROUNDINGS = ['up', 'down', 'half_up', 'half_even'] as const;
export type Rounding = (typeof ROUNDINGS)[number];

/** `numerator / denominator` as a whole number, rounded once. Neither is negative, the denominator is not zero. */
export function roundQuotient(numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  const whole = numerator / denominator;
  const rest = numerator % denominator;
  if (rest === 0n) return whole;
  switch (rounding) {
    case 'down':
      return whole;
    case 'up':
      return whole + 1n;
    case 'half_up':
      return 2n * rest >= denominator ? whole + 1n : whole;
    case 'half_even':
      if (2n * rest === denominator) return whole + (whole % 2n);
      return 2n * rest > denominator ? whole + 1n : whole;
    default:
      throw new Error(`unknown rounding ${String(rounding satisfies never)}`);
  }
}
