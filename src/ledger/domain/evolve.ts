import { burnsBefore } from './burn-order.js';
import {
  LOTS_PER_ENTRY,
  lotNumber,
  lotOf,
  zeroBalance,
  type AccountState,
  type Balance,
  type Lot,
  type LotTerms,
  type Moment,
  type UnitState,
} from './account.js';
import type { Deltas, Entry } from './entry.js';
import { evolveMembers } from './evolve-members.js';
import { evolveReservation } from './evolve-reservation.js';
import { evolveSpends } from './evolve-spends.js';
import { evolveSubscriptions } from './evolve-subscription.js';
import { holdersOf } from './holders.js';

/** Applies one entry to the account, in place. The only way state ever changes; an entry that does not fit is an error. */
export function evolve(state: AccountState, entry: Entry): void {
  if (entry.seq !== state.seq + 1) throw new Error(`entry ${entry.seq} does not follow ${state.seq}`);
  if (state.seq === 0) state.createdAt = entry.effectiveAt;
  state.seq = entry.seq;
  state.lastEffectiveAt = entry.effectiveAt;
  if (entry.unit !== null) moveUnit(state, entry.unit, entry);
  if (entry.reservation !== null) evolveReservation(state, entry, entry.reservation);
  evolveSpends(state, entry);
  evolveSubscriptions(state, entry);
  evolveMembers(state, entry);
  switch (entry.type) {
    case 'grant':
    case 'reserve':
    case 'extend':
    case 'commit':
    case 'release':
    case 'expire':
    case 'refund':
    case 'revoke':
    case 'reinstate':
    case 'rollover':
    case 'subscribe':
      return;
    case 'configure':
      state.overdraftLimits = entry.settings?.overdraftLimits ?? state.overdraftLimits;
      state.metadata = entry.settings?.metadata ?? state.metadata;
      state.testClock = entry.settings?.testClock ?? state.testClock;
      return;
    case 'freeze':
      state.frozen = true;
      state.recalled.frozenBy = holdersOf(entry);
      return;
    case 'unfreeze':
      state.frozen = false;
      state.recalled.frozenBy = null;
      return;
    default:
      throw new Error(`unknown entry type ${String(entry.type satisfies never)}`);
  }
}

function moveUnit(state: AccountState, unit: string, entry: Entry): void {
  let moved = state.units.get(unit);
  if (moved === undefined) {
    moved = { balance: zeroBalance(), lots: [] };
    state.units.set(unit, moved);
  }
  addDeltas(moved.balance, entry.deltas);
  for (let i = 0; i < entry.made.length; i++) makeLot(state, moved, entry, entry.made[i]!, i);
  for (const change of entry.lots) {
    const lot = lotOf(state, unit, change.lot);
    if (lot === undefined) throw new Error(`entry ${entry.seq} moves lot ${change.lot}, which is not there`);
    lot.remaining += change.remaining;
    lot.held += change.held;
    // Only what was never carried before has a rule to count against; a carried lot may be taken into a later one, and
    // come back to life when a refund returns to it.
    if (entry.type === 'rollover' && lot.carriedFrom === null) lot.carried += change.amount;
    // A lot that was wholly held is due again once something is back: until then its end had nothing to do.
    if (change.remaining > 0n) fallsDue(state, lot.expiresAt);
    place(state, moved, lot);
  }
  if (entry.type === 'revoke') adjustRevoked(state, unit, entry.target!, entry.amount);
  if (entry.type === 'reinstate') {
    const revocation = state.recalled.revocations.get(entry.target!);
    if (revocation === undefined)
      throw new Error(`entry ${entry.seq} reinstates ${entry.target}, which was not recalled`);
    adjustRevoked(state, unit, revocation.lot, -entry.amount);
  }
}

/** Moves the seven sums, in place. */
export function addDeltas(balance: Balance, deltas: Deltas): void {
  balance.granted += deltas.granted;
  balance.available += deltas.available;
  balance.held += deltas.held;
  balance.spent += deltas.spent;
  balance.expired += deltas.expired;
  balance.revoked += deltas.revoked;
  balance.debt += deltas.debt;
}

function makeLot(state: AccountState, unit: UnitState, entry: Entry, terms: LotTerms, index: number): void {
  if (index >= LOTS_PER_ENTRY) throw new Error(`entry ${entry.seq} makes more than ${LOTS_PER_ENTRY} lots`);
  const lot: Lot = {
    no: lotNumber(entry.seq, index),
    unit: terms.unit,
    category: terms.category,
    priority: terms.priority,
    granted: terms.granted,
    expiresAt: terms.expiresAt,
    appliesTo: terms.appliesTo,
    cost: terms.cost,
    rollover: terms.rollover,
    carriedFrom: terms.carriedFrom,
    createdAt: entry.effectiveAt,
    remaining: 0n,
    held: 0n,
    carried: 0n,
    revoked: 0n,
    ...(terms.overage !== undefined && { overage: terms.overage }),
  };
  insert(unit.lots, lot);
  fallsDue(state, lot.expiresAt);
  if (terms.carriedFrom === null || entry.type === 'rollover') return;
  const ended = lotOf(state, terms.unit, terms.carriedFrom);
  if (ended !== undefined) ended.carried += terms.granted;
}

/** Live lots stand in burn order; what is exhausted steps aside. */
function place(state: AccountState, unit: UnitState, lot: Lot): void {
  const live = unit.lots.indexOf(lot);
  const spent = lot.remaining === 0n && lot.held === 0n;
  if (spent && live >= 0) {
    unit.lots.splice(live, 1);
    state.recalled.lots.set(lot.no, lot);
  } else if (!spent && live < 0) {
    state.recalled.lots.delete(lot.no);
    insert(unit.lots, lot);
  }
}

function insert(lots: Lot[], lot: Lot): void {
  let at = lots.length;
  while (at > 0 && burnsBefore(lots[at - 1]!, lot) > 0) at--;
  lots.splice(at, 0, lot);
}

function adjustRevoked(state: AccountState, unit: string, no: number, amount: bigint): void {
  const lot = lotOf(state, unit, no);
  if (lot === undefined) throw new Error(`lot ${no} was revoked but not recalled`);
  lot.revoked += amount;
}

function fallsDue(state: AccountState, at: Moment | null): void {
  if (at !== null && at < state.dueBound) state.dueBound = at;
}
