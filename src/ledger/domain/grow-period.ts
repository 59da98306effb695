import type { Subscribe } from './command.js';
import type { Draft } from './draft.js';
import { withOverrides } from './overrides.js';
import type { PlanGrant } from './plan-terms.js';
import type { Refused } from './refusal.js';
import { givePeriod } from './start-period.js';
import type { Subscription } from './subscription.js';

/**
 * More of the same plan within its period: of what each grant is more, the share for the time left is given. What is less
 * stays as it is: the period was paid for.
 */
export function growPeriod(draft: Draft, current: Subscription, asked: Subscribe): Refused | null {
  const { id, terms, status, period } = current;
  const wanted = withOverrides(terms, asked.overrides);
  if (!wanted.ok) return wanted;
  const more: PlanGrant[] = [];
  const grants = terms.grants.map((grant, at) => {
    const { amount } = wanted.terms.grants[at]!;
    if (amount <= grant.amount) return grant;
    more.push({ ...grant, amount: amount - grant.amount });
    const { given } = grant;
    return { ...grant, amount, ...(given === undefined ? {} : { given: given + amount - grant.amount }) };
  });
  // What is tried out gives what the trial gives; what is past its end waits for its renewal.
  if (more.length === 0 || status !== 'active' || period.end <= draft.at) return null;
  const change = { id, terms: { ...terms, grants } };
  draft.add({ type: 'subscribe', unit: null, amount: 0n, subscription: change });
  givePeriod(draft, current, more, { grants: 'for_time_left', cost: asked.cost });
  return null;
}
