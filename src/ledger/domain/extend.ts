import { MAX_AMOUNT } from '../../shared/amount.js';
import type { AccountState, Moment, Reservation } from './account.js';
import { overBudgets } from './budgets.js';
import type { Extend, Line } from './command.js';
import { makeEntry } from './entry.js';
import { findOpen } from './find-reservation.js';
import { accept, amountRefusal, refuse, type Decision, type Refused } from './refusal.js';
import { isLimitLine } from './limit-lines.js';
import { billedLater, lend } from './overage.js';
import { lackingOf, lotsToHold } from './reserve.js';
import { insufficient, shortLines } from './shortfall.js';

/** Prolongs a hold (never shortens it) and lets it grow, all or nothing; possible until its grace is over. */
export function extend(state: AccountState, command: Extend, now: Moment, recordedAt: Moment): Decision {
  const found = findOpen(state, command.reservation);
  if (!found.ok) return found;
  const { reservation } = found;
  const prolonged = command.ttlMs === null ? reservation.expiresAt : now + command.ttlMs;
  const expiresAt = prolonged > reservation.expiresAt ? prolonged : null;
  const seq = state.seq + 1;
  if (command.add === null) {
    if (expiresAt === null) return accept([]);
    const fields = { type: 'extend', unit: reservation.lines[0]!.unit, amount: 0n, expiresAt } as const;
    const { member } = reservation;
    return accept([makeEntry(seq, now, recordedAt, { ...fields, reservation: reservation.no, member })]);
  }
  const more = lineToGrow(state, reservation, command.add);
  if (!more.ok) return more;
  if (state.frozen) return refuse('account_frozen', 'the account is frozen: its holds cannot grow');
  const { billed, short } = billedLater(state, shortLines(state, [more.line], reservation));
  const over = overBudgets(state, [more.line], reservation.member, now);
  if (short.length > 0 || over.length > 0)
    return insufficient(state, { short, over }, reservation, 'allow_available', now, reservation.no);
  const lent = lend(state, lackingOf(state, billed, reservation), now, recordedAt);
  if (!lent.ok) return lent;
  const { unit, amount } = more.line;
  const grown = makeEntry(seq + lent.entries.length, now, recordedAt, {
    type: 'extend',
    unit,
    amount,
    deltas: { available: -amount, held: amount },
    lots: lotsToHold(state, more.line, reservation, lent.parts.get(unit)),
    reservation: reservation.no,
    member: reservation.member,
    expiresAt,
  });
  return accept([...lent.entries, grown]);
}

type Growth = { readonly ok: true; readonly line: Line } | Refused;

function lineToGrow(state: AccountState, reservation: Reservation, add: NonNullable<Extend['add']>): Growth {
  const { lines } = reservation;
  const own = lines.length > 1 ? lines.filter(each => !isLimitLine(state, each)) : lines;
  if (add.unit === null && own.length !== 1) {
    return refuse('invalid_request', 'unit is required: the reservation has several lines');
  }
  const unit = add.unit ?? own[0]!.unit;
  const line = lines.find(candidate => candidate.unit === unit);
  if (line === undefined) return refuse('invalid_request', `unit ${unit} is not part of the reservation`);
  const wrong = amountRefusal(add.amount);
  if (wrong !== null) return wrong;
  if (line.reserved + add.amount > MAX_AMOUNT) {
    return refuse('amount_too_large', `the reservation would hold more ${unit} than can be counted`);
  }
  return { ok: true, line: { unit, amount: add.amount } };
}
