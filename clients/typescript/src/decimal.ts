/** Exact arithmetic on amounts as the ledger writes them: decimal digits, never negative. */
const AMOUNT = /^(0|[1-9][0-9]*)(\.[0-9]+)?$/;
const LONGEST_AMOUNT_CHARS = 64;

/** @throws TypeError for anything but decimal digits: numbers too, because 0.1 + 0.2 is not 0.3 */
export function readAmount(amount: string): string {
  if (typeof amount === 'string' && amount.length <= LONGEST_AMOUNT_CHARS && AMOUNT.test(amount)) return amount;
  throw new TypeError(`an amount is decimal digits in a string, such as "12.5"; this is ${JSON.stringify(amount)}`);
}

export function plus(a: string, b: string): string {
  const scale = Math.max(scaleOf(a), scaleOf(b));
  return written(unitsOf(a, scale) + unitsOf(b, scale), scale);
}

/** What is left of `a` without `b`; 0 where `b` is more. */
export function less(a: string, b: string): string {
  const scale = Math.max(scaleOf(a), scaleOf(b));
  const left = unitsOf(a, scale) - unitsOf(b, scale);
  return left > 0n ? written(left, scale) : '0';
}

export function isZero(amount: string): boolean {
  return unitsOf(amount, scaleOf(amount)) === 0n;
}

function scaleOf(amount: string): number {
  const point = amount.indexOf('.');
  return point < 0 ? 0 : amount.length - point - 1;
}

function unitsOf(amount: string, scale: number): bigint {
  return BigInt(amount.replace('.', '') + '0'.repeat(scale - scaleOf(amount)));
}

function written(units: bigint, scale: number): string {
  const digits = units.toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
