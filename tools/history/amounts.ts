/**
 * Exact amounts as bigint billionths, the finest scale a unit can have. Written apart from the service's own amounts on
 * purpose: the client that checks the ledger must not share the ledger's arithmetic.
 */
const DIGITS = 9;
const DECIMAL = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]{1,9}))?$/;

export const ONE_CREDIT = 10n ** BigInt(DIGITS);

/** @throws TypeError for anything that is not a plain decimal of at most nine digits after the point. */
export function parseAmount(text: unknown): bigint {
  const match = typeof text === 'string' ? DECIMAL.exec(text) : null;
  if (match === null) throw new TypeError(`not an amount: ${JSON.stringify(text)}`);
  const [, sign, whole = '0', fraction = ''] = match;
  const billionths = BigInt(whole + fraction.padEnd(DIGITS, '0'));
  return sign === '-' ? -billionths : billionths;
}

/** The canonical decimal, as the API writes it. */
export function formatAmount(billionths: bigint): string {
  if (billionths < 0n) return `-${formatAmount(-billionths)}`;
  const fraction = (billionths % ONE_CREDIT).toString().padStart(DIGITS, '0').replace(/0+$/, '');
  const whole = (billionths / ONE_CREDIT).toString();
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

export const SUM_NAMES = ['granted', 'available', 'held', 'spent', 'expired', 'revoked', 'debt'] as const;

/** The seven sums of one account in one unit, or how far they move. */
export type Sums = Record<(typeof SUM_NAMES)[number], bigint>;

export function noSums(): Sums {
  return { granted: 0n, available: 0n, held: 0n, spent: 0n, expired: 0n, revoked: 0n, debt: 0n };
}

/** Reads sums from the wire; what is not named did not move. */
export function parseSums(wire: Readonly<Record<string, unknown>> | null | undefined): Sums {
  const sums = noSums();
  for (const name of SUM_NAMES) {
    const value = wire?.[name];
    if (value !== undefined && value !== null) sums[name] = parseAmount(value);
  }
  return sums;
}

export function addSums(to: Sums, deltas: Partial<Sums>): void {
  for (const name of SUM_NAMES) to[name] += deltas[name] ?? 0n;
}

/** `available 5, spent 3` without the zeros, for messages. */
export function describeSums(sums: Sums): string {
  const parts = SUM_NAMES.filter(name => sums[name] !== 0n).map(name => `${name} ${formatAmount(sums[name])}`);
  return parts.length === 0 ? 'all zero' : parts.join(', ');
}

/** The sums that differ, as `spent 3 instead of 5`; empty where none does. */
export function differingSums(found: Sums, expected: Sums): string {
  return SUM_NAMES.filter(name => found[name] !== expected[name])
    .map(name => `${name} ${formatAmount(found[name])} instead of ${formatAmount(expected[name])}`)
    .join(', ');
}
