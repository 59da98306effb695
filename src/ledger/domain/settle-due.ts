import { endsAt, lotNumber, unitOf, type AccountState, type Lot, type Moment } from './account.js';
import { makeEntry, type Entry, type LotChange } from './entry.js';
import { evolve } from './evolve.js';
import { endHold } from './end-hold.js';
import { carriedLot } from './return-credits.js';

/** Something time does to an account: at one moment, ended holds come before lots that are over. */
type Due =
  | { readonly at: Moment; readonly rank: 0; readonly no: number }
  | { readonly at: Moment; readonly rank: 1; readonly no: number; readonly unit: string };

const NOTHING_DUE: readonly Entry[] = [];

/**
 * Appends to the account what time did by `now`, in the order of the due moments, and evolves it: holds whose grace
 * ended return their credits, lots whose end came are carried or expire. Everyone who reads or writes an account does
 * this first, so that no answer depends on whether a worker was punctual.
 * @param enough stops once so many entries were appended; `state.dueBound` is then still not after `now`
 */
export function settleDue(state: AccountState, now: Moment, recordedAt: Moment, enough = Infinity): readonly Entry[] {
  if (now < state.dueBound) return NOTHING_DUE;
  const due = allDue(state, now);
  const appended: Entry[] = [];
  for (let next = due.shift(); next !== undefined && appended.length < enough; next = due.shift()) {
    const entries =
      next.rank === 0 ? endOfHold(state, next.no, next.at, recordedAt) : endOfLot(state, next, recordedAt);
    for (const entry of entries) {
      evolve(state, entry);
      appended.push(entry);
      enqueueMade(due, entry, now);
    }
  }
  state.dueBound = nextDueAt(state) ?? Infinity;
  return appended;
}

/** The next moment at which time does something to this account, or null. */
export function nextDueAt(state: AccountState): Moment | null {
  let next = Infinity;
  for (const hold of state.holds.values()) if (endsAt(hold) < next) next = endsAt(hold);
  for (const { lots } of state.units.values()) {
    for (const lot of lots) {
      if (lot.expiresAt !== null && lot.expiresAt < next && lot.remaining > 0n) next = lot.expiresAt;
    }
  }
  return next === Infinity ? null : next;
}

function allDue(state: AccountState, now: Moment): Due[] {
  const due: Due[] = [];
  for (const hold of state.holds.values()) {
    if (endsAt(hold) <= now) due.push({ at: endsAt(hold), rank: 0, no: hold.no });
  }
  for (const [unit, { lots }] of state.units) {
    for (const lot of lots) {
      // A lot wholly under hold is listed too: a hold that ends before it may return credits to it.
      if (lot.expiresAt !== null && lot.expiresAt <= now) due.push({ at: lot.expiresAt, rank: 1, no: lot.no, unit });
    }
  }
  return due.sort(inOrder);
}

function inOrder(a: Due, b: Due): number {
  return a.at - b.at || a.rank - b.rank || a.no - b.no;
}

/** A lot carried over may itself be over by now. */
function enqueueMade(due: Due[], entry: Entry, now: Moment): void {
  entry.made.forEach((terms, index) => {
    if (terms.expiresAt === null || terms.expiresAt > now) return;
    due.push({ at: terms.expiresAt, rank: 1, no: lotNumber(entry.seq, index), unit: terms.unit });
    due.sort(inOrder);
  });
}

function endOfHold(state: AccountState, no: number, at: Moment, recordedAt: Moment): Entry[] {
  const hold = state.holds.get(no)!;
  // At the same moment holds end before lots do, so a lot that ends just now still takes its credits back.
  const isOver = (lot: Lot): boolean => lot.expiresAt !== null && lot.expiresAt < at;
  return endHold(state, hold, { type: 'expire', reason: null }, isOver, at, recordedAt);
}

function endOfLot(state: AccountState, due: { at: Moment; no: number; unit: string }, recordedAt: Moment): Entry[] {
  const lot = unitOf(state, due.unit).lots.find(({ no }) => no === due.no);
  if (lot === undefined || lot.remaining === 0n) return [];
  const entries: Entry[] = [];
  const carried = carriedLot(lot, lot.remaining, due.at);
  if (carried !== null) {
    const seq = state.seq + 1;
    const lots: LotChange[] = [
      { lot: lot.no, amount: carried.granted, remaining: -carried.granted, held: 0n },
      { lot: lotNumber(seq, 0), amount: 0n, remaining: carried.granted, held: 0n },
    ];
    const fields = { type: 'rollover', unit: lot.unit, amount: carried.granted, lots, made: [carried] } as const;
    entries.push(makeEntry(seq, due.at, recordedAt, fields));
  }
  const rest = lot.remaining - (carried?.granted ?? 0n);
  if (rest > 0n) {
    const lots = [{ lot: lot.no, amount: rest, remaining: -rest, held: 0n }];
    const deltas = { available: -rest, expired: rest };
    const seq = state.seq + 1 + entries.length;
    entries.push(makeEntry(seq, due.at, recordedAt, { type: 'expire', unit: lot.unit, amount: rest, deltas, lots }));
  }
  return entries;
}
