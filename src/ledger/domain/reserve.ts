import {
  MAX_OPEN_RESERVATIONS,
  unitOf,
  type AccountState,
  type HoldTerms,
  type Moment,
  type SpendContext,
} from './account.js';
import { overBudgets } from './budgets.js';
import { applies, draw } from './burn-order.js';
import type { Line, Reserve } from './command.js';
import { makeEntry, type EntryFields, type LotChange } from './entry.js';
import { withLimits } from './limit-lines.js';
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
  const short = shortLines(state, lines, command);
  const over = overBudgets(state, lines, command.member, now);
  if (short.length > 0 || over.length > 0) return insufficient(state, { short, over }, command, 'allow_available', now);
  const no = state.seq + 1;
  return accept(
    lines.map((line, index) =>
      makeEntry(no + index, now, recordedAt, {
        ...hold(state, 'reserve', line, command),
        reservation: no,
        terms: index === 0 ? termsOf(command, now) : null,
        event: index === 0 ? (command.event ?? null) : null,
        metadata: index === 0 ? command.metadata : null,
      }),
    ),
    exceeded,
  );
}

/** Moves a line's amount from available to held; the caller has seen that it is there. */
export function hold(state: AccountState, type: 'reserve' | 'extend', line: Line, spend: SpendContext): EntryFields {
  const parts = draw(unitOf(state, line.unit), line.amount, appliesTo => applies(appliesTo, spend));
  const lots: LotChange[] = parts.map(({ lot, amount }) => ({ lot, amount, remaining: -amount, held: amount }));
  const deltas = { available: -line.amount, held: line.amount };
  return { type, unit: line.unit, amount: line.amount, deltas, lots, member: spend.member };
}

function termsOf(command: Reserve, now: Moment): HoldTerms {
  const { graceMs, overage, late, meter, model, member } = command;
  return { expiresAt: now + command.ttlMs, graceMs, overage, late, meter, model, member };
}
