import { endsAt, lotNumber, unitOf, type AccountState, type Lot, type Moment } from './account.js';
import { makeEntry, type Entry, type LotChange } from './entry.js';
import { evolve } from './evolve.js';
import { endHold } from './end-hold.js';
import { Draft } from './draft.js';
import { closeLots, isOver, planOf } from './plan-carry.js';
import { settleSubscription } from './renew.js';
import { carriedLot } from './return-credits.js';
import { subscriptionDueAt } from './subscription.js';

/** Something time does to an account: at one moment, ended holds come before lots that are over, and those before periods. */
type Due =
  | { readonly at: Moment; readonly rank: 0; readonly no: number }
  | { readonly at: Moment; readonly rank: 1; readonly no: number; readonly unit: string }
  | { readonly at: Moment; readonly rank: 2; readonly no: 0; readonly subscription: string };

const NOTHING_DUE: readonly Entry[] = [];

/**
 * Appends to the account what time did by `now`, in the order of the due moments, and evolves it: holds whose grace
 * ended return their credits, lots whose end came are carried or expire, subscriptions whose period ended renew or end.
 * Everyone who reads or writes an account does this first, so that no answer depends on whether a worker was punctual.
 * @param enough stops once so many entries were appended; `state.dueBound` is then still not after `now`
 */
export function settleDue(state: AccountState, now: Moment, recordedAt: Moment, enough = Infinity): readonly Entry[] {
  if (now < state.dueBound) return NOTHING_DUE;
  const due = allDue(state, now);
  const appended: Entry[] = [];
  for (let next = due.shift(); next !== undefined && appended.length < enough; next = due.shift()) {
    const entries = entriesOf(state, next, recordedAt);
    for (const entry of entries) {
      evolve(state, entry);
      appended.push(entry);
      enqueueMade(due, entry, now);
      enqueuePeriod(state, due, entry, now);
    }
  }
  state.dueBound = nextDueAt(state) ?? Infinity;
  return appended;
}

function entriesOf(state: AccountState, due: Due, recordedAt: Moment): readonly Entry[] {
  switch (due.rank) {
    case 0:
      return endOfHold(state, due.no, due.at, recordedAt);
    case 1:
      return endOfLot(state, due, recordedAt);
    case 2:
      return endOfPeriod(state, due, recordedAt);
    default:
      throw new Error(`unknown kind of due ${String(due satisfies never)}`);
  }
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
  for (const subscription of state.subscriptions.values()) {
    const at = subscriptionDueAt(subscription);
    if (at < next) next = at;
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
  for (const subscription of state.subscriptions.values()) {
    const at = subscriptionDueAt(subscription);
    if (at <= now) due.push({ at, rank: 2, no: 0, subscription: subscription.id });
  }
  return due.sort(inOrder);
}

function inOrder(a: Due, b: Due): number {
  const order = a.at - b.at || a.rank - b.rank || a.no - b.no;
  if (order !== 0 || a.rank !== 2 || b.rank !== 2 || a.subscription === b.subscription) return order;
  return a.subscription < b.subscription ? -1 : 1;
}

/** A lot carried over may itself be over by now. */
function enqueueMade(due: Due[], entry: Entry, now: Moment): void {
  entry.made.forEach((terms, index) => {
    if (terms.expiresAt === null || terms.expiresAt > now) return;
    due.push({ at: terms.expiresAt, rank: 1, no: lotNumber(entry.seq, index), unit: terms.unit });
    due.sort(inOrder);
  });
}

/** The next period may itself be over by now: three that nobody saw are three. */
function enqueuePeriod(state: AccountState, due: Due[], { subscription: change }: Entry, now: Moment): void {
  if (change === null) return;
  const subscription = state.subscriptions.get(change.id);
  const at = subscription === undefined ? Infinity : subscriptionDueAt(subscription);
  if (at > now) return;
  due.push({ at, rank: 2, no: 0, subscription: change.id });
  due.sort(inOrder);
}

function endOfPeriod(
  state: AccountState,
  { at, subscription: id }: { at: Moment; subscription: string },
  recordedAt: Moment,
): readonly Entry[] {
  const subscription = state.subscriptions.get(id);
  // Something at the same moment may have moved it on.
  if (subscription === undefined || subscriptionDueAt(subscription) !== at) return NOTHING_DUE;
  // One that was cancelled in its grace ends when that was said, not at an end that is past.
  const draft = new Draft(state, Math.max(at, state.lastEffectiveAt), recordedAt);
  settleSubscription(draft, subscription);
  return draft.entries;
}

function endOfHold(state: AccountState, no: number, at: Moment, recordedAt: Moment): Entry[] {
  const hold = state.holds.get(no)!;
  // At the same moment holds end before lots do, so a lot that ends just now still takes its credits back.
  const isPast = (lot: Lot): boolean => isOver(state, lot, at) && lot.expiresAt !== at;
  return endHold(state, hold, { type: 'expire', reason: null }, isPast, at, recordedAt);
}

function endOfLot(state: AccountState, due: { at: Moment; no: number; unit: string }, recordedAt: Moment): Entry[] {
  // What a period gives that begins late may be over already.
  const at = Math.max(due.at, state.lastEffectiveAt);
  const lot = unitOf(state, due.unit).lots.find(({ no }) => no === due.no);
  if (lot === undefined || lot.remaining === 0n) return [];
  const found = planOf(state, lot.no);
  if (found !== null) {
    const draft = new Draft(state, at, recordedAt);
    closeLots(draft, { subscription: found.subscription, unit: due.unit, lots: [lot] }, null);
    return draft.entries;
  }
  const entries: Entry[] = [];
  const carried = carriedLot(lot, lot.remaining, at);
  if (carried !== null) {
    const seq = state.seq + 1;
    const lots: LotChange[] = [
      { lot: lot.no, amount: carried.granted, remaining: -carried.granted, held: 0n },
      { lot: lotNumber(seq, 0), amount: 0n, remaining: carried.granted, held: 0n },
    ];
    const fields = { type: 'rollover', unit: lot.unit, amount: carried.granted, lots, made: [carried] } as const;
    entries.push(makeEntry(seq, at, recordedAt, fields));
  }
  const rest = lot.remaining - (carried?.granted ?? 0n);
  if (rest > 0n) {
    const lots = [{ lot: lot.no, amount: rest, remaining: -rest, held: 0n }];
    const deltas = { available: -rest, expired: rest };
    const seq = state.seq + 1 + entries.length;
    entries.push(makeEntry(seq, at, recordedAt, { type: 'expire', unit: lot.unit, amount: rest, deltas, lots }));
  }
  return entries;
}
