import type { Moment } from '../domain/account.js';
import type { Budget, BudgetCount, BudgetWindow, MemberTerms, OpenedWindow } from '../domain/member.js';
import { periodFromJson, periodToJson, type PeriodJson } from './plan-json.js';

/** What a `configure` entry says of a member, as it is stored; null is left out. */
export interface MemberTermsJson {
  readonly parent?: string;
  readonly budgets?: readonly BudgetJson[];
}

export interface BudgetJson {
  readonly unit: string;
  readonly amount: string;
  readonly window: PeriodJson | { readonly every: 'lifetime' };
  readonly anchor?: Moment;
  readonly soft?: true;
}

/** Of the member, the place of its budget, start and end of the window. */
export type OpenedJson = readonly [string, number, Moment, Moment | null];

/** Start and end of the window, the entry that opened it, what was spent. */
export type CountJson = readonly [Moment, Moment | null, number, string];

export function memberTermsToJson({ parent, budgets }: MemberTerms): MemberTermsJson {
  return {
    ...(parent === null ? {} : { parent }),
    ...(budgets.length === 0 ? {} : { budgets: budgets.map(budgetToJson) }),
  };
}

export function memberTermsFromJson({ parent, budgets }: MemberTermsJson): MemberTerms {
  return { parent: parent ?? null, budgets: (budgets ?? []).map(budgetFromJson) };
}

export function budgetToJson({ unit, amount, window, anchor, soft }: Budget): BudgetJson {
  return {
    unit,
    amount: amount.toString(),
    window: 'anchor' in window ? periodToJson(window) : window,
    ...(anchor === 0 ? {} : { anchor }),
    ...(soft ? { soft } : {}),
  };
}

export function budgetFromJson({ unit, amount, window, anchor, soft }: BudgetJson): Budget {
  return { unit, amount: BigInt(amount), window: windowFromJson(window), anchor: anchor ?? 0, soft: soft ?? false };
}

export function openedToJson({ member, place, start, end }: OpenedWindow): OpenedJson {
  return [member, place, start, end];
}

export function openedFromJson([member, place, start, end]: OpenedJson): OpenedWindow {
  return { member, place, start, end };
}

export function countToJson(count: BudgetCount | null): CountJson | null {
  return count === null ? null : [count.start, count.end, count.from, count.spent.toString()];
}

export function countFromJson(json: CountJson | null): BudgetCount | null {
  if (json === null) return null;
  const [start, end, from, spent] = json;
  return { start, end, from, spent: BigInt(spent) };
}

function windowFromJson(window: BudgetJson['window']): BudgetWindow {
  return window.every === 'lifetime' ? { every: 'lifetime' } : periodFromJson(window);
}
