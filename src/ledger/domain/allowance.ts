import type { AccountState, Moment } from './account.js';
import { spanAt, type Span } from './calendar.js';
import type { PlanTerms } from './plan-terms.js';
import { isFallback, isLive, type HadPlan, type Subscription } from './subscription.js';

/** Most plans of which a subscription remembers that they were had. */
export const MAX_HAD_PLANS = 20;

/** A period of a plan without a price that the account was given, by whichever subscription. */
interface Allowance {
  readonly until: Moment;
  /** From which its periods are counted. */
  readonly anchor: Moment;
}

/** How a plan begins: with its grants, or within a period of it that the account has had. */
export interface Beginning {
  readonly span: Span;
  readonly anchor: Moment | null;
  readonly grants: 'all' | 'none';
}

/**
 * An account is given what a plan without a price gives once for each of its periods: whoever comes to the plan within
 * one joins it, runs to its end and is given nothing for it. A plan with a price is paid for each time.
 * @param at from when it can be used, where the span began before
 */
export function beginningOf(state: AccountState, terms: PlanTerms, { start, end }: Span, at: Moment): Beginning {
  const had = allowanceOf(state, terms, Math.max(start, at));
  if (had === null) return { span: { start, end }, anchor: null, grants: 'all' };
  return { span: { start, end: had.until }, anchor: had.anchor, grants: 'none' };
}

/** The period of the plan that was given last and is not over at this moment. */
export function allowanceOf(state: AccountState, terms: PlanTerms, at: Moment): Allowance | null {
  if (terms.paid) return null;
  let found: Allowance | null = null;
  for (const subscription of state.subscriptions.values()) {
    for (const had of subscription.had) {
      const until = hadUntil(subscription, had);
      if (had.plan !== terms.plan || until <= at) continue;
      const anchor = had.until === null ? subscription.anchor : until;
      // Whatever the order in which they are looked at.
      if (found === null || until > found.until || (until === found.until && anchor < found.anchor)) {
        found = { until, anchor };
      }
    }
  }
  if (found === null) return null;
  const { until, anchor } = found;
  // A trial, or an end that somebody named, is no boundary: the next period is counted from there.
  return spanAt(terms.period, anchor, until).start === until ? found : { until, anchor: until };
}

/** Whether what a subscription was given counts as this plan's: it has the plan, or had it in a period that still runs. */
export function sharesAllowance(subscription: Subscription, plan: string, at: Moment): boolean {
  if (subscription.terms.plan === plan) return true;
  return subscription.had.some(had => had.plan === plan && hadUntil(subscription, had) > at);
}

/** What was had before the period that begins now and reaches beyond this moment, and the plan of the period itself. */
export function hadWith(plan: string, before: Subscription | undefined, at: Moment): readonly HadPlan[] {
  const longer = (before?.had ?? [])
    .map((had): HadPlan & { until: Moment } => ({ plan: had.plan, until: hadUntil(before!, had) }))
    .filter(({ until }) => until > at)
    .sort((a, b) => b.until - a.until || (a.plan < b.plan ? -1 : 1));
  return [{ plan, until: null }, ...withoutRepeats(longer)].slice(0, MAX_HAD_PLANS);
}

/** The same where the plan changes within the period; what was had is had as long as it was, where the period moves. */
export function hadToo(plan: string, { had, period }: Subscription, moves: boolean): readonly HadPlan[] {
  const before = moves ? had.map(each => ({ plan: each.plan, until: each.until ?? period.end })) : had;
  const own = { plan, until: null };
  return before.some(each => each.plan === plan && each.until === null) ? before : [...before, own];
}

/** Whether the record of one that ended still says what was given already, of plans without a price. */
export function isRemembered(subscription: Subscription, at: Moment): boolean {
  const { id, terms, had, windows } = subscription;
  if (isLive(subscription) || isFallback(id)) return false;
  if (had.some(each => hadUntil(subscription, each) > at && !(terms.paid && each.plan === terms.plan))) return true;
  return !terms.paid && [...windows.values()].some(({ end }) => end === null || end > at);
}

function hadUntil({ period }: Subscription, { until }: HadPlan): Moment {
  return until ?? period.end;
}

/** Of each plan the first. */
function withoutRepeats(had: readonly HadPlan[]): HadPlan[] {
  return had.filter(({ plan }, index) => had.findIndex(other => other.plan === plan) === index);
}
