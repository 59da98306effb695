import type * as Commands from '../../src/ledger/domain/command.js';
import {
  ABOVE_EVERY_AMOUNT,
  applies,
  burnsBefore,
  firstOf,
  isOver,
  pilesInBurnOrder,
  sizeOf,
  without,
  type NaiveLine,
  type NaiveReservation,
  type Pile,
} from './credits.js';
import type { Booking, NaiveAccount } from './naive-account.js';
import { cover, requireCovered, requireRoom, type Ask, type Cover } from './naive-cover.js';
import { lineOf, ownLineOf, reservationOf, toBook } from './naive-holds.js';
import { isOfLimit, limitsOfCommit, withLimitLines } from './naive-limits.js';
import { countersOf } from './naive-members.js';
import { refuse, requireAmount, requireLines } from './naive-refusal.js';

interface SpendPlan extends Cover {
  readonly unit: string;
  readonly amount: bigint;
  readonly line: NaiveLine | null;
  readonly fromHold: readonly Pile[];
}

interface CommitPlan extends SpendPlan {
  readonly line: NaiveLine;
}

/** What a commit wants of one line: so much from its hold, and an excess. */
interface Want {
  readonly line: NaiveLine;
  readonly amount: bigint;
  readonly fromHold: readonly Pile[];
}

export function commit(account: NaiveAccount, command: Commands.Commit, now: number): void {
  const reservation = reservationOf(account, command.reservation);
  if (reservation.status === 'closed') refuse('reservation_closed');
  if (reservation.status === 'expired') return commitLate(account, reservation, command, now);
  const amounts = actualAmounts(account, reservation, command, false, line => sizeOf(line.held));
  const wants = amounts.map(({ line, amount }) => {
    return { line, amount, fromHold: firstOf(pilesInBurnOrder(line.held), amount) };
  });
  const plans = plan(
    account,
    reservation,
    now,
    wants,
    () => 0n,
    () => true,
  );
  plans.forEach(witness);
  const moves = toBook(
    plans,
    ({ amount, line }) => amount > 0n || (command.final && line.held.length > 0),
    command.final,
  );
  if (moves.length > 1) account.witness('commit of several lines');
  for (const move of moves) {
    move.line.held = without(move.line.held, move.fromHold);
    const booking = spend(account, move, reservation, reservation.member, now, command.final && move === moves.at(-1));
    if (command.final) account.putBack(move.line, booking, isOver);
  }
  if (command.final) reservation.status = 'closed';
  else account.witness('commit of a part that keeps the hold open');

  function witness({ amount, line, fromHold, debt }: CommitPlan): void {
    const held = sizeOf(line.held);
    if (amount === 0n) account.witness('commit of nothing');
    else if (amount === held) account.witness('commit of exactly what was held');
    else account.witness(amount < held ? 'commit of less than was held' : 'commit of more than was held');
    if (reservation.expiresAt <= now) account.witness('commit during the grace');
    if (fromHold.some(pile => isOver(pile.lot, now))) account.witness('commit of credits whose lot is over');
    if (account.frozen) account.witness('commit on a frozen account');
    if (debt > 0n) account.witness('debt of a commit');
    const drawn = line.held.map(pile => pile.lot);
    if (
      amount > 0n &&
      amount < held &&
      drawn.some((lot, i) => drawn.slice(i).some(next => burnsBefore(next, lot) < 0))
    ) {
      account.witness('commit in burn order where the hold grew out of it');
    }
  }
}

/** Once, from available alone; it closes the reservation whatever `final` says. */
function commitLate(account: NaiveAccount, reservation: NaiveReservation, command: Commands.Commit, now: number): void {
  if (reservation.late === 'reject') refuse('reservation_expired');
  const uncommitted = (line: NaiveLine): bigint =>
    line.committed > line.reserved ? 0n : line.reserved - line.committed;
  const amounts = actualAmounts(account, reservation, command, true, uncommitted);
  const wants = amounts.map(({ line, amount }) => ({ line, amount, fromHold: [] }));
  // What was reserved was allowed then; more than that is to be allowed now, all of it.
  const isMore = ({ line, amount }: Want): boolean => amount > uncommitted(line);
  const plans = plan(account, reservation, now, wants, uncommitted, isMore);
  const moves = toBook(plans, ({ amount }) => amount > 0n, true);
  account.witness(moves.length > 1 ? 'late commit of several lines' : 'late commit');
  if (moves.some(({ debt }) => debt > 0n)) account.witness('debt of a late commit');
  for (const move of moves) spend(account, move, reservation, reservation.member, now, move === moves.at(-1));
  reservation.status = 'closed';
}

export function charge(account: NaiveAccount, command: Commands.Charge, now: number): void {
  requireLines(command.lines, command.event !== undefined);
  if (account.frozen) refuse('account_frozen');
  const ask: Ask = { spend: command, overage: command.overage, asking: null, now };
  const lines = withLimitLines(account, command.lines, command.event);
  const plans = lines.map(line => ({ ...line, line: null, fromHold: [], ...cover(account, line, ask) }));
  const short = plans.filter(({ short: isShort }) => isShort);
  requireCovered(account, short, lines, ask);
  plans.forEach(({ unit, debt }) => requireRoom(account, unit, debt));
  if (plans.some(({ debt }) => debt > 0n)) account.witness('debt of a charge');
  for (const move of plans) spend(account, move, null, command.member, now, false);
}

/** Finds what pays for each line's excess, or refuses them all. Under `reject` there may be `spare` at most, and budgets need room for those that are counted. */
function plan(
  account: NaiveAccount,
  reservation: NaiveReservation,
  now: number,
  wants: readonly Want[],
  spare: (line: NaiveLine) => bigint,
  isCounted: (want: Want) => boolean,
): CommitPlan[] {
  const excessOf = ({ amount, fromHold }: Want): bigint => amount - sizeOf(fromHold);
  for (const want of wants) {
    if (want.line.committed + want.amount >= ABOVE_EVERY_AMOUNT) refuse('amount_too_large');
    if (reservation.overage === 'reject' && excessOf(want) > spare(want.line)) {
      refuse('commit_exceeds_reservation', { reservation: reservation.no });
    }
  }
  const ask: Ask = { spend: reservation, overage: reservation.overage, asking: reservation, now };
  const plans = wants.map(want => {
    const { unit } = want.line;
    return { ...want, unit, ...cover(account, { unit, amount: excessOf(want) }, ask) };
  });
  const short = plans.filter(({ short: isShort }) => isShort);
  requireCovered(
    account,
    short.map(want => ({ unit: want.unit, amount: excessOf(want) })),
    plans.filter(isCounted).map(want => ({ unit: want.unit, amount: excessOf(want) })),
    ask,
  );
  plans.forEach(({ unit, debt }) => requireRoom(account, unit, debt));
  if (plans.some(({ piles }) => piles.some(pile => !applies(pile.lot, reservation)))) {
    account.witness('debt spend that empties lots it may not use');
  }
  return plans;
}

/**
 * A bare amount for the only line, amounts by unit (a unit not named commits nothing), or all of every line. Lines of
 * limits need no name: what they use follows.
 */
function actualAmounts(
  account: NaiveAccount,
  reservation: NaiveReservation,
  command: Commands.Commit,
  late: boolean,
  all: (line: NaiveLine) => bigint,
): { line: NaiveLine; amount: bigint }[] {
  const { actual } = command;
  const { lines } = reservation;
  if (actual === null) return lines.map(line => ({ line, amount: all(line) }));
  const limits = limitsOfCommit(account, reservation, command, late, all);
  if (typeof actual === 'bigint') {
    const own = ownLineOf(account, reservation, null);
    requireAmount(actual);
    return lines.map(line => ({ line, amount: line === own ? actual : limits.of(line, actual > 0n) }));
  }
  if (actual.length === 0) refuse('invalid_request');
  actual.forEach(({ unit, amount }, i) => {
    requireAmount(amount);
    if (actual.slice(0, i).some(line => line.unit === unit)) refuse('invalid_request');
    lineOf(reservation, unit);
  });
  const isSpent = actual.some(({ amount }) => amount > 0n);
  const own = lines.map(line => {
    const named = actual.find(candidate => candidate.unit === line.unit);
    if (named !== undefined) return { line, amount: named.amount };
    return { line, amount: isOfLimit(account, line) ? limits.of(line, isSpent) : 0n };
  });
  const added = limits.added.map(({ unit, amount }) => {
    return { line: { unit, reserved: 0n, committed: 0n, released: 0n, refunded: 0n, held: [] }, amount };
  });
  return [...own, ...added];
}

function spend(
  account: NaiveAccount,
  { unit, amount, debt, line, fromHold, piles }: SpendPlan,
  reservation: NaiveReservation | null,
  member: string | null,
  now: number,
  closes: boolean,
): Booking {
  const booking = account.book('commit', unit, amount, now, { reservation: reservation?.no ?? null, closes, member });
  account.takeFromAvailable(piles);
  account.take({
    seq: booking.seq,
    kind: 'commit',
    unit,
    reservation,
    lot: null,
    amount,
    late: reservation?.status === 'expired',
    at: now,
    member,
    countedBy: countersOf(account, member),
    backTo: new Map(),
    piles: [...fromHold, ...piles],
    debt,
    undone: 0n,
  });
  if (line !== null) line.committed += amount;
  if (line !== null && reservation?.lines.includes(line) === false) reservation.lines.push(line);
  return booking;
}
