import type * as Commands from '../../src/ledger/domain/command.js';
import { REFUND_GRACE_MS, isOver, least, sizeOf, total, type Pile, type Taking } from './credits.js';
import type { Booking, NaiveAccount } from './naive-account.js';
import { lineOf, reservationOf } from './naive-holds.js';
import { giveBackToMembers } from './naive-members.js';
import { refuse, requirePositive } from './naive-refusal.js';

export function refundReservation(account: NaiveAccount, command: Commands.RefundReservation, now: number): void {
  const reservation = reservationOf(account, command.reservation);
  const { amount, unit } = command;
  const lines = amount === null && unit === null ? reservation.lines : [lineOf(reservation, unit)];
  if (amount !== null) requirePositive(amount);
  const commits = account.takings.filter(taking => taking.kind === 'commit' && taking.reservation === reservation);
  const perLine = lines.map(line => commits.filter(taking => taking.unit === line.unit));
  const all = undoable(perLine.flat());
  if (all === 0n || (amount ?? 0n) > all) refuse('refund_exceeds_commit');
  if (reservation.status === 'open') account.witness('refund while the hold is open');
  if (amount !== null && amount < all) account.witness('refund of a part');
  const shares = perLine.map(takings => sharesOf(takings, amount ?? undoable(takings)));
  requireLots(account, shares.flat(), now);
  for (const those of shares) undo(account, those, 'refund', now);
}

export function refundEntry(account: NaiveAccount, command: Commands.RefundEntry, now: number): void {
  const commit = account.takings.find(
    ({ kind, seq, reservation }) =>
      kind === 'commit' && seq === command.entry && (reservation?.no ?? null) === command.reservation,
  );
  if (commit === undefined) refuse('entry_not_found');
  if (command.amount !== null) requirePositive(command.amount);
  const left = undoable([commit]);
  if (left === 0n || (command.amount ?? 0n) > left) refuse('refund_exceeds_commit');
  const shares = sharesOf([commit], command.amount ?? left);
  requireLots(account, shares, now);
  undo(account, shares, 'refund', now);
}

export function reinstate(account: NaiveAccount, command: Commands.Reinstate, now: number): void {
  const revocation = account.takings.find(({ kind, seq }) => kind === 'revoke' && seq === command.revocation);
  if (revocation === undefined) refuse('entry_not_found');
  const left = undoable([revocation]);
  if (left === 0n) refuse('reinstate_exceeds_revoke');
  if (command.amount !== null) requirePositive(command.amount);
  if ((command.amount ?? 0n) > left) refuse('reinstate_exceeds_revoke');
  const shares = sharesOf([revocation], command.amount ?? left);
  requireLots(account, shares, now);
  undo(account, shares, 'reinstate', now);
}

/** What can still be undone of these takings. */
function undoable(takings: readonly Taking[]): bigint {
  return total(takings.map(taking => taking.amount - taking.undone));
}

/** What is undone of one taking. */
interface Share {
  readonly taking: Taking;
  readonly debt: bigint;
  piles: (Pile & { readonly from: Pile })[];
}

/** `amount` of some takings, the latest first: what had become debt, then what the lots gave, last drawn first. */
function sharesOf(takings: readonly Taking[], amount: bigint): Share[] {
  const latestFirst = takings.toSorted((a, b) => b.seq - a.seq);
  const shares: Share[] = [];
  let left = amount;
  for (const taking of latestFirst) {
    const debt = least(left, taking.debt);
    if (debt > 0n) shares.push({ taking, debt, piles: [] });
    left -= debt;
  }
  for (const taking of latestFirst) {
    const piles: Share['piles'] = [];
    for (const pile of [...taking.piles].reverse()) {
      const share = least(left, pile.amount);
      left -= share;
      if (share > 0n) piles.push({ lot: pile.lot, amount: share, from: pile });
    }
    // One entry tells both of a taking, unless another's debt or lots lie in between.
    const last = shares.at(-1);
    if (piles.length > 0 && last?.taking === taking) last.piles = piles;
    else if (piles.length > 0) shares.push({ taking, debt: 0n, piles });
  }
  return shares;
}

/** Every lot that is over gets a successor, paid debt a compensation, and an empty lot is alive again: 1,024 in all. */
function requireLots(account: NaiveAccount, shares: readonly Share[], now: number): void {
  // Not even if every lot there ever was were alive.
  if (account.lots.length + shares.length + shares.flatMap(({ piles }) => piles).length <= 1024) return;
  const alive = new Set(account.liveLots());
  let successors = 0;
  let owed = shares[0] === undefined ? 0n : account.debtOf(shares[0].taking.unit);
  shares.forEach(({ taking, debt, piles }, i) => {
    if (i > 0 && shares[i - 1]!.taking.unit !== taking.unit) owed = account.debtOf(taking.unit);
    if (debt > owed) successors++;
    owed -= least(owed, debt + sizeOf(piles));
    for (const { lot } of piles) {
      if (isOver(lot, now)) successors++;
      else alive.add(lot);
    }
  });
  if (alive.size + successors > 1024) refuse('too_many_lots');
}

/** Undoes commits (a refund) or a revocation (a reinstatement), an entry for each share. */
function undo(account: NaiveAccount, shares: readonly Share[], type: 'refund' | 'reinstate', now: number): void {
  if (new Set(shares.map(share => share.taking)).size > 1) account.witness('refund across several commits');
  if (shares.some(({ taking }) => taking.late)) account.witness('refund of a late commit');
  for (const { taking, debt, piles } of shares) {
    const part = debt + sizeOf(piles);
    const words = { reservation: taking.reservation?.no ?? null, target: taking.seq, member: taking.member };
    const booking = account.book(type, taking.unit, part, now, words);
    undoDebt(account, taking, debt, booking);
    for (const { from, amount } of piles) from.amount -= amount;
    const home = piles.flatMap(pile => backHome(account, pile, booking));
    account.comeIn(taking.unit, home, type === 'refund' ? 'debt lowered by a refund of other credits' : null);
    taking.undone += part;
    giveBackToMembers(account, taking, part, now);
    if (taking.lot !== null) taking.lot.revoked -= part;
    const line = taking.reservation?.lines.find(candidate => candidate.unit === taking.unit);
    if (line !== undefined) line.refunded += part;
  }
}

/** Lowers the debt still owed; what is over becomes a compensation lot. */
function undoDebt(account: NaiveAccount, taking: Taking, part: bigint, booking: Booking): void {
  const lowered = least(part, account.debtOf(taking.unit));
  account.owe(taking.unit, -lowered);
  taking.debt -= part;
  const over = part - lowered;
  if (lowered > 0n) {
    account.witness(
      taking.kind === 'commit' ? 'debt lowered by a refund of what had become debt' : 'debt lowered by a reinstatement',
    );
  }
  if (over === 0n) return;
  account.witness(
    taking.kind === 'commit'
      ? 'refund of debt that is paid, as a compensation'
      : 'reinstatement of debt that is paid, as a compensation',
  );
  const lot = account.makeLot(booking, {
    unit: taking.unit,
    category: 'compensation',
    priority: 50,
    granted: over,
    expiresAt: booking.at + REFUND_GRACE_MS,
    appliesTo: null,
    cost: null,
    rollover: null,
    carriedFrom: null,
    raisesGranted: false,
  });
  lot.available += over;
}

/** A lot that is over gets a successor of the same category, priority and cost with the refund grace. */
function backHome(account: NaiveAccount, pile: Pile, booking: Booking): Pile[] {
  if (!isOver(pile.lot, booking.at)) return [pile];
  // What was allowed in a window ends with it.
  if ([...account.subscriptions.values()].some(({ buckets }) => buckets.has(pile.lot.unit))) {
    account.expire(pile.lot.unit, pile.amount);
    return [];
  }
  account.witness(booking.type === 'refund' ? 'refund to a lot that is over' : 'reinstatement to a lot that is over');
  const lot = account.makeLot(booking, {
    ...account.wordsOf(pile.lot),
    granted: pile.amount,
    expiresAt: booking.at + REFUND_GRACE_MS,
    rollover: null,
    carriedFrom: null,
    raisesGranted: false,
  });
  return [{ lot, amount: pile.amount }];
}
