import type { SpendContext } from '../../src/ledger/domain/account.js';
import type * as Commands from '../../src/ledger/domain/command.js';
import {
  ABOVE_EVERY_AMOUNT,
  applies,
  firstOf,
  isOver,
  sizeOf,
  together,
  type NaiveLine,
  type NaiveReservation,
  type Pile,
} from './credits.js';
import type { NaiveAccount } from './naive-account.js';
import { requireCovered, spendable } from './naive-cover.js';
import { isOfLimit, withLimitLines } from './naive-limits.js';
import { refuse, requireLines, requirePositive } from './naive-refusal.js';

export function reserve(account: NaiveAccount, command: Commands.Reserve, now: number): void {
  requireLines(command.lines, command.event !== undefined);
  if (account.frozen) refuse('account_frozen');
  const lines = withLimitLines(account, command.lines, command.event);
  requireAvailable(account, lines, command, null, now);
  const reservation: NaiveReservation = {
    no: account.seq + 1,
    createdAt: now,
    meter: command.meter,
    model: command.model,
    member: command.member,
    graceMs: command.graceMs,
    overage: command.overage,
    late: command.late,
    lines: [],
    status: 'open',
    expiresAt: now + command.ttlMs,
  };
  account.reservations.push(reservation);
  for (const { unit, amount } of lines) {
    account.book('reserve', unit, amount, now, { reservation: reservation.no, member: command.member });
    const held = hold(account, unit, amount, command);
    reservation.lines.push({ unit, reserved: amount, committed: 0n, released: 0n, refunded: 0n, held });
  }
}

/** Longer, never shorter, and more, if it is there. */
export function extend(account: NaiveAccount, command: Commands.Extend, now: number): void {
  const reservation = openReservationOf(account, command.reservation);
  const until = command.ttlMs === null ? 0 : now + command.ttlMs;
  const { no, member } = reservation;
  if (command.add !== null) grow(account, reservation, command.add, now);
  else if (until > reservation.expiresAt) {
    account.witness('extension of the time alone');
    account.book('extend', reservation.lines[0]?.unit ?? null, 0n, now, { reservation: no, member });
  } else account.witness('extension that changes nothing');
  reservation.expiresAt = Math.max(reservation.expiresAt, until);
}

function grow(
  account: NaiveAccount,
  reservation: NaiveReservation,
  { amount, unit }: NonNullable<Commands.Extend['add']>,
  now: number,
): void {
  const line = ownLineOf(account, reservation, unit);
  requirePositive(amount);
  if (line.reserved + amount >= ABOVE_EVERY_AMOUNT) refuse('amount_too_large');
  if (account.frozen) refuse('account_frozen');
  requireAvailable(account, [{ unit: line.unit, amount }], reservation, reservation, now);
  account.witness('growth of a hold');
  account.book('extend', line.unit, amount, now, { reservation: reservation.no, member: reservation.member });
  line.held = together([...line.held, ...hold(account, line.unit, amount, reservation)]);
  line.reserved += amount;
}

export function release(account: NaiveAccount, command: Commands.Release, now: number): void {
  const reservation = openReservationOf(account, command.reservation);
  bringBack(account, reservation, 'release', now, isOver);
  reservation.status = 'closed';
}

/** Time ends it, its grace included. */
export function endHold(account: NaiveAccount, hold: NaiveReservation, at: number): void {
  account.witness('hold that ends by itself');
  const held = hold.lines.flatMap(line => line.held);
  if (held.some(pile => pile.lot.expiresAt === at)) account.witness('hold that ends with one of its lots');
  // Holds end before the lots of the same moment: what comes back just then takes part in the lot's own end.
  bringBack(account, hold, 'expire', at, (lot, moment) => isOver(lot, moment) && lot.expiresAt !== moment);
  hold.status = 'expired';
}

export function reservationOf(account: NaiveAccount, no: number): NaiveReservation {
  return account.reservations.find(reservation => reservation.no === no) ?? refuse('reservation_not_found');
}

/** The line of a unit; without a unit the only one that no limit added. */
export function ownLineOf(account: NaiveAccount, reservation: NaiveReservation, unit: string | null): NaiveLine {
  if (unit !== null || reservation.lines.length === 1) return lineOf(reservation, unit);
  const own = reservation.lines.filter(line => !isOfLimit(account, line));
  return own.length === 1 ? own[0]! : refuse('invalid_request');
}

/** The line of a unit; without a unit there must be one line only. */
export function lineOf(reservation: NaiveReservation, unit: string | null): NaiveLine {
  const lines = unit === null ? reservation.lines : reservation.lines.filter(line => line.unit === unit);
  return lines.length === 1 && lines[0] !== undefined ? lines[0] : refuse('invalid_request');
}

/** One entry per unit that moves; what ends a reservation leaves one at least. */
export function toBook<P>(plans: readonly P[], moves: (plan: P) => boolean, ends: boolean): P[] {
  const moving = plans.filter(moves);
  return moving.length === 0 && ends ? plans.slice(0, 1) : moving;
}

function openReservationOf(account: NaiveAccount, no: number): NaiveReservation {
  const reservation = reservationOf(account, no);
  if (reservation.status === 'closed') refuse('reservation_closed');
  if (reservation.status === 'expired') refuse('reservation_expired');
  return reservation;
}

function bringBack(
  account: NaiveAccount,
  reservation: NaiveReservation,
  type: 'expire' | 'release',
  at: number,
  over: typeof isOver,
): void {
  const lines = toBook(reservation.lines, line => line.held.length > 0, true);
  for (const line of lines) {
    const words = { reservation: reservation.no, closes: line === lines.at(-1), member: reservation.member };
    account.putBack(line, account.book(type, line.unit, sizeOf(line.held), at, words), over);
  }
}

function hold(account: NaiveAccount, unit: string, amount: bigint, spend: SpendContext): Pile[] {
  if (account.availablePiles(unit).some(pile => !applies(pile.lot, spend))) {
    account.witness('spend that skips a lot it may not use');
  }
  const held = firstOf(spendable(account, unit, spend), amount);
  account.takeFromAvailable(held);
  return held;
}

/** Overdraft serves commits and charges: a hold needs what is available. */
function requireAvailable(
  account: NaiveAccount,
  lines: readonly Commands.Line[],
  spend: SpendContext,
  asking: NaiveReservation | null,
  now: number,
): void {
  const short = lines.filter(({ unit, amount }) => sizeOf(spendable(account, unit, spend)) < amount);
  requireCovered(account, short, lines, { spend, overage: 'allow_available', asking, now });
}
