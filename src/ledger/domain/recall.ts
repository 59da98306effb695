import { lotOf, reservationOf, type AccountState, type Reservation, type Spend } from './account.js';
import type { Command, Commit } from './command.js';
import type { Entry } from './entry.js';
import { applyToReservation, openReservation } from './evolve-reservation.js';
import { spendOf, undoSpend } from './evolve-spends.js';
import { warnsByAnnounced } from './limit-lines.js';
import type { PricedEvent } from './priced-event.js';

/** History a command needs and the state lacks; whoever holds the entries puts it into `state.recalled`. */
export interface Missing {
  /** Reservations to rebuild from their entries (`rebuildReservation`), with their commits. */
  readonly reservations: readonly number[];
  /** Lots that are exhausted: their terms from the entry that made them, nothing left, and what was revoked of them. */
  readonly lots: readonly { readonly unit: string; readonly no: number }[];
  /** Commits without a reservation, with their refunds. */
  readonly charges: readonly number[];
  /** Revoke entries, with their reinstatements. */
  readonly revocations: readonly number[];
  /** The last freeze up to this entry. */
  readonly freezes: readonly number[];
}

const NONE: Missing = { reservations: [], lots: [], charges: [], revocations: [], freezes: [] };

/**
 * What is still to be recalled before this command can be decided, or null. Ask again after recalling: the lots a
 * refund goes back to are known only once its commits are. What does not exist is simply not put there; `asked` says
 * what was looked up already, so that the question ends.
 */
export function missing(state: AccountState, command: Command, asked: ReadonlySet<string>): Missing | null {
  const found = wanted(state, command);
  if (found === NONE) return null;
  const left: Missing = {
    reservations: found.reservations.filter(no => !asked.has(`reservation:${no}`)),
    lots: found.lots.filter(({ no }) => !asked.has(`lot:${no}`)),
    charges: found.charges.filter(seq => !asked.has(`charge:${seq}`)),
    revocations: found.revocations.filter(seq => !asked.has(`revocation:${seq}`)),
    freezes: found.freezes.filter(seq => !asked.has(`freeze:${seq}`)),
  };
  return Object.values(left).every(each => each.length === 0) ? null : left;
}

function wanted(state: AccountState, command: Command): Missing {
  const { recalled } = state;
  switch (command.type) {
    case 'commit':
      return isAnnouncedAsked(state, command) ? { ...NONE, reservations: [command.reservation] } : NONE;
    case 'release':
    case 'extend':
      return reservationOf(state, command.reservation) === undefined
        ? { ...NONE, reservations: [command.reservation] }
        : NONE;
    case 'refund-reservation':
      return spendsOf(state, command.reservation);
    case 'refund-entry': {
      if (command.reservation !== null) return spendsOf(state, command.reservation);
      const charge = recalled.charges.get(command.entry);
      return charge === undefined
        ? { ...NONE, charges: [command.entry] }
        : { ...NONE, lots: exhausted(state, [charge]) };
    }
    case 'revoke':
      return { ...NONE, lots: exhaustedLot(state, command.unit, command.lot) };
    case 'reinstate': {
      const revocation = recalled.revocations.get(command.revocation);
      if (revocation === undefined) return { ...NONE, revocations: [command.revocation] };
      const own = exhaustedLot(state, revocation.unit, revocation.lot);
      return { ...NONE, lots: [...own, ...exhausted(state, [revocation])] };
    }
    case 'grant':
    case 'reserve':
    case 'charge':
    case 'subscribe':
    case 'cancel':
    case 'recognise':
    case 'configure':
    case 'set-member':
    case 'remove-member':
      return NONE;
    case 'freeze':
    case 'unfreeze':
      return state.frozen && recalled.frozenBy === null ? { ...NONE, freezes: [state.seq] } : NONE;
    default:
      throw new Error(`unknown command ${JSON.stringify(command satisfies never)}`);
  }
}

/** A commit looks back at a reservation that has ended, and by amount at what was announced where a soft limit counts that. */
function isAnnouncedAsked(state: AccountState, command: Commit): boolean {
  const reservation = reservationOf(state, command.reservation);
  if (reservation === undefined) return true;
  return warnsByAnnounced(state, reservation, command) && !state.recalled.announced.has(reservation.no);
}

function spendsOf(state: AccountState, reservation: number): Missing {
  const spends = state.recalled.spends.get(reservation);
  return spends === undefined ? { ...NONE, reservations: [reservation] } : { ...NONE, lots: exhausted(state, spends) };
}

function exhausted(state: AccountState, spends: readonly Spend[]): Missing['lots'] {
  return spends.flatMap(({ unit, parts }) => parts.flatMap(({ lot }) => exhaustedLot(state, unit, lot)));
}

function exhaustedLot(state: AccountState, unit: string, no: number): Missing['lots'] {
  return lotOf(state, unit, no) === undefined ? [{ unit, no }] : [];
}

/** A reservation and its commits, folded from all of its entries in order; null where there are none. */
export function rebuildReservation(
  entries: readonly Entry[],
): { readonly reservation: Reservation; readonly spends: Spend[]; readonly announced: PricedEvent | null } | null {
  const [first, ...rest] = entries;
  if (first === undefined) return null;
  const reservation = openReservation(first);
  const spends: Spend[] = [];
  for (const entry of rest) {
    applyToReservation(reservation, entry);
    if (entry.type === 'commit') spends.push(spendOf(entry));
    const reversed = entry.type === 'refund' ? spends.find(({ seq }) => seq === entry.target) : undefined;
    if (reversed !== undefined) undoSpend(reversed, entry);
  }
  return { reservation, spends, announced: first.event };
}

/** A charge (or a revoke) and what was given back of it since, folded from that entry and those that reverse it. */
export function rebuildSpend(entry: Entry, reversals: readonly Entry[]): Spend {
  const spend = spendOf(entry);
  for (const reversal of reversals) undoSpend(spend, reversal);
  return spend;
}
