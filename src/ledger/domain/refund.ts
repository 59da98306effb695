import { reservationOf, type AccountState, type Moment, type Spend } from './account.js';
import type { RefundEntry, RefundReservation } from './command.js';
import type { Entry } from './entry.js';
import { giveBack, lotsRefusal } from './give-back.js';
import { accept, amountRefusal, refuse, type Decision } from './refusal.js';

/** Gives spent credits of a reservation back, open or ended: all of them, those of one unit, or an amount of one unit. */
export function refundReservation(
  state: AccountState,
  command: RefundReservation,
  now: Moment,
  recordedAt: Moment,
): Decision {
  const reservation = reservationOf(state, command.reservation);
  if (reservation === undefined) return refuse('reservation_not_found', 'no such reservation');
  const units = reservation.lines.map(({ unit }) => unit);
  if (command.unit !== null && !units.includes(command.unit)) {
    return refuse('invalid_request', `unit ${command.unit} is not part of the reservation`);
  }
  if (command.amount !== null && command.unit === null && units.length > 1) {
    return refuse('invalid_request', 'unit is required: the reservation has several lines');
  }
  const spends = state.recalled.spends.get(reservation.no) ?? [];
  const wanted = command.unit === null ? units : [command.unit];
  return refund(state, spends, wanted, command.amount, command.reason, now, recordedAt);
}

/** Gives one commit back, of a charge or of a reservation. */
export function refundEntry(state: AccountState, command: RefundEntry, now: Moment, recordedAt: Moment): Decision {
  const { recalled } = state;
  const spend =
    command.reservation === null
      ? recalled.charges.get(command.entry)
      : recalled.spends.get(command.reservation)?.find(({ seq }) => seq === command.entry);
  if (spend === undefined) return refuse('entry_not_found', 'no such commit');
  return refund(state, [spend], [spend.unit], command.amount, command.reason, now, recordedAt);
}

function refund(
  state: AccountState,
  spends: readonly Spend[],
  units: readonly string[],
  amount: bigint | null,
  reason: string | null,
  now: Moment,
  recordedAt: Moment,
): Decision {
  const wrong = amount === null ? null : amountRefusal(amount);
  if (wrong !== null) return wrong;
  const entries: Entry[] = [];
  for (const unit of units) {
    const latestFirst = spends.filter(spend => spend.unit === unit).reverse();
    const refundable = latestFirst.reduce((sum, spend) => sum + spend.amount - spend.refunded, 0n);
    const wanted = amount ?? refundable;
    if (wanted > refundable) return exceeds();
    if (wanted === 0n) continue;
    const as = { type: 'refund', reason } as const;
    entries.push(...giveBack(state, latestFirst, wanted, as, now, recordedAt, state.seq + 1 + entries.length));
  }
  if (entries.length === 0) return exceeds();
  return lotsRefusal(state, entries, now) ?? accept(entries);
}

function exceeds(): Decision {
  return refuse('refund_exceeds_commit', 'more than was committed and not yet refunded');
}
