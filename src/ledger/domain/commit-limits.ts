import { heldOf, unitOf, type AccountState, type Reservation, type ReservationLine } from './account.js';
import type { CommitLines, LimitLines } from './actual-amounts.js';
import { least } from './burn-order.js';
import type { Commit } from './command.js';
import { countedBy, countOf, happened, hasRule, isLimitLine } from './limit-lines.js';
import type { PlanLimit } from './plan-terms.js';
import type { PricedEvent } from './priced-event.js';

/**
 * The limits that a commit counts against. One by amount uses what was held of each; one by event counts again: what
 * happened may match other limits than what was announced, and count for more or less.
 * @param unspent what the line had reserved that is not committed yet, for a limit that nobody has a rule for any more
 * @param isLate the hold is over: it counts as far as there is room, because what was done is not refused for a limit
 */
export function commitLines(
  state: AccountState,
  reservation: Reservation,
  command: Commit,
  unspent: (line: ReservationLine) => bigint,
  isLate = false,
): CommitLines {
  const isOne = (line: ReservationLine): boolean => isLimitLine(state, line);
  const mostWhenLate = (line: ReservationLine): bigint => {
    const room = unitOf(state, line.unit).balance.available;
    return reservation.overage === 'reject' ? least(unspent(line), room) : room;
  };
  // A late commit always ends its reservation.
  const ends = command.final || isLate;
  const asHeld = (line: ReservationLine): bigint =>
    isLate ? least(unspent(line), mostWhenLate(line)) : command.final ? unspent(line) : 0n;
  const { event } = command;
  // Work that cost nothing did not happen; a capture of a part leaves the limit to the last one.
  if (event === undefined || state.subscriptions.size === 0) {
    return { lines: reservation.lines, limits: { isOne, used: (line, isSpent) => (isSpent ? asHeld(line) : 0n) } };
  }
  const counted = happened(event) ? countedAtLast(state, reservation, event, ends) : new Map<string, bigint>();
  const named = new Set([...reservation.lines, ...event.lines].map(({ unit }) => unit));
  const added = [...counted].filter(([unit, amount]) => amount > 0n && !named.has(unit)).map(([unit]) => lineOf(unit));
  const limits: LimitLines = {
    isOne: line => added.includes(line) || isOne(line),
    used: line => {
      const amount = counted.get(line.unit);
      if (amount !== undefined) return isLate ? least(amount, mostWhenLate(line)) : amount;
      return happened(event) && !hasRule(state, line.unit) ? asHeld(line) : 0n;
    },
  };
  return { lines: [...reservation.lines, ...added], limits };
}

/** An event is counted once, at the end; quantities as they come. */
function countedAtLast(
  state: AccountState,
  { lines }: Reservation,
  event: PricedEvent,
  ends: boolean,
): ReadonlyMap<string, bigint> {
  const lineIn = (unit: string): ReservationLine => lines.find(line => line.unit === unit) ?? lineOf(unit);
  const amountOf = (limit: PlanLimit): bigint => {
    const amount = countOf(limit, event);
    if (limit.counts === 'quantity') return amount;
    const { committed } = lineIn(limit.unit);
    return ends && committed < amount ? amount - committed : 0n;
  };
  const counted = new Map<string, bigint>();
  for (const [unit, { amount, limit }] of countedBy(state, event, amountOf)) {
    const room = unitOf(state, unit).balance.available + heldOf(lineIn(unit));
    counted.set(unit, limit.soft ? least(amount, room) : amount);
  }
  return counted;
}

function lineOf(unit: string): ReservationLine {
  return { unit, reserved: 0n, committed: 0n, released: 0n, refunded: 0n, held: [] };
}
