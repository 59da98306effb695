import { endsAt, reservationOf, type AccountState, type Reservation, type ReservationLine } from './account.js';
import type { Entry } from './entry.js';

/** What an entry does to its reservation. One that ended leaves the holds and stays recalled for the rest of the batch. */
export function evolveReservation(state: AccountState, entry: Entry, no: number): void {
  if (entry.type === 'reserve' && entry.seq === no) {
    const hold = openReservation(entry);
    state.holds.set(no, hold);
    if (endsAt(hold) < state.dueBound) state.dueBound = endsAt(hold);
    return;
  }
  const reservation = reservationOf(state, no);
  if (reservation !== undefined) {
    applyToReservation(reservation, entry);
    if (reservation.status === 'open') return;
    state.holds.delete(no);
    state.recalled.reservations.set(no, reservation);
  } else if (entry.type !== 'commit' && entry.type !== 'refund') {
    // Only what may come after the end of a reservation can meet one that nobody recalled.
    throw new Error(`entry ${entry.seq} belongs to reservation ${no}, which is not open`);
  }
}

/** The reservation as its first reserve entry opens it. */
export function openReservation(entry: Entry): Reservation {
  const { terms } = entry;
  if (terms === null) throw new Error(`entry ${entry.seq} reserves without terms`);
  const reservation: Reservation = {
    no: entry.seq,
    status: 'open',
    lines: [],
    expiresAt: terms.expiresAt,
    graceMs: terms.graceMs,
    overage: terms.overage,
    late: terms.late,
    meter: terms.meter,
    model: terms.model,
    member: terms.member,
    metadata: entry.metadata,
    createdAt: entry.effectiveAt,
  };
  applyToReservation(reservation, entry);
  return reservation;
}

/** Folds one of its entries into a reservation, in place. */
export function applyToReservation(reservation: Reservation, entry: Entry): void {
  const line = lineOf(reservation, entry.unit!);
  moveHeld(line, entry);
  switch (entry.type) {
    case 'reserve':
      line.reserved += entry.amount;
      break;
    case 'extend':
      line.reserved += entry.amount;
      reservation.expiresAt = entry.expiresAt ?? reservation.expiresAt;
      break;
    case 'commit': {
      line.committed += entry.amount;
      const cameBack = -entry.deltas.held - entry.amount;
      if (cameBack > 0n) line.released += cameBack;
      break;
    }
    case 'release':
    case 'expire':
      line.released += entry.amount;
      break;
    case 'refund':
      line.refunded += entry.amount;
      break;
    default:
      throw new Error(`entry ${entry.seq} of type ${entry.type} cannot belong to a reservation`);
  }
  if (entry.closes) reservation.status = entry.type === 'expire' ? 'expired' : 'closed';
}

function lineOf(reservation: Reservation, unit: string): ReservationLine {
  const known = reservation.lines.find(line => line.unit === unit);
  if (known !== undefined) return known;
  const line: ReservationLine = { unit, reserved: 0n, committed: 0n, released: 0n, refunded: 0n, held: [] };
  reservation.lines.push(line);
  return line;
}

function moveHeld(line: ReservationLine, entry: Entry): void {
  for (const change of entry.lots) {
    if (change.held === 0n) continue;
    const at = line.held.findIndex(part => part.lot === change.lot);
    if (at < 0) line.held.push({ lot: change.lot, amount: change.held });
    else if ((line.held[at]!.amount += change.held) === 0n) line.held.splice(at, 1);
  }
}
