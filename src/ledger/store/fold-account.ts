import { newAccount, noHistory, type AccountState } from '../domain/account.js';
import type { Entry } from '../domain/entry.js';
import { evolve } from '../domain/evolve.js';
import { nextDueAt } from '../domain/settle-due.js';

/** After so many entries, what only looks back is dropped: a fold needs none of it but exhausted lots and revocations. */
const FORGET_EVERY = 1000;

/** The account as the fold of its entries, from the first on and in order; the source of every projection. */
export function foldAccount(entries: Iterable<Entry>): AccountState {
  const state = newAccount();
  for (const entry of entries) {
    evolve(state, entry);
    if (entry.seq % FORGET_EVERY === 0) forgetEnded(state);
  }
  state.dueBound = nextDueAt(state) ?? Infinity;
  Object.assign(state, { recalled: noHistory() });
  return state;
}

/** Ended reservations and their commits: no later entry is folded differently for knowing them. */
export function forgetEnded({ recalled }: AccountState): void {
  recalled.reservations.clear();
  recalled.spends.clear();
  recalled.charges.clear();
}
