import { unitOf, type AccountState, type Moment } from './account.js';
import type { PlanGrant, PlanTerms } from './plan-terms.js';
import { isLive, type Subscription } from './subscription.js';
import { inOrder, limitUse, sharing } from './windows.js';

/** How much of what plans allow of a unit is used, of how much, and when there is more. */
export interface LimitState {
  readonly used: bigint;
  readonly cap: bigint;
  /** The first time that there is more; null: never, or nobody knows. */
  readonly resetsAt: Moment | null;
  /** How much there is then. */
  readonly refill: bigint;
}

/** Of limits and of allowances that periods give; null where no live subscription has the unit. */
export function limitState(state: AccountState, unit: string, now: Moment): LimitState | null {
  let found: LimitState | null = null;
  const shared = new Set<string>();
  for (const subscription of inOrder(state)) {
    const { terms } = subscription;
    if (!isLive(subscription) || shared.has(terms.plan)) continue;
    const own = stateOfLimit(state, subscription, unit, now) ?? stateOfGrant(state, subscription, unit, now);
    if (own === null) continue;
    if (!terms.paid) shared.add(terms.plan);
    found = found === null ? own : together(found, own);
  }
  return found;
}

function stateOfLimit(state: AccountState, subscription: Subscription, unit: string, now: Moment): LimitState | null {
  const limit = subscription.terms.limits.find(other => other.unit === unit);
  if (limit === undefined) return null;
  return { ...limitUse(state, subscription, limit, now), cap: limit.amount, refill: limit.amount };
}

/** Only allowances: of credits that can be bought nobody waits for the next period. */
function stateOfGrant(state: AccountState, subscription: Subscription, unit: string, now: Moment): LimitState | null {
  const grant = allowanceIn(
    subscription.status === 'trialing' ? trialGrants(subscription.terms) : subscription.terms.grants,
    unit,
  );
  if (grant === undefined) return null;
  const left = remainingOf(state, subscription, unit, now);
  const next = nextGrants(subscription);
  const refill = next === null ? undefined : allowanceIn(next.grants, unit);
  const cap = grant.given ?? grant.amount;
  return {
    used: left < cap ? cap - left : 0n,
    cap,
    resetsAt: refill === undefined ? null : next!.at,
    refill: refill?.amount ?? 0n,
  };
}

/** What the next period gives, where it comes by itself or is paid for already. */
function nextGrants({
  terms,
  period,
  next,
  cancelAtEnd,
}: Subscription): { grants: readonly PlanGrant[]; at: Moment } | null {
  if (cancelAtEnd) return null;
  if (next !== null && next.period !== null) return { grants: next.terms.grants, at: next.period.start };
  return terms.paid ? null : { grants: terms.grants, at: period.end };
}

/** What is left of what this period gave, through whichever subscription. */
function remainingOf(state: AccountState, subscription: Subscription, unit: string, now: Moment): bigint {
  let left = 0n;
  for (const { lots } of [subscription, ...sharing(state, subscription, now)]) {
    for (const lot of unitOf(state, unit).lots) {
      const plan = lots.get(lot.no);
      if (plan !== undefined && !plan.carried && plan.window === null) left += lot.remaining;
    }
  }
  return left;
}

function allowanceIn(grants: readonly PlanGrant[], unit: string): PlanGrant | undefined {
  return grants.find(grant => grant.unit === unit && grant.allowance);
}

function trialGrants({ trial, grants }: PlanTerms): readonly PlanGrant[] {
  return trial?.grants ?? grants;
}

function together(a: LimitState, b: LimitState): LimitState {
  const resetsAt = a.resetsAt === null || (b.resetsAt !== null && b.resetsAt < a.resetsAt) ? b.resetsAt : a.resetsAt;
  return { used: a.used + b.used, cap: a.cap + b.cap, resetsAt, refill: a.refill + b.refill };
}
