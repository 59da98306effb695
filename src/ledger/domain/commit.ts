import { MAX_AMOUNT } from '../../shared/amount.js';
import {
  heldOf,
  reservationOf,
  type AccountState,
  type Moment,
  type Reservation,
  type ReservationLine,
} from './account.js';
import { actualAmounts } from './actual-amounts.js';
import { overBudgets, windowsToOpen } from './budgets.js';
import { least, sumOf } from './burn-order.js';
import type { Commit, Line } from './command.js';
import { commitLines } from './commit-limits.js';
import { cover, debtRefusal, takenFrom, withLent, type Cover } from './cover.js';
import { makeEntry, type EntryFields } from './entry.js';
import { exceededBy, exceededByAnnounced } from './limit-lines.js';
import { lateCommit } from './late-commit.js';
import { lend, type Lent } from './overage.js';
import { accept, refuse, type Decision } from './refusal.js';
import { heldInBurnOrder, overAt, settleHeld, type Settled } from './return-credits.js';
import { insufficient } from './shortfall.js';

/** One line of a commit: what it really took, and what pays for more than was held. */
interface LineCommit {
  readonly line: ReservationLine;
  readonly amount: bigint;
  readonly excess: Cover;
}

const NO_EXCESS: Cover = { parts: [], overage: 0n, debt: 0n };

/** Spends (part of) a reservation: less returns the rest, more follows its overage policy, all lines or none. */
export function commit(state: AccountState, command: Commit, now: Moment, recordedAt: Moment): Decision {
  const reservation = reservationOf(state, command.reservation);
  if (reservation === undefined) return refuse('reservation_not_found', 'no such reservation');
  if (reservation.status === 'closed') return refuse('reservation_closed', 'the reservation is closed already');
  if (reservation.status === 'expired') return lateCommit(state, reservation, command, now, recordedAt);

  const about = commitLines(state, reservation, command, heldOf);
  const actual = actualAmounts(about, command.actual, heldOf);
  if (!actual.ok) return actual;
  const commits: LineCommit[] = [];
  const short: Line[] = [];
  const excesses: Line[] = [];
  for (const [index, line] of about.lines.entries()) {
    const amount = actual.amounts[index]!;
    const beyond = amount - least(amount, heldOf(line));
    if (line.committed + amount > MAX_AMOUNT)
      return refuse('amount_too_large', `${line.unit} would be more than can be counted`);
    if (beyond > 0n && reservation.overage === 'reject') {
      const message = `${line.unit}: more than is held, and the reservation's overage policy is reject`;
      return refuse('commit_exceeds_reservation', message, { reservation });
    }
    const excess =
      beyond === 0n ? NO_EXCESS : cover(state, { unit: line.unit, amount: beyond }, reservation, reservation.overage);
    if (beyond > 0n) excesses.push({ unit: line.unit, amount: beyond });
    if (excess === null) short.push({ unit: line.unit, amount: beyond });
    else commits.push({ line, amount, excess });
  }
  // What is held counts already; what comes back does so with this commit.
  const over = overBudgets(state, excesses, reservation.member, now);
  if (short.length > 0 || over.length > 0)
    return insufficient(state, { short, over }, reservation, reservation.overage, now, reservation.no);
  for (const { line, excess } of commits) {
    const tooMuch = debtRefusal(state, line.unit, excess.debt);
    if (tooMuch !== null) return tooMuch;
  }
  const exceeded = exceededIn(state, reservation, commits, command);
  const lacking = commits.map(({ line: { unit }, excess: { overage } }) => ({ unit, amount: overage }));
  const lent = lend(state, lacking, now, recordedAt);
  if (!lent.ok) return lent;
  const spent = entriesOf(state, reservation, commits, lent, command, now, recordedAt);
  return accept(lent.entries.length === 0 ? spent : [...lent.entries, ...spent], exceeded);
}

/** Told once, by the commit that ends the hold. */
function exceededIn(
  state: AccountState,
  reservation: Reservation,
  commits: readonly LineCommit[],
  command: Commit,
): readonly string[] {
  if (!command.final) return [];
  const amountOf = (unit: string): bigint => commits.find(({ line }) => line.unit === unit)?.amount ?? 0n;
  if (command.event !== undefined) return exceededBy(state, command.event, amountOf);
  if (commits.every(({ amount }) => amount === 0n)) return [];
  const reserved = (unit: string): bigint => reservation.lines.find(line => line.unit === unit)?.reserved ?? 0n;
  return exceededByAnnounced(state, reservation, reserved);
}

function entriesOf(
  state: AccountState,
  reservation: Reservation,
  commits: readonly LineCommit[],
  lent: Lent,
  command: Commit,
  now: Moment,
  recordedAt: Moment,
) {
  const moving = commits.filter(({ line, amount }) => amount > 0n || (command.final && line.held.length > 0));
  // A final commit always leaves an entry, else nothing would say that the reservation ended.
  const booked = moving.length === 0 && command.final ? commits.slice(0, 1) : moving;
  return booked.map((item, index) => {
    const seq = state.seq + 1 + lent.entries.length + index;
    const { deltas, lots, made } = movesOfLine(state, item, lent, command.final, seq, now);
    return makeEntry(seq, now, recordedAt, {
      type: 'commit',
      unit: item.line.unit,
      amount: item.amount,
      deltas,
      lots,
      made,
      reservation: reservation.no,
      member: reservation.member,
      event: index === 0 ? (command.event ?? null) : null,
      metadata: index === 0 ? command.metadata : null,
      providerCost: index === 0 ? command.providerCost : null,
      opens: item.amount > 0n ? windowsToOpen(state, reservation.member, item.line.unit, now) : null,
      closes: command.final && index === booked.length - 1,
    });
  });
}

function movesOfLine(
  state: AccountState,
  { line, amount, excess }: LineCommit,
  lent: Lent,
  final: boolean,
  seq: number,
  now: Moment,
): Required<Pick<EntryFields, 'deltas' | 'lots' | 'made'>> {
  const settled = settle(state, line, least(amount, heldOf(line)), final);
  const back = settleHeld(state, line.unit, settled, seq, overAt(state, now), now, 'spent');
  const beyond = withLent(excess, lent.parts.get(line.unit));
  const left = settled.reduce((sum, { spent, back: returned }) => sum + spent + returned, 0n);
  return {
    deltas: {
      held: -left,
      available: back.available - sumOf(beyond),
      spent: amount,
      expired: back.expired,
      debt: excess.debt - back.debtPaid,
    },
    lots: [...back.changes, ...takenFrom(beyond)],
    made: back.made,
  };
}

/** Consumes the held lots in burn order; at the end of the hold, what is left of them comes back. */
function settle(state: AccountState, line: ReservationLine, spent: bigint, final: boolean): Settled[] {
  const settled: Settled[] = [];
  let left = spent;
  for (const part of heldInBurnOrder(state, line)) {
    const taken = least(left, part.amount);
    left -= taken;
    const back = final ? part.amount - taken : 0n;
    if (taken > 0n || back > 0n) settled.push({ lot: part.lot, spent: taken, back });
  }
  return settled;
}
