import { lotNumber, lotOf, newAccount, reservationOf } from '../../src/ledger/domain/account.js';
import type { Entry } from '../../src/ledger/domain/entry.js';
import { evolve } from '../../src/ledger/domain/evolve.js';
import { isOver } from '../../src/ledger/domain/plan-carry.js';
import { isLimited } from '../../src/ledger/domain/windows.js';

export interface NaiveDivision {
  readonly paid: bigint;
  readonly recognised: bigint;
  readonly deferred: bigint;
  readonly breakage: bigint;
  readonly revoked: bigint;
}

interface Paid {
  readonly granted: bigint;
  expired: bigint;
  revoked: bigint;
}

/**
 * A second opinion on one account's money. It looks at the state after each entry, not at what entries do to lots, and
 * tells payments apart by their cost: so no two grants of a history may have the same, and no grant without money any.
 */
export class NaiveBooks {
  private readonly state = newAccount();
  private readonly paid = new Map<string, Paid>();
  private readonly costs = new Map<number, string>();
  private readonly entries: Entry[] = [];

  book(entry: Entry): void {
    const expired = [...this.expiring(entry)];
    const sum = expired.reduce((all, [, amount]) => all + amount, 0n);
    if (sum !== entry.deltas.expired)
      throw new Error(`entry ${entry.seq}: ${sum} expired, not ${entry.deltas.expired}`);
    for (const [lot, amount] of expired) {
      const paid = this.paidFor(lot);
      if (paid !== undefined) paid.expired += amount;
    }
    this.entries.push(entry);
    evolve(this.state, entry);
    for (const [index, { cost, granted }] of entry.made.entries()) {
      if (cost === null) continue;
      const key = keyOf(cost.amount, cost.currency);
      this.costs.set(lotNumber(entry.seq, index), key);
      if (entry.type === 'grant') this.paid.set(key, { granted, expired: 0n, revoked: 0n });
    }
    const named = this.paidFor(inNameOf(entry, this.entries) ?? -1);
    if (named !== undefined) named.revoked += entry.type === 'revoke' ? entry.amount : -entry.amount;
  }

  /** By cost and currency, as they were written; in steps of as many digits as `digitsOf` says. */
  divisions(digitsOf: (key: string) => number): Map<string, NaiveDivision> {
    const live = new Map<string, bigint>();
    for (const { lots } of this.state.units.values()) {
      for (const { cost, remaining, held } of lots) {
        if (cost === null) continue;
        const key = keyOf(cost.amount, cost.currency);
        live.set(key, (live.get(key) ?? 0n) + remaining + held);
      }
    }
    return new Map([...this.paid].map(([key, paid]) => [key, divide(key, digitsOf(key), paid, live.get(key) ?? 0n)]));
  }

  private paidFor(lot: number): Paid | undefined {
    return this.paid.get(this.costs.get(lot) ?? '');
  }

  /** What of which lot expires by an entry that is not applied yet. */
  private *expiring(entry: Entry): Iterable<readonly [number, bigint]> {
    const { type, lots, reservation } = entry;
    if (type === 'expire' && reservation === null) yield [lots[0]!.lot, entry.amount];
    if (type === 'refund' || type === 'reinstate') {
      if (!isLimited(this.state, entry.unit!)) return;
      for (const { lot, amount } of lots) if (amount > 0n && this.hasEnded(lot, entry)) yield [lot, amount];
    }
    if (reservation === null || !['commit', 'release', 'expire'].includes(type)) return;
    const line = reservationOf(this.state, reservation)?.lines.find(({ unit }) => unit === entry.unit);
    for (const { lot } of line?.held ?? []) {
      if (!this.hasEnded(lot, entry)) continue;
      let back = 0n;
      for (const change of lots) {
        if (change.lot === lot && change.held < 0n) back += -change.held - (type === 'commit' ? change.amount : 0n);
      }
      for (const made of entry.made) if (made.carriedFrom === lot) back -= made.granted;
      yield [lot, back];
    }
  }

  /** At the moment at which both end, a hold ends first. */
  private hasEnded(no: number, { unit, type, effectiveAt }: Entry): boolean {
    const lot = lotOf(this.state, unit!, no)!;
    return isOver(this.state, lot, effectiveAt) && !(type === 'expire' && lot.expiresAt === effectiveAt);
  }
}

function keyOf(amount: string, currency: string): string {
  return `${amount} ${currency}`;
}

/** The lot in whose name credits are taken, or given back. */
export function inNameOf(entry: Entry, all: readonly Entry[]): number | null {
  if (entry.type === 'revoke') return entry.target;
  return entry.type === 'reinstate' ? all[entry.target! - 1]!.target : null;
}

/** Each credit has one fate; money that went back is taken off the least sure of them first: used, then expired. */
function divide(key: string, digits: number, { granted, expired, revoked }: Paid, live: bigint): NaiveDivision {
  const [whole = '', fraction = ''] = key.split(' ')[0]!.split('.');
  const cost = BigInt(whole + fraction.padEnd(digits, '0'));
  const fates = { used: granted - live - expired, expired, live };
  let back = revoked < granted ? revoked : granted;
  const share = (credits: bigint): bigint => (cost * credits - ((cost * credits) % granted)) / granted;
  // Half a step and more is a step.
  const gone = share(back) + ((cost * back) % granted >= granted - ((cost * back) % granted) ? 1n : 0n);
  for (const fate of ['used', 'expired', 'live'] as const) {
    const taken = back < fates[fate] ? back : fates[fate];
    fates[fate] -= taken;
    back -= taken;
  }
  const division = {
    paid: cost,
    recognised: share(fates.used),
    deferred: 0n,
    breakage: share(fates.expired),
    revoked: gone,
  };
  const rest = cost - division.recognised - division.breakage - gone;
  if (fates.live > 0n) return { ...division, deferred: rest };
  if (fates.used > 0n) return { ...division, recognised: division.recognised + rest };
  return { ...division, breakage: division.breakage + rest };
}
