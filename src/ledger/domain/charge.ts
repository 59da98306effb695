import type { AccountState, Moment } from './account.js';
import { overBudgets, windowsToOpen } from './budgets.js';
import { sumOf } from './burn-order.js';
import type { Charge, Line } from './command.js';
import { cover, debtRefusal, takenFrom, withLent, type Cover } from './cover.js';
import { makeEntry } from './entry.js';
import { withLimits } from './limit-lines.js';
import { lend } from './overage.js';
import { accept, linesRefusal, refuse, type Decision } from './refusal.js';
import { insufficient } from './shortfall.js';

/** Spends at once, without a reservation: all lines or none. */
export function charge(state: AccountState, command: Charge, now: Moment, recordedAt: Moment): Decision {
  const wrong = linesRefusal(command.lines, command.event !== undefined);
  if (wrong !== null) return wrong;
  if (state.frozen) return refuse('account_frozen', 'the account is frozen: unfreeze it before new work');
  const { lines, exceeded } = withLimits(state, command.lines, command.event);
  const covers = lines.map(line => cover(state, line, command, command.overage));
  const short: Line[] = lines.filter((_, index) => covers[index] === null);
  const over = overBudgets(state, lines, command.member, now);
  if (short.length > 0 || over.length > 0) return insufficient(state, { short, over }, command, command.overage, now);
  for (const [index, { unit }] of lines.entries()) {
    const tooMuch = debtRefusal(state, unit, covers[index]!.debt);
    if (tooMuch !== null) return tooMuch;
  }
  const lacking = lines.map(({ unit }, index) => ({ unit, amount: covers[index]!.overage }));
  const lent = lend(state, lacking, now, recordedAt);
  if (!lent.ok) return lent;
  const first = state.seq + 1 + lent.entries.length;
  const spent = (covers as Cover[]).map((found, index) => {
    const line = lines[index]!;
    const parts = withLent(found, lent.parts.get(line.unit));
    return makeEntry(first + index, now, recordedAt, {
      type: 'commit',
      unit: line.unit,
      amount: line.amount,
      deltas: { available: -sumOf(parts), spent: line.amount, debt: found.debt },
      lots: takenFrom(parts),
      reason: command.reason,
      member: command.member,
      event: index === 0 ? (command.event ?? null) : null,
      metadata: index === 0 ? command.metadata : null,
      opens: line.amount > 0n ? windowsToOpen(state, command.member, line.unit, now) : null,
    });
  });
  return accept(lent.entries.length === 0 ? spent : [...lent.entries, ...spent], exceeded);
}
