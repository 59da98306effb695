import { lotNumber } from '../../src/ledger/domain/account.js';
import type { Command } from '../../src/ledger/domain/command.js';
import type { Entry } from '../../src/ledger/domain/entry.js';
import {
  charge,
  commit,
  grant,
  limits,
  refund,
  refundEntry,
  reinstate,
  reserve,
  revoke,
} from '../model/given-account.js';
import { Dice } from '../model/genes.js';
import { REAL_DOMAIN, RecordingAccount } from '../model/recording-account.js';

const DAY = 24 * 3600 * 1000;
export const YEAR = 2025;

export interface SimulatedYear {
  readonly entries: readonly Entry[];
  /** What was paid, as the shop remembers it: month, currency and cents. */
  readonly paid: readonly { readonly month: string; readonly currency: string; readonly cents: bigint }[];
}

/**
 * A customer's year: a monthly lot of which half rolls over, packs that never expire, gifts, an overdraft; spends, refunds,
 * money given back and a dispute that is won. Everything is settled on the last of December; what is left stays.
 */
export function simulatedYear(customer: number): SimulatedYear {
  const account = new RecordingAccount(REAL_DOMAIN);
  const paid: { month: string; currency: string; cents: bigint }[] = [];
  const does = (command: Command, at: number): readonly Entry[] => {
    const { decision } = account.execute(command, at);
    account.endBatch();
    return decision.ok ? decision.entries : [];
  };
  const buys = (amount: bigint, cents: number, at: number, more: Parameters<typeof grant>[1] = {}): number => {
    const currency = customer % 3 === 0 ? 'EUR' : 'USD';
    const cost = { amount: `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`, currency };
    const [entry] = does(grant(amount, { category: 'paid', cost, ...more }), at);
    paid.push({ month: monthOf(at), currency, cents: BigInt(cents) });
    return lotNumber(entry!.seq, 0);
  };
  does(limits({ credits: 200n }), Date.UTC(YEAR, 0, 1));
  for (let month = 0; month < 12; month++) {
    const dice = new Dice((customer * 7919 + month * 104_729 + 12_345) % 2 ** 30);
    const at = (day: number, hour = 0): number => Date.UTC(YEAR, month, day, hour, customer);
    const plan = buys(1_000n, 1_999 + customer + month, at(1), {
      expiresAt: Date.UTC(YEAR, month + 1, 1, 0, customer),
      rollover: { percent: 50, cap: 200n, carryMs: 45 * DAY },
    });
    does(grant(50n, { expiresAt: at(20) }), at(2));
    const pack = month % 3 === customer % 3 ? buys(333n, 1_001 + customer + month, at(3), { priority: 80 }) : null;
    for (let day = 4; day < 28; day += 3) spend(day, dice.below(170));
    if (month % 4 === 1) {
      const [taken] = does(revoke(plan, BigInt(300 + dice.below(700))), at(24));
      if (month % 8 === 5 && taken !== undefined) does(reinstate(taken.seq), at(26));
    }
    if (pack !== null && month % 2 === 0) does(revoke(pack, 333n), at(27));

    function spend(day: number, amount: number): void {
      if (amount % 4 === 0) {
        const [debit] = does(charge(BigInt(amount + 1), { overage: 'allow_debt' }), at(day));
        if (debit !== undefined && amount % 3 === 0) does(refundEntry(debit.seq, null), at(day + 1));
        return;
      }
      const [hold] = does(reserve(BigInt(amount), { ttlMs: DAY, late: 'charge' }), at(day));
      if (hold === undefined) return;
      // Some holds stay open over the end of a month, some end by themselves.
      if (amount % 5 !== 1) does(commit(hold.seq, BigInt(Math.ceil(amount / 2))), at(day, 20));
      if (amount % 7 === 2) does(refund(hold.seq, 1n), at(day + 1));
    }
  }
  does({ type: 'unfreeze', reason: null }, Date.UTC(YEAR, 11, 31, 23));
  return { entries: account.history.entries, paid };
}

export function monthOf(at: number): string {
  return new Date(at).toISOString().slice(0, 'yyyy-mm'.length);
}
