import type { AccountState } from './account.js';
import type { PlanTerms } from './plan-terms.js';

/** Units that time may give the account something in, and those of budgets: to be told of before an entry moves them. */
export function unitsToCome({ subscriptions, members }: AccountState): readonly string[] {
  if (subscriptions.size === 0 && members.size === 0) return [];
  const budgeted = [...members.values()].flatMap(({ budgets }) => budgets.map(({ unit }) => unit));
  const given = [...subscriptions.values()].flatMap(({ terms, next }) => [
    ...unitsOfTerms(terms),
    ...(next === null ? [] : unitsOfTerms(next.terms)),
  ]);
  return [...budgeted, ...given];
}

/** Units that a plan gives or limits, and those of what it falls back to. */
export function unitsOfTerms({ grants, limits, trial, fallback }: PlanTerms): readonly string[] {
  const own = [...grants, ...limits, ...(trial?.grants ?? [])].map(({ unit }) => unit);
  return fallback === null ? own : [...own, ...unitsOfTerms(fallback)];
}
