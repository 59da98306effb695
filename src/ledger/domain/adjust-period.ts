import type { Subscribe } from './command.js';
import type { Draft } from './draft.js';
import { withOverrides } from './overrides.js';
import type { PlanTerms } from './plan-terms.js';
import type { Refused } from './refusal.js';
import { changeSubscription } from './start-period.js';
import type { Subscription, SubscriptionChange, Upcoming } from './subscription.js';

/**
 * Within a period the same plan is asked for with other amounts of the account's own, or with its end: limits count at
 * once, and what was used of them stays used; what each period gives is given from the next one on.
 */
export function adjustPeriod(draft: Draft, current: Subscription, asked: Subscribe): Refused | null {
  const { id, terms, period } = current;
  const wanted = withOverrides(terms, asked.overrides);
  if (!wanted.ok) return wanted;
  const { cancelAtEnd } = asked;
  const ends = cancelAtEnd !== null && cancelAtEnd !== current.cancelAtEnd;
  const differs = amountsOf(wanted.terms) !== amountsOf(terms);
  if (!ends && !differs) return null;
  const next = ends && cancelAtEnd ? null : upcoming(current, asked);
  const change: SubscriptionChange = {
    id,
    ...(differs ? { terms: withGiven(wanted.terms, terms) } : {}),
    ...(ends ? { cancelAtEnd } : {}),
    ...(next === current.next ? {} : { next }),
  };
  // What is past its end only waits for its renewal.
  if (differs && period.end > draft.at) changeSubscription(draft, current, change, { grants: 'none' });
  else draft.add({ type: 'subscribe', unit: null, amount: 0n, subscription: change });
  return null;
}

/** A renewal of the plan that is paid for ahead is one of the next periods. */
function upcoming({ next, terms }: Subscription, { overrides }: Subscribe): Upcoming | null {
  if (next === null || next.terms.plan !== terms.plan) return next;
  const renewed = withOverrides(next.terms, overrides);
  if (!renewed.ok || amountsOf(renewed.terms) === amountsOf(next.terms)) return next;
  return { ...next, terms: renewed.terms };
}

/** What the period was given stays what it was. */
function withGiven(wanted: PlanTerms, { grants }: PlanTerms): PlanTerms {
  const noted = wanted.grants.map((grant, at) => {
    const { amount, given = amount } = grants[at]!;
    return given === grant.amount ? grant : { ...grant, given };
  });
  return { ...wanted, grants: noted };
}

function amountsOf({ grants, limits }: PlanTerms): string {
  return [...grants, ...limits].map(({ amount }) => amount).join();
}
