import { MAX_AMOUNT } from '../../shared/amount.js';
import type { PlanTerms } from './plan-terms.js';
import { refuse, type Refused } from './refusal.js';

/** The terms with amounts of this account's own, by unit of a grant or a limit. */
export function withOverrides(
  terms: PlanTerms,
  overrides: ReadonlyMap<string, bigint> | null,
): { readonly ok: true; readonly terms: PlanTerms } | Refused {
  if (overrides === null || overrides.size === 0) return { ok: true, terms };
  for (const [unit, amount] of overrides) {
    const isGrant = terms.grants.some(grant => grant.unit === unit);
    if (!isGrant && !terms.limits.some(limit => limit.unit === unit)) {
      return refuse('invalid_request', `overrides: plan ${terms.plan} has neither a grant nor a limit of ${unit}`);
    }
    if (amount < 0n || (isGrant && amount === 0n)) {
      return refuse('invalid_request', `overrides: ${unit} must be ${isGrant ? 'more than zero' : 'zero or more'}`);
    }
    if (amount > MAX_AMOUNT) return refuse('amount_too_large', `overrides: ${unit} is more than 2^63-1 base units`);
  }
  const grants = terms.grants.map(grant => ({ ...grant, amount: overrides.get(grant.unit) ?? grant.amount }));
  const limits = terms.limits.map(limit => ({ ...limit, amount: overrides.get(limit.unit) ?? limit.amount }));
  return { ok: true, terms: { ...terms, grants, limits } };
}

/** The same, of a period that was given what the terms say now. */
export function asGivenAnew(terms: PlanTerms): PlanTerms {
  if (terms.grants.every(({ given }) => given === undefined)) return terms;
  const grants = terms.grants.map(grant => {
    const { given: _, ...anew } = grant;
    return anew;
  });
  return { ...terms, grants };
}
