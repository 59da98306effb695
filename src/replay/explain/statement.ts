import {
  lotNumber,
  zeroBalance,
  type Balance,
  type LotCategory,
  type LotTerms,
  type Moment,
} from '../../ledger/domain/account.js';
import type { Deltas, Entry } from '../../ledger/domain/entry.js';
import { addDeltas } from '../../ledger/domain/evolve.js';

/** The sums of each unit at one moment. */
export type Balances = ReadonlyMap<string, Readonly<Balance>>;

/** What one entry did to one lot, with what a reader must know to recognise the lot. */
export interface LotStep {
  readonly lot: number;
  readonly category: LotCategory;
  readonly expiresAt: Moment | null;
  /** The lot's share of the entry's amount. */
  readonly amount: bigint;
  /** Signed change of what the lot has available. */
  readonly remaining: bigint;
  /** Signed change of what the lot has under hold. */
  readonly held: bigint;
  readonly made: boolean;
}

/** One entry as a line of the statement. */
export interface Step {
  readonly entry: Entry;
  readonly lots: readonly LotStep[];
  /** The unit's sums after this entry; null for an entry that moves no unit. */
  readonly balance: Readonly<Balance> | null;
}

/** How an account's balances went from one moment to another. `opening + the steps' deltas = closing`, unit by unit. */
export interface Statement {
  /** Everything effective at this moment or before is in the opening balance. */
  readonly from: Moment;
  /** Everything effective at this moment or before is in the closing balance. */
  readonly to: Moment;
  readonly opening: Balances;
  readonly closing: Balances;
  readonly steps: readonly Step[];
  /** All deltas between the two moments, added up by unit. */
  readonly totals: ReadonlyMap<string, Deltas>;
}

/**
 * Builds the statement from the opening balances and the entries after them, in order of `seq`.
 * `terms` knows the lots that entries before `from` made; those made in between are found on the way.
 * @throws when an entry moves a lot that nothing made: the stream is damaged, and a statement would be wrong.
 */
export function stateOf(
  from: Moment,
  to: Moment,
  opening: Balances,
  entries: readonly Entry[],
  terms: ReadonlyMap<number, LotTerms>,
): Statement {
  const running = new Map([...opening].map(([unit, balance]) => [unit, { ...balance }]));
  const totals = new Map<string, Balance>();
  const known = new Map(terms);
  const steps: Step[] = [];
  for (const entry of entries) {
    entry.made.forEach((made, index) => known.set(lotNumber(entry.seq, index), made));
    if (entry.unit !== null) {
      addDeltas(sumsOf(running, entry.unit), entry.deltas);
      addDeltas(sumsOf(totals, entry.unit), entry.deltas);
    }
    const balance = entry.unit === null ? null : { ...sumsOf(running, entry.unit) };
    steps.push({ entry, lots: lotSteps(entry, known), balance });
  }
  return { from, to, opening, closing: running, steps, totals };
}

/** Lots that entries of the range move but do not make. */
export function lotsToLookUp(entries: readonly Entry[]): number[] {
  const made = new Set(entries.flatMap(entry => entry.made.map((_, index) => lotNumber(entry.seq, index))));
  const moved = new Set<number>();
  for (const entry of entries) {
    for (const { lot } of entry.lots) if (!made.has(lot)) moved.add(lot);
  }
  return [...moved].sort((a, b) => a - b);
}

function lotSteps(entry: Entry, known: ReadonlyMap<number, LotTerms>): LotStep[] {
  return entry.lots.map(({ lot, amount, remaining, held }) => {
    const terms = known.get(lot);
    if (terms === undefined) throw new Error(`entry ${entry.seq} moves lot ${lot}, which no entry made`);
    const made = entry.made.some((_, index) => lotNumber(entry.seq, index) === lot);
    return { lot, category: terms.category, expiresAt: terms.expiresAt, amount, remaining, held, made };
  });
}

function sumsOf(balances: Map<string, Balance>, unit: string): Balance {
  let balance = balances.get(unit);
  if (balance === undefined) {
    balance = zeroBalance();
    balances.set(unit, balance);
  }
  return balance;
}
