import { beginningOf, hadToo, hadWith, MAX_HAD_PLANS } from './allowance.js';
import type { Subscribe } from './command.js';
import { nextBoundary, type Span } from './calendar.js';
import { dropPeriod, takeUnusedTime } from './close-period.js';
import type { Draft } from './draft.js';
import { letFallbackWait } from './fallback.js';
import type { PlanTerms } from './plan-terms.js';
import { refuse, type Refused } from './refusal.js';
import { beginNext } from './renew.js';
import { changeSubscription, type Given } from './start-period.js';
import { lotsEnd, type PlannedPeriod, type Subscription } from './subscription.js';

/** Another plan: from now on, or from the end of the period. */
export function changePlan(draft: Draft, current: Subscription, asked: Subscribe): Refused | null {
  const { terms } = asked;
  if (asked.start !== null && asked.start < current.period.start) return null;
  if (asked.archived) return refuse('plan_archived', `plan ${terms.plan} takes no new subscriptions`);
  if (asked.trial) return refuse('invalid_request', 'trial: only a subscription that begins can be tried out');
  if (asked.when === 'period_end') return changeAtEnd(draft, current, asked);
  const span = spanOf(draft, current, asked);
  if (span.start > draft.at) {
    if (span.start < current.period.end) {
      return refuse(
        'period_overlap',
        'cycle_start_at lies ahead, within the current period: change now, or at its end',
      );
    }
    return plan(draft, current, asked, { ...span, cost: asked.cost });
  }
  if (span.start >= current.period.end) return beginAtOnce(draft, current, terms, { ...span, cost: asked.cost });
  if (lotsEnd(terms, span.end) <= draft.at) {
    return refuse('invalid_request', 'cycle_end_at is past: give the cycle that is current');
  }
  return changeNow(draft, current, asked, span);
}

/** Which cycle the new plan is in: the current one, unless the caller names another or the plan counts otherwise. */
function spanOf({ at }: Draft, { period, terms: old }: Subscription, { start, end, terms }: Subscribe): Span {
  if (start !== null && start !== period.start) return { start, end: end ?? nextBoundary(terms.period, start, start) };
  const sameCycle = JSON.stringify(old.period) === JSON.stringify(terms.period);
  if (start !== null || sameCycle) return { start: period.start, end: end ?? period.end };
  return { start: at, end: nextBoundary(terms.period, at, at) };
}

function changeNow(
  draft: Draft,
  current: Subscription,
  { terms, policy, cost }: Subscribe,
  asked: Span,
): Refused | null {
  const { id, period } = current;
  const { span, anchor, grants } = beginningOf(draft.state, terms, asked, draft.at);
  const sameCycle = span.start === period.start;
  const wasHad =
    sameCycle && current.had.some(({ plan, until }) => plan === terms.plan && (until === null || until > draft.at));
  const moves = span.end !== period.end || anchor !== null;
  const gives = grants === 'all' && (policy === 'prorate' || !wasHad);
  if (sameCycle && !wasHad && current.had.length >= MAX_HAD_PLANS) {
    return refuse('invalid_request', `a period may see at most ${MAX_HAD_PLANS} plans: change at its end`);
  }
  letFallbackWait(draft, terms);
  if (policy === 'drop') dropPeriod(draft, current);
  if (policy === 'prorate') takeUnusedTime(draft, current);
  const change = {
    id,
    terms,
    ...(sameCycle && span.end === period.end ? {} : { period: { ...span, no: period.no + (sameCycle ? 0 : 1) } }),
    ...(anchor === null && sameCycle ? {} : { anchor: anchor ?? span.start }),
    ...(current.status === 'trialing' ? { status: 'active' as const } : {}),
    ...(current.cancelAtEnd ? { cancelAtEnd: false } : {}),
    ...(current.next === null ? {} : { next: null }),
    had: sameCycle ? hadToo(terms.plan, current, moves) : hadWith(terms.plan, current, draft.at),
  };
  changeSubscription(draft, current, change, { grants: givenBy(policy, gives, sameCycle), cost });
  return null;
}

function givenBy(policy: Subscribe['policy'], gives: boolean, sameCycle: boolean): Given['grants'] {
  if (!gives) return 'none';
  return policy === 'prorate' && sameCycle ? 'for_time_left' : 'all';
}

/** A plan with a price waits for its payment, unless the caller names the cycle that it has paid for. */
function changeAtEnd(draft: Draft, current: Subscription, asked: Subscribe): Refused | null {
  const { terms, start } = asked;
  if (start !== null && start > current.period.start && start < current.period.end) {
    return refuse('period_overlap', 'cycle_start_at lies within the current period: give its end, or none');
  }
  if (start !== null && start > current.period.start) {
    const span = { start, end: asked.end ?? nextBoundary(terms.period, start, start), cost: asked.cost };
    return start <= draft.at ? beginAtOnce(draft, current, terms, span) : plan(draft, current, asked, span);
  }
  if (terms.paid) return plan(draft, current, asked, null);
  const { period, anchor } = current;
  // In its renewal grace the period is over: then its end is now.
  const from = period.end > draft.at ? period.end : draft.at;
  const span = { start: from, end: nextBoundary(terms.period, anchor, from) };
  return from === draft.at ? beginAtOnce(draft, current, terms, span) : plan(draft, current, asked, span);
}

/** The period that the change waits for is over. */
function beginAtOnce(draft: Draft, current: Subscription, terms: PlanTerms, span: PlannedPeriod): Refused | null {
  if (lotsEnd(terms, span.end) <= draft.at) {
    return refuse('invalid_request', 'cycle_end_at is past: give the cycle that is current');
  }
  beginNext(draft, current, span, terms);
  return null;
}

function plan(draft: Draft, current: Subscription, { terms }: Subscribe, period: PlannedPeriod | null): Refused | null {
  const { id, next, cancelAtEnd } = current;
  const latest = lotsEnd(current.terms, current.period.end);
  if (period !== null && period.start > latest) {
    return refuse(
      'invalid_request',
      'cycle_start_at is later than the current period lives: give the end of the period',
    );
  }
  const isPlanned =
    next?.terms.plan === terms.plan && next.terms.version === terms.version && next.period?.start === period?.start;
  if (isPlanned && !cancelAtEnd) return null;
  const change = { id, ...(cancelAtEnd ? { cancelAtEnd: false } : {}), next: { terms, period } };
  draft.add({ type: 'subscribe', unit: null, amount: 0n, subscription: change });
  return null;
}
