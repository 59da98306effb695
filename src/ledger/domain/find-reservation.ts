import { reservationOf, type AccountState, type Reservation } from './account.js';
import { refuse, type Refused } from './refusal.js';

export type Found = { readonly ok: true; readonly reservation: Reservation } | Refused;

/** The reservation as long as it is open; else the refusal that says how it ended. */
export function findOpen(state: AccountState, no: number): Found {
  const reservation = reservationOf(state, no);
  if (reservation === undefined) return refuse('reservation_not_found', 'no such reservation');
  if (reservation.status === 'open') return { ok: true, reservation };
  return reservation.status === 'closed'
    ? refuse('reservation_closed', 'the reservation is closed: make a new one')
    : refuse('reservation_expired', 'the reservation expired and its credits returned: make a new one');
}
