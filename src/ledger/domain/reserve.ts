import {
  MAX_OPEN_RESERVATIONS,
  unitOf,
  type AccountState,
  type HoldTerms,
  type LotPart,
  type Moment,
  type SpendContext,
} from './account.js';
import { overBudgets } from './budgets.js';
import { applies, availableTo, draw } from './burn-order.js';
import type { Line, Reserve } from './command.js';
import { makeEntry, type LotChange } from './entry.js';
import { withLimits } from './limit-lines.js';
import { billedLater, lend } from './overage.js';
import { accept, linesRefusal, refuse, type Decision } from './refusal.js';
import { insufficient, shortLines } from './shortfall.js';

/** Holds credits for work in flight: all lines or none, from what this spend may use, in burn order. */
export function reserve(state: AccountState, command: Reserve, now: Moment, recordedAt: Moment): Decision {
  const wrong = linesRefusal(command.lines, command.event !== undefined);
  if (wrong !== null) return wrong;
  if (state.frozen) return refuse('account_frozen', 'the account is frozen: unfreeze it before new work');
  if (state.holds.size >= MAX_OPEN_RESERVATIONS) {
    const message = `the account already has ${MAX_OPEN_RESERVATIONS} open reservations: commit or release some`;
    return refuse('too_many_reservations', message, { retryable: true });
  }
  const { lines, exceeded } = withLimits(state, command.lines, command.event);
  const { billed, short } = billedLater(state, shortLines(state, lines, command));
  const over = overBudgets(state, lines, command.member, now);
  if (short.length > 0 || over.length > 0) return insufficient(state, { short, over }, command, 'allow_available', now);
  const lent = lend(state, lackingOf(state, billed, command), now, recordedAt);
  if (!lent.ok) return lent;
  const no = state.seq + 1 + lent.entries.length;
  const held = lines.map((line, index) =>
    makeEntry(no + index, now, recordedAt, {
      type: 'reserve',
      unit: line.unit,
      amount: line.amount,
      deltas: { available: -line.amount, held: line.amount },
      lots: lotsToHold(state, line, command, lent.parts.get(line.unit)),
      reservation: no,
      member: command.member,
      terms: index === 0 ? termsOf(command, now) : null,
      event: index === 0 ? (command.event ?? null) : null,
      metadata: index === 0 ? command.metadata : null,
    }),
  );
  return accept(lent.entries.length === 0 ? held : [...lent.entries, ...held], exceeded);
}

/** By how much each of these lines, which are short, is. */
export function lackingOf(state: AccountState, lines: readonly Line[], spend: SpendContext): readonly Line[] {
  return lines.map(({ unit, amount }) => ({ unit, amount: amount - availableTo(unitOf(state, unit), spend) }));
}

/**
 * Where a line's amount is taken from, available before and held after; the caller has seen that it is there.
 * @param lent what was lent for the line, by an entry before this one
 */
export function lotsToHold(
  state: AccountState,
  line: Line,
  spend: SpendContext,
  lent: LotPart | undefined,
): LotChange[] {
  const own = draw(unitOf(state, line.unit), line.amount, appliesTo => applies(appliesTo, spend));
  const parts = lent === undefined ? own : [...own, lent];
  return parts.map(({ lot, amount }) => ({ lot, amount, remaining: -amount, held: amount }));
}

function termsOf(command: Reserve, now: Moment): HoldTerms {
  const { graceMs, overage, late, meter, model, member } = command;
  return { expiresAt: now + command.ttlMs, graceMs, overage, late, meter, model, member };
}
