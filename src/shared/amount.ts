/** The largest amount and the largest lifetime sum, in base units: what a PostgreSQL `bigint` holds. */
export const MAX_AMOUNT = 2n ** 63n - 1n;

/** Digits after the point of a unit in use; they never change. */
export type ScaleOf = (unit: string) => number;

const CANONICAL = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/;

/** 19 digits hold 2^63-1; a longer text is refused before it costs anything. */
const MAX_INTEGER_DIGITS = 19;

export type ParsedAmount =
  | { readonly ok: true; readonly units: bigint }
  | { readonly ok: false; readonly code: 'invalid_request' | 'amount_too_large'; readonly message: string };

/**
 * Reads an amount from the wire into base units (10^-scale), exactly: a decimal string, or a JSON integer up to 2^53-1.
 * More digits than the scale are refused, trailing zeros included, because rounding a customer's money is never right.
 */
export function parseAmount(input: unknown, scale: number): ParsedAmount {
  const text = typeof input === 'number' ? integerText(input) : input;
  if (typeof text !== 'string') {
    return invalid('must be a decimal string such as "12.5", or an integer up to 9007199254740991');
  }
  const match = text.length <= 64 ? CANONICAL.exec(text) : null;
  if (match === null) {
    return text.length > 64 && /^[0-9.]+$/.test(text)
      ? tooLarge()
      : invalid('must match ^(0|[1-9][0-9]*)(\\.[0-9]+)?$, without sign, exponent or leading zeros');
  }
  const [, whole = '0', fraction = ''] = match;
  if (fraction.length > scale) {
    return invalid(`has ${fraction.length} digits after the point, the unit has ${scale}`);
  }
  if (whole.length > MAX_INTEGER_DIGITS) return tooLarge();
  const units = BigInt(whole + fraction.padEnd(scale, '0'));
  return units > MAX_AMOUNT ? tooLarge() : { ok: true, units };
}

/** Writes base units as the canonical decimal: no trailing zeros, no trailing point, `"0"` for nothing. */
export function formatAmount(units: bigint, scale: number): string {
  // Most sums of most accounts.
  if (units === 0n) return '0';
  if (units < 0n) return `-${formatAmount(-units, scale)}`;
  if (scale === 0) return units.toString();
  const digits = units.toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  let end = digits.length;
  while (end > point && digits.charCodeAt(end - 1) === 48) end--;
  return end === point ? digits.slice(0, point) : `${digits.slice(0, point)}.${digits.slice(point, end)}`;
}

function integerText(value: number): string | undefined {
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? value.toString() : undefined;
}

function invalid(message: string): ParsedAmount {
  return { ok: false, code: 'invalid_request', message };
}

function tooLarge(): ParsedAmount {
  return { ok: false, code: 'amount_too_large', message: 'is more than 2^63-1 base units of the unit' };
}
