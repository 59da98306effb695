import type { AccountState } from '../domain/account.js';

/**
 * Drops what a fold of entries never needs again: ended reservations and their commits. No later entry is folded
 * differently for knowing them; exhausted lots and revocations, which one may come back to, stay.
 */
export function forgetEnded({ recalled }: AccountState): void {
  recalled.reservations.clear();
  recalled.spends.clear();
  recalled.charges.clear();
}
