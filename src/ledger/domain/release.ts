import type { AccountState, Moment } from './account.js';
import type { Release } from './command.js';
import { endHold } from './end-hold.js';
import { findOpen } from './find-reservation.js';
import { accept, type Decision } from './refusal.js';
import { overAt } from './return-credits.js';

/** Ends a reservation without a spend; everything still held comes back. */
export function release(state: AccountState, command: Release, now: Moment, recordedAt: Moment): Decision {
  const found = findOpen(state, command.reservation);
  if (!found.ok) return found;
  const as = { type: 'release', reason: command.reason } as const;
  return accept(endHold(state, found.reservation, as, overAt(state, now), now, recordedAt));
}
