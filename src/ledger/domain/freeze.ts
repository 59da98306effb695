import type { AccountState, Moment } from './account.js';
import type { Freeze } from './command.js';
import { makeEntry } from './entry.js';
import { CALLER, MAX_HOLDERS } from './holders.js';
import { accept, refuse, type Decision } from './refusal.js';

/**
 * Stops new work (or lets it go on); work in flight is not touched. An account is frozen as long as anybody holds it: each
 * lifts his own, and only a caller lifts everybody's. Doing twice what one has done changes nothing.
 */
export function freeze(state: AccountState, command: Freeze, now: Moment, recordedAt: Moment): Decision {
  const { reason, holder = CALLER } = command;
  const before = state.frozen ? (state.recalled.frozenBy ?? [CALLER]) : [];
  const after = command.type === 'freeze' ? joined(before, holder) : left(before, holder);
  if (after.length === before.length) return accept([]);
  if (after.length > MAX_HOLDERS) {
    return refuse('too_many_subscriptions', `the account is frozen by ${MAX_HOLDERS} subscriptions already`);
  }
  // What others hold is said anew, whole: the last freeze says who holds the account.
  const type = after.length === 0 ? 'unfreeze' : 'freeze';
  const settings = after.some(each => each !== CALLER) ? { frozenBy: after } : null;
  return accept([makeEntry(state.seq + 1, now, recordedAt, { type, unit: null, amount: 0n, settings, reason })]);
}

function joined(holders: readonly string[], holder: string): readonly string[] {
  return holders.includes(holder) ? holders : [...holders, holder];
}

function left(holders: readonly string[], holder: string): readonly string[] {
  return holder === CALLER ? [] : holders.filter(each => each !== holder);
}
