import type { Entry } from '../ledger/domain/entry.js';

const HOUR_MS = 3_600_000;
/** Of spending that a projection is made from: the hour of the moment, and those before it. */
export const WINDOW_HOURS = 24;

/** What of one account and unit alerts look at, after some entry. Amounts are base units. */
export interface Level {
  readonly available: bigint;
  readonly held: bigint;
  readonly debt: bigint;
  /** What was unspent right after the latest grant: what percentages are of. */
  readonly base: bigint;
  /** What was committed, by hour since 1970; only hours of the window. */
  readonly spent: ReadonlyMap<number, bigint>;
}

export const NO_LEVEL: Level = { available: 0n, held: 0n, debt: 0n, base: 0n, spent: new Map() };

export function hourOf(moment: number): number {
  return Math.floor(moment / HOUR_MS);
}

export function unspentOf({ available, held }: Level): bigint {
  return available + held;
}

/** What was committed in the window that ends with the hour of this moment. */
export function spentBy(level: Level, moment: number): bigint {
  const last = hourOf(moment);
  let sum = 0n;
  for (const [hour, amount] of level.spent) if (hour > last - WINDOW_HOURS && hour <= last) sum += amount;
  return sum;
}

/** The level after the entry, which moves this unit. */
export function levelAfter(before: Level, { type, deltas, made, effectiveAt }: Entry): Level {
  const available = before.available + deltas.available;
  const held = before.held + deltas.held;
  return {
    available,
    held,
    debt: before.debt + deltas.debt,
    // What is lent to a spend is nothing that anybody could run out of.
    base: type === 'grant' && made[0]?.overage === undefined ? available + held : before.base,
    spent: deltas.spent > 0n ? withSpend(before.spent, hourOf(effectiveAt), deltas.spent) : before.spent,
  };
}

function withSpend(spent: ReadonlyMap<number, bigint>, hour: number, amount: bigint): ReadonlyMap<number, bigint> {
  const kept = [...spent].filter(([each]) => each > hour - WINDOW_HOURS);
  return new Map(kept).set(hour, (spent.get(hour) ?? 0n) + amount);
}
