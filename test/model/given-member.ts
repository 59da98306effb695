import type { RemoveMember, SetMember } from '../../src/ledger/domain/command.js';
import type { Budget, BudgetWindow } from '../../src/ledger/domain/member.js';

/** A calendar day of UTC. */
const DAILY: BudgetWindow = { every: 'day', count: 1, anchor: 'calendar', timeZone: 'UTC' };

/** Of credits, each day, hard. */
export function budget(amount: bigint, more: Partial<Budget> = {}): Budget {
  return { unit: 'credits', amount, window: DAILY, anchor: 0, soft: false, ...more };
}

export function member(id: string, budgets: readonly Budget[] = [], parent: string | null = null): SetMember {
  return { type: 'set-member', member: id, parent, budgets };
}

export function noMember(id: string): RemoveMember {
  return { type: 'remove-member', member: id };
}
