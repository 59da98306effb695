import { heldOf, type AccountState, type Lot, type Moment, type Reservation } from './account.js';
import { makeEntry, type Entry } from './entry.js';
import { allBack, settleHeld } from './return-credits.js';

/** Ends a hold without a spend: everything still held comes back, one entry per unit, at least one in all. */
export function endHold(
  state: AccountState,
  hold: Reservation,
  as: { readonly type: 'release' | 'expire'; readonly reason: string | null },
  isOver: (lot: Lot) => boolean,
  at: Moment,
  recordedAt: Moment,
): Entry[] {
  const holding = hold.lines.filter(line => line.held.length > 0);
  const ending = holding.length > 0 ? holding : hold.lines.slice(0, 1);
  return ending.map((line, index) => {
    const seq = state.seq + 1 + index;
    const amount = heldOf(line);
    const back = settleHeld(state, line.unit, allBack(state, line), seq, isOver, at, 'back');
    return makeEntry(seq, at, recordedAt, {
      type: as.type,
      reason: as.reason,
      unit: line.unit,
      amount,
      deltas: { held: -amount, available: back.available, expired: back.expired, debt: -back.debtPaid },
      lots: back.changes,
      made: back.made,
      reservation: hold.no,
      member: hold.member,
      closes: index === ending.length - 1,
    });
  });
}
