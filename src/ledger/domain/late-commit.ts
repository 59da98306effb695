import { MAX_AMOUNT } from '../../shared/amount.js';
import type { AccountState, Moment, Reservation, ReservationLine } from './account.js';
import { actualAmounts } from './actual-amounts.js';
import { overBudgets, windowsToOpen } from './budgets.js';
import { sumOf } from './burn-order.js';
import type { Commit, Line } from './command.js';
import { commitLines } from './commit-limits.js';
import { cover, debtRefusal, takenFrom, withLent, type Cover } from './cover.js';
import { makeEntry } from './entry.js';
import { exceededBy, exceededByAnnounced } from './limit-lines.js';
import { lend } from './overage.js';
import { accept, refuse, type Decision } from './refusal.js';
import { insufficient } from './shortfall.js';

/**
 * A commit after the grace: the credits went back, so it is a charge of the amount, where the reservation's late
 * policy allows one. It closes the reservation and cannot come twice.
 */
export function lateCommit(
  state: AccountState,
  reservation: Reservation,
  command: Commit,
  now: Moment,
  recordedAt: Moment,
): Decision {
  if (reservation.late === 'reject') {
    return refuse('reservation_expired', 'the reservation expired and its credits returned; its late policy is reject');
  }
  const about = commitLines(state, reservation, command, cameBack, true);
  const actual = actualAmounts(about, command.actual, cameBack);
  if (!actual.ok) return actual;
  const paid: { readonly line: Line; readonly cover: Cover }[] = [];
  const short: Line[] = [];
  const beyond: Line[] = [];
  for (const [index, reserved] of about.lines.entries()) {
    const { unit, committed } = reserved;
    const line: Line = { unit, amount: actual.amounts[index]! };
    if (committed + line.amount > MAX_AMOUNT)
      return refuse('amount_too_large', `${unit} would be more than can be counted`);
    if (reservation.overage === 'reject' && line.amount > cameBack(reserved)) {
      const message = `${unit}: more than was reserved, and the reservation's overage policy is reject`;
      return refuse('commit_exceeds_reservation', message, { reservation });
    }
    if (line.amount > cameBack(reserved)) beyond.push(line);
    const covered = cover(state, line, reservation, reservation.overage);
    if (covered === null) short.push(line);
    else paid.push({ line, cover: covered });
  }
  // As with limits: what was reserved was allowed then, and is not refused for a budget now. More than that is.
  const over = overBudgets(state, beyond, reservation.member, now);
  if (short.length > 0 || over.length > 0)
    return insufficient(state, { short, over }, reservation, reservation.overage, now, reservation.no);
  for (const { line, cover: found } of paid) {
    const tooMuch = debtRefusal(state, line.unit, found.debt);
    if (tooMuch !== null) return tooMuch;
  }
  const moving = paid.filter(({ line }) => line.amount > 0n);
  const booked = moving.length > 0 ? moving : paid.slice(0, 1);
  const lacking = booked.map(({ line: { unit }, cover: { overage } }) => ({ unit, amount: overage }));
  const lent = lend(state, lacking, now, recordedAt);
  if (!lent.ok) return lent;
  const first = state.seq + 1 + lent.entries.length;
  const spent = booked.map(({ line, cover: found }, index) => {
    const parts = withLent(found, lent.parts.get(line.unit));
    return makeEntry(first + index, now, recordedAt, {
      type: 'commit',
      unit: line.unit,
      amount: line.amount,
      deltas: { available: -sumOf(parts), spent: line.amount, debt: found.debt },
      lots: takenFrom(parts),
      reservation: reservation.no,
      member: reservation.member,
      event: index === 0 ? (command.event ?? null) : null,
      metadata: index === 0 ? command.metadata : null,
      providerCost: index === 0 ? command.providerCost : null,
      opens: line.amount > 0n ? windowsToOpen(state, reservation.member, line.unit, now) : null,
      closes: index === booked.length - 1,
    });
  });
  const exceeded = exceededIn(
    state,
    reservation,
    command,
    paid.map(({ line }) => line),
  );
  return accept(lent.entries.length === 0 ? spent : [...lent.entries, ...spent], exceeded);
}

/** As of a commit in time. What counts is what there was room for now: others may have used since what came back. */
function exceededIn(
  state: AccountState,
  reservation: Reservation,
  { event }: Commit,
  spent: readonly Line[],
): readonly string[] {
  const amountOf = (unit: string): bigint => spent.find(line => line.unit === unit)?.amount ?? 0n;
  if (event !== undefined) return exceededBy(state, event, amountOf);
  if (spent.every(({ amount }) => amount === 0n)) return [];
  const before = (unit: string): bigint => reservation.lines.find(line => line.unit === unit)?.committed ?? 0n;
  return exceededByAnnounced(state, reservation, unit => before(unit) + amountOf(unit));
}

/** What of the line had not been committed when the hold ended. */
function cameBack({ reserved, committed }: ReservationLine): bigint {
  return reserved > committed ? reserved - committed : 0n;
}
