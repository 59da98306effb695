import type { AccountState, Moment, Reservation } from './account.js';
import { spanAt } from './calendar.js';
import type { Line } from './command.js';
import { isOpen, MAX_MEMBER_LEVELS, type Budget, type Member, type OpenedWindow } from './member.js';

const NOBODY: readonly Member[] = [];
const NONE_OVER: readonly OverBudget[] = [];
const ZERO = 0n;

/** A budget that a line would exceed. */
export interface OverBudget {
  readonly member: Member;
  readonly budget: Budget;
  /** In its current window: committed, and held. */
  readonly used: bigint;
  /** What was asked beyond what is counted already. */
  readonly required: bigint;
  /** Null: never. */
  readonly resetsAt: Moment | null;
}

/** The member, then whoever is above it; nobody where it is not on record. */
export function membersAbove(state: AccountState, id: string | null): readonly Member[] {
  if (id === null || state.members.size === 0) return NOBODY;
  const found: Member[] = [];
  for (let next: string | null = id; next !== null && found.length < MAX_MEMBER_LEVELS;) {
    const member: Member | undefined = state.members.get(next);
    if (member === undefined) break;
    found.push(member);
    next = member.parent;
  }
  return found;
}

/** What counts against a budget now: committed in its window, and on hold, whenever it was held. */
export function usedOf(state: AccountState, member: Member, place: number, now: Moment): bigint {
  const { unit } = member.budgets[place]!;
  const count = member.counts[place]!;
  return (isOpen(count, now) ? count.spent : ZERO) + heldUnder(state, member.id, unit);
}

/** What is on hold for a member and all members under it. */
export function heldUnder(state: AccountState, id: string, unit: string): bigint {
  return state.heldByMember.get(id)?.get(unit) ?? ZERO;
}

/** Budgets that these lines would exceed, those of who spends first: hard ones, which refuse, or soft ones, which warn. */
export function overBudgets(
  state: AccountState,
  lines: readonly Line[],
  spender: string | null,
  now: Moment,
  kind: 'hard' | 'soft' = 'hard',
): readonly OverBudget[] {
  if (spender === null || state.members.size === 0) return NONE_OVER;
  const over: OverBudget[] = [];
  for (const member of membersAbove(state, spender)) {
    for (const [place, budget] of member.budgets.entries()) {
      const line = budget.soft === (kind === 'soft') ? lines.find(({ unit }) => unit === budget.unit) : undefined;
      // What costs nothing needs no room, also where a budget was lowered to less than is used.
      if (line === undefined || (kind === 'hard' && line.amount === ZERO)) continue;
      const used = usedOf(state, member, place, now);
      if (used + line.amount <= budget.amount) continue;
      over.push({ member, budget, used, required: line.amount, resetsAt: resetsAt(member, place, now) });
    }
  }
  return over;
}

/** When the current window ends; null: never. */
export function resetsAt({ budgets, counts }: Member, place: number, now: Moment): Moment | null {
  const count = counts[place]!;
  return isOpen(count, now) ? count.end : windowAt(budgets[place]!, now).end;
}

/** The windows that a spend of this unit is the first in; null where all are open. */
export function windowsToOpen(
  state: AccountState,
  spender: string | null,
  unit: string,
  now: Moment,
): readonly OpenedWindow[] | null {
  let opened: OpenedWindow[] | null = null;
  for (const { id: member, budgets, counts } of membersAbove(state, spender)) {
    for (const [place, budget] of budgets.entries()) {
      if (budget.unit === unit && !isOpen(counts[place]!, now))
        (opened ??= []).push({ member, place, ...windowAt(budget, now) });
    }
  }
  return opened;
}

/** Open holds that count against a member's budgets of this unit. */
export function holdsUnder(state: AccountState, id: string, unit: string): readonly Reservation[] {
  const counting = (hold: Reservation): boolean =>
    hold.lines.some(line => line.unit === unit && line.held.length > 0) &&
    membersAbove(state, hold.member).some(member => member.id === id);
  return [...state.holds.values()].filter(counting);
}

function windowAt({ window, anchor }: Budget, now: Moment): { readonly start: Moment; readonly end: Moment | null } {
  return window.every === 'lifetime' ? { start: 0, end: null } : spanAt(window, anchor, now);
}
