import type { AccountState, Moment } from './account.js';
import { overBudgets } from './budgets.js';
import type { Line } from './command.js';
import { limitState } from './limit-state.js';

/** A soft limit or budget that a spend exceeded: it was not refused for that. */
export interface LimitWarning {
  readonly limit: 'plan' | 'budget';
  readonly unit: string;
  /** In its current window. What a limit of a plan counts ends at its cap. */
  readonly used: bigint;
  readonly cap: bigint;
  /** Null: never. */
  readonly resetsAt: Moment | null;
  /** Whose budget it is. */
  readonly member: string | null;
}

/**
 * @param exceeded units of soft limits of plans
 * @param lines that are to come on top of what is counted already
 */
export function warningsOf(
  state: AccountState,
  exceeded: readonly string[],
  lines: readonly Line[],
  member: string | null,
  now: Moment,
): readonly LimitWarning[] {
  const warnings: LimitWarning[] = [];
  for (const unit of exceeded) {
    const limit = limitState(state, unit, now);
    if (limit !== null) warnings.push({ limit: 'plan', unit, ...limit, member: null });
  }
  for (const { member: whose, budget, used, required, resetsAt } of overBudgets(state, lines, member, now, 'soft')) {
    const { unit, amount: cap } = budget;
    warnings.push({ limit: 'budget', unit, used: used + required, cap, resetsAt, member: whose.id });
  }
  return warnings;
}
