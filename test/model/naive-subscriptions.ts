import type * as Commands from '../../src/ledger/domain/command.js';
import type { PlanTerms } from '../../src/ledger/domain/plan-terms.js';
import { least } from './credits.js';
import type { NaiveAccount } from './naive-account.js';
import { stretchAt, type Stretch } from './naive-calendar.js';
import { withGrace } from './naive-carry.js';
import { byId, change, closePeriod, isLive, lotsOf, portion, say, stayOf, takeBack } from './naive-plans.js';
import type { NaiveLotPlan, NaiveSubscription } from './plan-words.js';
import { refuse, requireAmount, requirePositive } from './naive-refusal.js';

const DAY = 24 * 3_600_000;
const isFallback = (id: string): boolean => id.startsWith('fallback:');

export function subscribe(account: NaiveAccount, asked: Commands.Subscribe, now: number): void {
  const start = asked.start === null ? null : Math.floor(asked.start / 1000) * 1000;
  const command = { ...asked, start, terms: withOwnAmounts(asked.terms, asked.overrides) };
  if (command.terms !== asked.terms) account.witness("amounts of the account's own");
  const { end } = command;
  if (end !== null && (start === null || end <= start || end - start > 11 * 366 * DAY)) refuse('invalid_request');
  const current = account.subscriptions.get(command.subscription);
  if (current === undefined || !isLive(current)) begin(account, current, command, now);
  else if (current.terms.plan === command.terms.plan) again(account, current, command, now);
  else another(account, current, command, now);
}

function begin(
  account: NaiveAccount,
  past: NaiveSubscription | undefined,
  asked: Commands.Subscribe,
  now: number,
): void {
  const { terms, trial, subscription: id } = asked;
  const start = asked.start ?? now;
  if (past !== undefined && start <= past.start) return;
  if (asked.archived) refuse('plan_archived');
  if (trial && terms.trial === null) refuse('invalid_request');
  if (trial && asked.tried) refuse('trial_used');
  if (start > now + DAY) refuse('invalid_request');
  const stay = stayOf(account, terms, Math.max(start, now));
  if (trial && stay !== null) refuse('trial_used');
  const counted = trial ? start + terms.trial!.lengthMs : stretchAt(terms.period, start, start).end;
  const end = stay?.until ?? asked.end ?? counted;
  requireCurrent(terms, end, now);
  restFallbacks(account, terms, now);
  const fresh: NaiveSubscription = past ?? {
    id, terms, anchor: start, no: 0, start, end, status: 'ended', cancelAtEnd: false, next: null,
    closedNo: 0, closedAt: 0, cycle: {}, buckets: new Map(),
  }; // prettier-ignore
  account.subscriptions.set(id, fresh);
  Object.assign(fresh, { terms, anchor: stay?.anchor ?? start, no: fresh.no + 1, start, end });
  Object.assign(fresh, { status: trial ? 'trialing' : 'active', cancelAtEnd: asked.cancelAtEnd ?? false, next: null });
  settleIn(account, fresh);
  change(account, fresh, stay === null ? 'all' : 'none', now);
}

/** The period is another one: so it is what the plan is had until. */
function settleIn(account: NaiveAccount, subscription: NaiveSubscription): void {
  subscription.cycle = {};
  stays(account, subscription);
}

function stays(account: NaiveAccount, owner: NaiveSubscription): void {
  account.tenures.push({ owner, plan: owner.terms.plan, cycle: owner.cycle, until: owner.end });
}

function requireCurrent(terms: PlanTerms, end: number, now: number): void {
  if (withGrace(terms, end) <= now) refuse('invalid_request');
}

/** The plan with an account's own amounts in place of its own: of what it gives and limits, nothing else. */
function withOwnAmounts(terms: PlanTerms, own: Commands.Subscribe['overrides']): PlanTerms {
  if (own === null || own.size === 0) return terms;
  for (const [unit, amount] of own) {
    const gives = terms.grants.some(grant => grant.unit === unit);
    if (!gives && terms.limits.every(limit => limit.unit !== unit)) refuse('invalid_request');
    if (gives) requirePositive(amount);
    else requireAmount(amount);
  }
  const replaced = <L extends { readonly unit: string; readonly amount: bigint }>(lines: readonly L[]): L[] =>
    lines.map(line => (own.has(line.unit) ? { ...line, amount: own.get(line.unit)! } : line));
  return { ...terms, grants: replaced(terms.grants), limits: replaced(terms.limits) };
}

/** The same plan again. */
function again(account: NaiveAccount, current: NaiveSubscription, asked: Commands.Subscribe, now: number): void {
  if (asked.trial && asked.start === null && !asked.tried && current.status !== 'trialing') refuse('invalid_request');
  const start = asked.start ?? current.start;
  if (start === current.start && asked.adjusts) return adjust(account, current, asked, now);
  if (start <= current.start) return keep(account, current, asked.cancelAtEnd, now);
  if (start < current.end) refuse('period_overlap');
  // The version stays, the amounts that are given anew do not.
  const terms = withOwnAmounts(current.terms, asked.overrides);
  if (terms !== current.terms) account.witness("renewal with amounts of the account's own");
  const stretch = { start, end: asked.end ?? stretchAt(terms.period, current.anchor, start).end };
  if (start > now) return renewLater(account, current, terms, stretch, now);
  requireCurrent(terms, stretch.end, now);
  startPeriod(account, current, terms, stretch, now);
}

/** Its own amounts change within the period: one entry says that and whether it ends, then the windows follow. */
function adjust(account: NaiveAccount, current: NaiveSubscription, asked: Commands.Subscribe, now: number): void {
  const { overrides: own, cancelAtEnd } = asked;
  const terms = withOwnAmounts(current.terms, own);
  const lines = [...current.terms.grants, ...current.terms.limits];
  if (lines.every(({ unit, amount }) => amount === (own?.get(unit) ?? amount))) {
    return keep(account, current, cancelAtEnd, now);
  }
  account.witness("amounts of the account's own within a period");
  const gave =
    current.gave?.of === current.terms
      ? current.gave.amounts
      : new Map(current.terms.grants.map(({ unit, amount }) => [unit, amount]));
  Object.assign(current, { terms, gave: { of: terms, amounts: gave } });
  if (current.next?.terms.plan === terms.plan) current.next.terms = withOwnAmounts(current.next.terms, own);
  if (cancelAtEnd === true && !current.cancelAtEnd) current.next = null;
  current.cancelAtEnd = cancelAtEnd ?? current.cancelAtEnd;
  if (current.end > now) change(account, current, 'none', now);
  else say(account, current, now);
}

function keep(account: NaiveAccount, current: NaiveSubscription, cancelAtEnd: boolean | null, now: number): void {
  if (cancelAtEnd === null || cancelAtEnd === current.cancelAtEnd) return;
  current.cancelAtEnd = cancelAtEnd;
  if (cancelAtEnd) current.next = null;
  say(account, current, now);
}

function renewLater(
  account: NaiveAccount,
  current: NaiveSubscription,
  terms: PlanTerms,
  stretch: Stretch,
  now: number,
): void {
  const { next } = current;
  if (!terms.paid) refuse('invalid_request');
  if (stretch.start > withGrace(terms, current.end)) refuse('invalid_request');
  const samePlan = next !== null && next.start !== null && next.terms.plan === terms.plan;
  if (samePlan && next.start === stretch.start && !current.cancelAtEnd) return;
  if (samePlan && stretch.start > next.start!) refuse('period_overlap');
  plan(account, current, { terms, ...stretch }, now);
}

function plan(
  account: NaiveAccount,
  current: NaiveSubscription,
  next: NonNullable<NaiveSubscription['next']>,
  now: number,
): void {
  current.cancelAtEnd = false;
  current.next = next;
  say(account, current, now);
}

/** Another plan. */
function another(account: NaiveAccount, current: NaiveSubscription, asked: Commands.Subscribe, now: number): void {
  const { terms, start } = asked;
  if (start !== null && start < current.start) return;
  if (asked.archived) refuse('plan_archived');
  if (asked.trial) refuse('invalid_request');
  if (asked.when === 'period_end') return anotherAtEnd(account, current, asked, now);
  const stretch = cycleFor(current, asked, now);
  if (stretch.start > now) {
    if (stretch.start < current.end) refuse('period_overlap');
    return planChange(account, current, terms, stretch, now);
  }
  requireCurrent(terms, stretch.end, now);
  if (stretch.start >= current.end) return startPeriod(account, current, terms, stretch, now);
  anotherNow(account, current, asked, stretch, now);
}

function cycleFor(current: NaiveSubscription, { start, end, terms }: Commands.Subscribe, now: number): Stretch {
  if (start !== null && start !== current.start)
    return { start, end: end ?? stretchAt(terms.period, start, start).end };
  const alike = JSON.stringify(current.terms.period) === JSON.stringify(terms.period);
  if (start === null && !alike) return { start: now, end: stretchAt(terms.period, now, now).end };
  return { start: current.start, end: end ?? current.end };
}

function anotherNow(
  account: NaiveAccount,
  current: NaiveSubscription,
  { terms, policy }: Commands.Subscribe,
  stretch: Stretch,
  now: number,
): void {
  const stay = stayOf(account, terms, Math.max(stretch.start, now));
  const end = stay?.until ?? stretch.end;
  const sameCycle = stretch.start === current.start;
  const had = account.tenures.some(
    ({ owner, plan: name, cycle, until }) =>
      owner === current && name === terms.plan && (cycle === current.cycle || until > now),
  );
  restFallbacks(account, terms, now);
  const isOfPeriod = ({ window, carried, through }: NaiveLotPlan): boolean =>
    window === null && !carried && through !== null && through <= current.no;
  for (const lot of policy === 'keep' ? [] : lotsOf(account, current, isOfPeriod)) {
    const goes =
      policy === 'drop' ? lot.available : portion(lot.granted, current.end - now, current.end - current.start);
    takeBack(account, lot, least(goes, lot.available), now);
  }
  const moves = !sameCycle || end !== current.end || stay !== null;
  Object.assign(current, { terms, start: stretch.start, end, cancelAtEnd: false, next: null, status: 'active' });
  if (!sameCycle) current.no += 1;
  if (stay !== null) current.anchor = stay.anchor;
  else if (!sameCycle) current.anchor = stretch.start;
  if (moves) settleIn(account, current);
  else stays(account, current);
  const gives = stay === null && (policy === 'prorate' || !sameCycle || !had);
  change(account, current, !gives ? 'none' : policy === 'prorate' && sameCycle ? 'for_time_left' : 'all', now);
}

function anotherAtEnd(account: NaiveAccount, current: NaiveSubscription, asked: Commands.Subscribe, now: number): void {
  const { terms, start } = asked;
  const named = start !== null && start > current.start;
  if (named && start < current.end) refuse('period_overlap');
  if (!named && terms.paid) return planChange(account, current, terms, null, now);
  const from = named ? start : Math.max(current.end, now);
  const anchor = named ? start : current.anchor;
  const end = (named ? asked.end : null) ?? stretchAt(terms.period, anchor, from).end;
  if (from > now) return planChange(account, current, terms, { start: from, end }, now);
  requireCurrent(terms, end, now);
  startPeriod(account, current, terms, { start: from, end }, now);
}

function planChange(
  account: NaiveAccount,
  current: NaiveSubscription,
  terms: PlanTerms,
  stretch: Stretch | null,
  now: number,
): void {
  if (stretch !== null && stretch.start > withGrace(current.terms, current.end)) refuse('invalid_request');
  const { next } = current;
  const start = stretch?.start ?? null;
  const isPlanned =
    next !== null && next.terms.plan === terms.plan && next.terms.version === terms.version && next.start === start;
  if (isPlanned && !current.cancelAtEnd) return;
  plan(account, current, { terms, start, end: stretch?.end ?? null }, now);
}

/** Closes the period and starts the next. */
function startPeriod(
  account: NaiveAccount,
  current: NaiveSubscription,
  terms: PlanTerms,
  stretch: Stretch,
  at: number,
): void {
  const stay = stayOf(account, terms, Math.max(stretch.start, at));
  const end = stay?.until ?? stretch.end;
  if (terms.plan !== current.terms.plan) restFallbacks(account, terms, at);
  closePeriod(account, current, at, end);
  if (stay !== null) current.anchor = stay.anchor;
  else if (current.status === 'trialing') current.anchor = stretch.start;
  current.gave = null;
  Object.assign(current, { closedNo: current.no, closedAt: at, no: current.no + 1, start: stretch.start, end });
  Object.assign(current, { terms, status: 'active', cancelAtEnd: false, next: null });
  settleIn(account, current);
  change(account, current, stay === null ? 'all' : 'none', at);
}

export function cancel(account: NaiveAccount, { subscription, when }: Commands.Cancel, now: number): void {
  const current = account.subscriptions.get(subscription);
  if (current === undefined || isFallback(subscription)) refuse('subscription_not_found');
  if (current.status === 'ended') return;
  if (when === 'now' || (!current.cancelAtEnd && current.end <= now)) return end(account, current, now);
  keep(account, current, true, now);
}

export function recognise(account: NaiveAccount, { subscription }: Commands.Recognise, now: number): void {
  const current = account.subscriptions.get(subscription);
  if (current !== undefined && isLive(current)) refuse('invalid_request');
  account.book('subscribe', null, 0n, now);
}

function end(account: NaiveAccount, current: NaiveSubscription, at: number): void {
  closePeriod(account, current, at, null);
  Object.assign(current, { status: 'ended', cancelAtEnd: false, next: null, closedNo: current.no, closedAt: at });
  change(account, current, 'none', at);
  fallBack(account, current, at);
}

function fallBack(account: NaiveAccount, ended: NaiveSubscription, at: number): void {
  const terms = ended.terms.fallback;
  if (terms === null) return;
  const serves = (other: NaiveSubscription): boolean =>
    isLive(other) && (other.terms.plan === terms.plan || other.terms.fallback?.plan === terms.plan);
  if (byId(account).some(other => other !== ended && serves(other))) return;
  const id = `fallback:${terms.plan}`;
  const before = account.subscriptions.get(id);
  const stay = stayOf(account, terms, at);
  if (before !== undefined && stay?.until === before.end) {
    Object.assign(before, { terms, status: 'active' });
    return change(account, before, 'none', at);
  }
  const stretch = stretchAt(terms.period, before?.anchor ?? at, at);
  const end = stay?.until ?? stretch.end;
  if (before !== undefined) {
    closePeriod(account, before, at, end);
    Object.assign(before, { closedNo: before.no, closedAt: at });
  }
  const fallback: NaiveSubscription = before ?? {
    id, terms, anchor: at, no: 0, start: at, end, status: 'active', cancelAtEnd: false, next: null,
    closedNo: 0, closedAt: 0, cycle: {}, buckets: new Map(),
  }; // prettier-ignore
  account.subscriptions.set(id, fallback);
  const start = stay !== null || before === undefined ? at : stretch.start;
  Object.assign(fallback, {
    terms,
    anchor: stay?.anchor ?? fallback.anchor,
    no: fallback.no + 1,
    start,
    end,
    status: 'active',
  });
  settleIn(account, fallback);
  change(account, fallback, stay === null ? 'all' : 'none', at);
}

/** Who takes a plan needs no fallback to it, and none to what it falls back to. */
function restFallbacks(account: NaiveAccount, terms: PlanTerms, at: number): void {
  for (const name of new Set([terms.plan, ...(terms.fallback === null ? [] : [terms.fallback.plan])])) {
    const fallback = account.subscriptions.get(`fallback:${name}`);
    if (fallback === undefined || !isLive(fallback)) continue;
    fallback.status = 'waiting';
    change(account, fallback, 'none', at);
  }
}

/** When time does something to it. */
export function dueAt(subscription: NaiveSubscription): number | null {
  if (!isLive(subscription)) return null;
  const { cancelAtEnd, terms, next } = subscription;
  if (cancelAtEnd) return subscription.end;
  const over = withGrace(terms, subscription.end);
  return next === null || next.start === null ? over : Math.min(next.start, over);
}

/** Ends, renews by itself, or becomes what was planned. */
export function settleSubscription(account: NaiveAccount, subscription: NaiveSubscription, at: number): void {
  const { next, terms, cancelAtEnd } = subscription;
  if (cancelAtEnd) return end(account, subscription, at);
  if (next !== null && next.start !== null && next.start <= at) {
    return startPeriod(account, subscription, next.terms, { start: next.start, end: next.end! }, at);
  }
  if (terms.paid) return end(account, subscription, at);
  const from = subscription.end;
  const anchor = subscription.status === 'trialing' ? from : subscription.anchor;
  startPeriod(account, subscription, terms, { start: from, end: stretchAt(terms.period, anchor, from).end }, at);
}
