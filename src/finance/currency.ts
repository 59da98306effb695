import type { Cost } from '../ledger/domain/account.js';

/** ISO 4217: currencies whose smallest coin is not a hundredth. A list, because what Node knows differs by its version. */
const DIGITS: ReadonlyMap<string, number> = new Map([
  ...['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF']
    .concat('XPF')
    .map(currency => [currency, 0] as const),
  ...['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'].map(currency => [currency, 3] as const),
  ...['CLF', 'UYW'].map(currency => [currency, 4] as const),
]);
const MOST_HAVE = 2;

/** What was paid, in the smallest steps in which its money is counted. */
export interface Money {
  readonly amount: bigint;
  /** Digits after the point: as many as the currency has, or as the cost was written with. */
  readonly scale: number;
  /** In capitals, however it was written. */
  readonly currency: string;
}

/** A cost is never rounded: one of less than the smallest coin is counted in its own digits. */
export function moneyOf({ amount, currency: written }: Cost): Money {
  const currency = written.toUpperCase();
  const [whole = '', fraction = ''] = amount.split('.');
  const scale = Math.max(DIGITS.get(currency) ?? MOST_HAVE, fraction.length);
  return { amount: BigInt(whole + fraction.padEnd(scale, '0')), scale, currency };
}
