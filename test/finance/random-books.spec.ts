import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Payment } from '../../src/finance/payment.js';
import type { Entry } from '../../src/ledger/domain/entry.js';
import { GENES } from '../model/genes.js';
import { booksOf, type Sums } from './books-of.js';
import { NaiveBooks } from './naive-books.js';
import { randomHistory } from './random-history.js';
import { subscribedHistory } from './subscribed-history.js';

/** How many histories of each kind. */
const RUNS = Number(process.env['FINANCE_RUNS'] ?? 400);
const MOST_SHRINKS = 300;

test.each([
  ['of the engine', randomHistory, ['expire', 'rollover', 'refund', 'revoke', 'reinstate']],
  ['of accounts with plans', subscribedHistory, ['subscribe', 'expire', 'rollover', 'refund', 'revoke', 'reinstate']],
] as const)('finance agrees with naive books over random histories %s, after every entry', (_, historyOf, types) => {
  const met = new Set<string>();
  // A history is long and its genes are many: to the smallest of them all is hours, a few hundred steps are seconds.
  const property = fc.property(fc.limitShrink(GENES, MOST_SHRINKS), genes => {
    const entries = historyOf(genes);
    const naive = new NaiveBooks();
    booksOf(entries, (sums, entry) => {
      naive.book(entry);
      met.add(entry.type);
      compare(sums, naive, entry);
    });
  });
  fc.assert(property, { numRuns: RUNS, unbiased: true });
  expect([...met]).toEqual(expect.arrayContaining([...types]));
});

function compare(sums: ReadonlyMap<Payment, Sums>, naive: NaiveBooks, { seq }: Entry): void {
  const told = new Map([...sums].map(([{ cost, scale, currency }, moved]) => [`${cost} ${scale} ${currency}`, moved]));
  for (const [key, division] of naive.divisions(digitsOf)) {
    const moved = told.get(`${division.paid} ${digitsOf(key)} ${key.split(' ')[1]!.toUpperCase()}`)!;
    for (const [name, amount] of Object.entries(division)) {
      if (moved[name as keyof Sums] === amount && amount >= 0n) continue;
      throw new Error(`entry ${seq}, ${name} of ${key}: ${moved[name as keyof Sums]}, not ${amount}`);
    }
  }
}

function digitsOf(key: string): number {
  const [amount = '', currency = ''] = key.split(' ');
  const coins = { USD: 2, EUR: 2, JPY: 0, KWD: 3 }[currency.toUpperCase()] ?? 2;
  return Math.max(coins, amount.split('.')[1]?.length ?? 0);
}
