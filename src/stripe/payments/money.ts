/** Currencies whose smallest unit, as Stripe counts, is the main one (https://docs.stripe.com/currencies). */
const WITHOUT_DECIMALS = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '));
const WITH_THREE_DECIMALS = new Set('bhd jod kwd omr tnd'.split(' '));

/** Digits after the point of amounts that Stripe counts in the smallest unit. */
export function decimalsOf(currency: string): number {
  const name = currency.toLowerCase();
  if (WITHOUT_DECIMALS.has(name)) return 0;
  return WITH_THREE_DECIMALS.has(name) ? 3 : 2;
}

/** As a decimal in the main unit with all its digits: 1999 usd is `19.99`, 500 jpy is `500`. */
export function mainUnit(minor: bigint, currency: string): string {
  const decimals = decimalsOf(currency);
  if (decimals === 0) return minor.toString();
  const digits = minor.toString().padStart(decimals + 1, '0');
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** Null where the text is no amount of the currency: other characters, or more digits after the point than it has. */
export function smallestUnit(text: string, currency: string): bigint | null {
  const decimals = decimalsOf(currency);
  const [, whole, fraction = ''] = /^(0|[1-9][0-9]{0,14})(?:\.([0-9]+))?$/.exec(text) ?? [];
  if (whole === undefined || fraction.length > decimals) return null;
  return BigInt(whole + fraction.padEnd(decimals, '0'));
}
