import type { AccountState, Moment } from './account.js';
import { adjustPeriod } from './adjust-period.js';
import { beginningOf, hadWith, isRemembered } from './allowance.js';
import { nextBoundary } from './calendar.js';
import { changePlan } from './change-plan.js';
import type { Subscribe } from './command.js';
import { Draft } from './draft.js';
import { growPeriod } from './grow-period.js';
import { letFallbackWait } from './fallback.js';
import { withOverrides } from './overrides.js';
import { MAX_LIVE_SUBSCRIPTIONS, type PlanTerms } from './plan-terms.js';
import { accept, refuse, type Decision, type Refused } from './refusal.js';
import { beginNext } from './renew.js';
import { changeSubscription } from './start-period.js';
import { isFallback, isLive, lotsEnd, type PlannedPeriod, type Subscription } from './subscription.js';

/** A first period may begin so long after it was asked for: clocks differ. It gives its credits at once. */
const MAX_AHEAD_MS = 24 * 3_600_000;
/** Longest period a caller may name. */
const MAX_PERIOD_MS = 11 * 366 * 24 * 3_600_000;

/**
 * Starts a subscription, renews it (the same plan, from its current end on), or changes its plan, now or when the period
 * ends. A start that was seen, or an older one, begins nothing.
 */
export function subscribe(state: AccountState, command: Subscribe, now: Moment, recordedAt: Moment): Decision {
  const overridden = withOverrides(command.terms, command.overrides);
  if (!overridden.ok) return overridden;
  const asked: Subscribe = { ...command, terms: overridden.terms, start: wholeSecond(command.start) };
  const wrong = cycleRefusal(asked);
  if (wrong !== null) return wrong;
  const draft = new Draft(state, now, recordedAt);
  const current = state.subscriptions.get(command.subscription);
  const refused =
    current === undefined || !isLive(current)
      ? begin(draft, current, asked)
      : current.terms.plan === asked.terms.plan
        ? renewOrKeep(draft, current, asked)
        : changePlan(draft, current, asked);
  return refused ?? accept(draft.entries);
}

/** @param past the record of one that ended, if there is any */
function begin(draft: Draft, past: Subscription | undefined, asked: Subscribe): Refused | null {
  const { terms, subscription: id, trial } = asked;
  const { state, at } = draft;
  const start = asked.start ?? at;
  // It was had, though its record may be gone.
  if (past === undefined ? asked.seen : start <= past.period.start) return null;
  if (asked.archived) return refuse('plan_archived', `plan ${terms.plan} takes no new subscriptions`);
  if (trial && terms.trial === null) return refuse('invalid_request', `plan ${terms.plan} has no trial`);
  if (trial && asked.tried) return refuse('trial_used', `the account has tried plan ${terms.plan} out before`);
  if (start > at + MAX_AHEAD_MS) {
    return refuse('invalid_request', 'cycle_start_at is more than a day ahead: subscribe when the cycle starts');
  }
  const tooMany = tooManyRefusal(draft, asked);
  if (tooMany !== null) return tooMany;
  const asCounted = trial ? start + terms.trial!.lengthMs : nextBoundary(terms.period, start, start);
  const { span, anchor, grants } = beginningOf(state, terms, { start, end: asked.end ?? asCounted }, at);
  if (trial && grants === 'none') return refuse('trial_used', `plan ${terms.plan} was had in a period that still runs`);
  const over = pastRefusal(terms, span.end, at);
  if (over !== null) return over;
  letFallbackWait(draft, terms);
  const change = {
    id,
    terms,
    anchor: anchor ?? start,
    period: { no: (past?.period.no ?? 0) + 1, ...span },
    status: trial ? ('trialing' as const) : ('active' as const),
    cancelAtEnd: asked.cancelAtEnd ?? false,
    next: null,
    had: hadWith(terms.plan, past, at),
  };
  changeSubscription(draft, past, change, { grants, cost: asked.cost });
  return null;
}

/** An account that was given much without a price could else forget what it was given. */
function tooManyRefusal({ state, at }: Draft, { subscription: id, terms }: Subscribe): Refused | null {
  const others = [...state.subscriptions.values()].filter(other => other.id !== id && !isFallback(other.id));
  const live = others.filter(isLive).length;
  if (live >= MAX_LIVE_SUBSCRIPTIONS) {
    return refuse(
      'too_many_subscriptions',
      `the account already has ${MAX_LIVE_SUBSCRIPTIONS} subscriptions: cancel one`,
    );
  }
  const own = state.subscriptions.get(id);
  if (terms.paid || (own !== undefined && isRemembered(own, at))) return null;
  if (live + others.filter(other => isRemembered(other, at)).length < MAX_LIVE_SUBSCRIPTIONS) return null;
  const message = `the account has, or had in a period that still runs, ${MAX_LIVE_SUBSCRIPTIONS} subscriptions: take one of them again`;
  return refuse('too_many_subscriptions', message);
}

/** The same plan again: its renewal, or other amounts within the period, or whether it is to be cancelled at its end. */
function renewOrKeep(draft: Draft, current: Subscription, asked: Subscribe): Refused | null {
  const { period, terms } = current;
  const { at } = draft;
  const start = asked.start ?? period.start;
  // Asked again by who has tried it out, it is the same request as before.
  if (asked.trial && asked.start === null && !asked.tried && current.status !== 'trialing') {
    return refuse('invalid_request', 'trial: only a subscription that begins can be tried out');
  }
  if (asked.grows && start === period.start) return growPeriod(draft, current, asked);
  if (start <= period.start)
    return adjustPeriod(
      draft,
      current,
      asked.adjusts && start === period.start ? asked : { ...asked, overrides: null },
    );
  if (start < period.end) {
    return refuse(
      'period_overlap',
      `cycle_start_at lies within the current period, which ends at ${shown(period.end)}`,
    );
  }
  const renewed = withOverrides(terms, asked.overrides);
  if (!renewed.ok) return renewed;
  const end = asked.end ?? nextBoundary(terms.period, current.anchor, start);
  const next = { start, end, cost: asked.cost };
  if (start > at) return planRenewal(draft, current, renewed.terms, next);
  const over = pastRefusal(terms, end, at);
  if (over !== null) return over;
  beginNext(draft, current, next, asked.overrides === null ? terms : renewed.terms);
  return null;
}

/** A renewal that is paid before the period ends waits for its start. */
function planRenewal(draft: Draft, current: Subscription, terms: PlanTerms, period: PlannedPeriod): Refused | null {
  const { next, cancelAtEnd } = current;
  const { plan } = terms;
  if (!current.terms.paid && plan === current.terms.plan) {
    return refuse(
      'invalid_request',
      `plan ${plan} renews by itself when the period ends: there is nothing to renew ahead`,
    );
  }
  const latest = lotsEnd(current.terms, current.period.end);
  if (period.start > latest) {
    const message = `cycle_start_at is later than ${shown(latest)}, when the current period is over for good`;
    return refuse('invalid_request', message);
  }
  const isPlanned = next?.period?.start === period.start && next.terms.plan === plan;
  if (isPlanned && !cancelAtEnd) return null;
  if (next !== null && next.period !== null && next.terms.plan === plan && period.start > next.period.start) {
    return refuse('period_overlap', 'another renewal is planned already: ask again once it has begun');
  }
  const change = { id: current.id, ...(cancelAtEnd ? { cancelAtEnd: false } : {}), next: { terms, period } };
  draft.add({ type: 'subscribe', unit: null, amount: 0n, subscription: change });
  return null;
}

/** Nothing is begun that would be over already. */
function pastRefusal(terms: PlanTerms, end: Moment, now: Moment): Refused | null {
  if (lotsEnd(terms, end) > now) return null;
  return refuse('invalid_request', 'cycle_end_at is past: give the cycle that is current');
}

function cycleRefusal({ start, end }: Subscribe): Refused | null {
  if (end === null) return null;
  if (start === null) return refuse('invalid_request', 'cycle_start_at is required where cycle_end_at is given');
  if (end <= start) return refuse('invalid_request', 'cycle_end_at must be after cycle_start_at');
  if (end - start > MAX_PERIOD_MS) return refuse('invalid_request', 'a cycle may last at most 11 years');
  return null;
}

/** A period is known by its start in whole seconds. */
function wholeSecond(start: Moment | null): Moment | null {
  return start === null ? null : start - (((start % 1000) + 1000) % 1000);
}

function shown(moment: Moment): string {
  return new Date(moment).toISOString();
}
