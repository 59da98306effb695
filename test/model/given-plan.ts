import type { Cancel, Subscribe } from '../../src/ledger/domain/command.js';
import type { PlanGrant, PlanLimit, PlanRollover, PlanTerms } from '../../src/ledger/domain/plan-terms.js';

/** A plan that renews by itself each calendar month of UTC, and gives nothing. */
export function plan(name: string, more: Partial<PlanTerms> = {}): PlanTerms {
  return {
    plan: name,
    version: 1,
    paid: false,
    renewalGraceMs: 0,
    grants: [],
    trial: null,
    limits: [],
    period: { every: 'month', count: 1, anchor: 'subscription' },
    arrears: [],
    rateCard: null,
    fallback: null,
    ...more,
  };
}

/** One that renews only when somebody says that it was paid for, within three days. */
export function paidPlan(name: string, more: Partial<PlanTerms> = {}): PlanTerms {
  return plan(name, { paid: true, renewalGraceMs: 3 * 24 * 3_600_000, ...more });
}

export function credits(amount: bigint, rollover: Partial<PlanRollover> | null = null): PlanGrant {
  const rule = rollover === null ? null : { percent: 100, cap: null, carryMs: null, periods: null, ...rollover };
  return { unit: 'credits', allowance: false, amount, priority: 50, rollover: rule, appliesTo: null };
}

export function limit(unit: string, amount: bigint, more: Partial<PlanLimit> = {}): PlanLimit {
  const window = { every: 'day', count: 1, anchor: 'calendar', timeZone: 'UTC' } as const;
  return { unit, amount, scale: 0, window, soft: false, match: null, counts: 'events', ...more };
}

export function subscribe(terms: PlanTerms, more: Partial<Omit<Subscribe, 'type' | 'terms'>> = {}): Subscribe {
  return {
    type: 'subscribe',
    subscription: 'main',
    terms,
    archived: false,
    start: null,
    end: null,
    when: 'now',
    policy: 'keep',
    trial: false,
    cancelAtEnd: null,
    overrides: null,
    seen: false,
    tried: false,
    ...more,
  };
}

export function cancel(when: Cancel['when'], subscription = 'main'): Cancel {
  return { type: 'cancel', subscription, when };
}

/** A moment by its date, in UTC. */
export function on(date: string): number {
  return Date.parse(date.length === 10 ? `${date}T00:00:00Z` : date);
}
