import type { Entry } from '../../src/ledger/domain/entry.js';
import { foldEntry, type Movement, type PaidLot } from '../../src/finance/fold-entry.js';
import type { Payment } from '../../src/finance/payment.js';
import { inNameOf } from './naive-books.js';

export type Sums = Pick<Movement, 'paid' | 'recognised' | 'refunded' | 'breakage' | 'revoked' | 'deferred'>;

/** All that the entries moved, by payment. */
export function booksOf(entries: readonly Entry[], look: (sums: Map<Payment, Sums>, entry: Entry) => void = () => {}) {
  const lots = new Map<number, PaidLot>();
  const known = {
    get: (no: number) => lots.get(no),
    of: (subscription: string) => [...lots.values()].filter(lot => lot.subscription === subscription),
    put: (lot: PaidLot) => void lots.set(lot.no, lot),
  };
  const sums = new Map<Payment, Sums>();
  for (const entry of entries) {
    const booked = { accountNo: 1, mode: 'live', entry, inNameOf: inNameOf(entry, entries) } as const;
    for (const { payment, ...moved } of foldEntry(booked, known)) sums.set(payment, add(sums.get(payment), moved));
    look(sums, entry);
  }
  return sums;
}

function add(sums: Sums | undefined, moved: Sums): Sums {
  const all = { paid: 0n, recognised: 0n, refunded: 0n, breakage: 0n, revoked: 0n, deferred: 0n, ...sums };
  for (const sum of Object.keys(all) as (keyof Sums)[]) all[sum] += moved[sum];
  return all;
}
