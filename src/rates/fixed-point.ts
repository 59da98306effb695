/** Digits after the point that a price, a base fee, a minimum or a step's bound may have. */
export const PRICE_DIGITS = 18;
/** Digits after the point that a quantity may have. */
export const QUANTITY_DIGITS = 9;
/** Digits before the point, of prices and of quantities. */
export const WHOLE_DIGITS = 18;

/** What a price or a quantity looks like; the bounds are what makes arithmetic with them exact and cheap. */
export const PRICE_PATTERN = new RegExp(`^(0|[1-9][0-9]{0,${WHOLE_DIGITS - 1}})(\\.[0-9]{1,${PRICE_DIGITS}})?$`);
export const QUANTITY_PATTERN = new RegExp(`^(0|[1-9][0-9]{0,${WHOLE_DIGITS - 1}})(\\.[0-9]{1,${QUANTITY_DIGITS}})?$`);

/** A decimal that matches `PRICE_PATTERN`, in units of 10^-18. */
export function priceOf(decimal: string): bigint {
  return scaled(decimal, PRICE_DIGITS);
}

/** A decimal that matches `QUANTITY_PATTERN`, in units of 10^-9. */
export function quantityOf(decimal: string): bigint {
  return scaled(decimal, QUANTITY_DIGITS);
}

function scaled(decimal: string, digits: number): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(digits, '0'));
}
