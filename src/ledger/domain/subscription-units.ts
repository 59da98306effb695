import type { AccountState } from './account.js';
import type { PlanTerms } from './plan-terms.js';

/** Units that time may give the account something in. */
export function unitsToCome({ subscriptions }: AccountState): readonly string[] {
  if (subscriptions.size === 0) return [];
  return [...subscriptions.values()].flatMap(({ terms, next }) => [
    ...unitsOfTerms(terms),
    ...(next === null ? [] : unitsOfTerms(next.terms)),
  ]);
}

/** Units that a plan gives or limits, and those of what it falls back to. */
export function unitsOfTerms({ grants, limits, trial, fallback }: PlanTerms): readonly string[] {
  const own = [...grants, ...limits, ...(trial?.grants ?? [])].map(({ unit }) => unit);
  return fallback === null ? own : [...own, ...unitsOfTerms(fallback)];
}
