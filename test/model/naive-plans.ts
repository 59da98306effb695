import type { LimitWindow, PlanGrant, PlanLimit, PlanTerms } from '../../src/ledger/domain/plan-terms.js';
import { ABOVE_EVERY_AMOUNT, least, total, type NaiveLot } from './credits.js';
import type { LotWords, NaiveAccount } from './naive-account.js';
import { stretchAt, type Stretch } from './naive-calendar.js';
import { carriedByPlan, forget, withGrace } from './naive-carry.js';
import type { Bucket, NaiveLotPlan, NaiveSubscription } from './plan-words.js';

type Live = Pick<NaiveSubscription, 'status'>;

export const isLive = ({ status }: Live): boolean => status === 'active' || status === 'trialing';

export function byId(account: NaiveAccount): NaiveSubscription[] {
  return [...account.subscriptions.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The end of the last stay on a plan without a price that is not over at this moment, and what it is counted from. */
export function stayOf(
  account: NaiveAccount,
  terms: PlanTerms,
  after: number,
): { until: number; anchor: number } | null {
  if (terms.paid) return null;
  const stays = account.tenures
    .filter(({ plan, until }) => plan === terms.plan && until > after)
    .map(({ owner, cycle, until }) => ({ until, anchor: owner.cycle === cycle ? owner.anchor : until }))
    .sort((a, b) => b.until - a.until || a.anchor - b.anchor);
  const [last] = stays;
  if (last === undefined) return null;
  const isBoundary = stretchAt(terms.period, last.anchor, last.until).start === last.until;
  return { until: last.until, anchor: isBoundary ? last.anchor : last.until };
}

/** Others through which the account had what this subscription's plan gives without a price. */
export function sharers(account: NaiveAccount, { id, terms }: NaiveSubscription, at: number): NaiveSubscription[] {
  if (terms.paid) return [];
  const had = (other: NaiveSubscription): boolean =>
    account.tenures.some(({ owner, plan, until }) => owner === other && plan === terms.plan && until > at);
  return byId(account).filter(other => other.id !== id && (other.terms.plan === terms.plan || had(other)));
}

/** Books the entry that says what changed, and lets go of what cannot matter any more. */
export function say(account: NaiveAccount, subscription: NaiveSubscription, at: number): void {
  account.book('subscribe', null, 0n, at);
  forget(account, subscription, at);
  for (const [unit, { end }] of subscription.buckets) {
    const isLimited = subscription.terms.limits.some(limit => limit.unit === unit);
    if (end !== null && end <= at && !isLimited) subscription.buckets.delete(unit);
  }
}

/** A grant that nobody refuses; what could not be counted is left out. */
function give(
  account: NaiveAccount,
  words: Omit<LotWords, 'category' | 'raisesGranted' | 'cost' | 'rollover' | 'carriedFrom'>,
  at: number,
): void {
  const counted = account.grantedOf(words.unit) + account.debtOf(words.unit);
  const amount = least(words.granted, ABOVE_EVERY_AMOUNT - 1n - counted);
  if (amount <= 0n) return;
  const lot = account.makeLot(account.book('grant', words.unit, amount, at), {
    ...words,
    granted: amount,
    category: 'included',
    cost: null,
    rollover: null,
    carriedFrom: null,
    raisesGranted: true,
  });
  account.comeIn(words.unit, [{ lot, amount }]);
  forget(account, lot.plan!.owner, at);
  const { window, owner } = lot.plan!;
  if (window === null) return;
  const before = owner.buckets.get(words.unit);
  const goesOn = before !== undefined && (isSame(before, window) || (!owner.terms.paid && lasts(before, at)));
  owner.buckets.set(words.unit, { ...window, given: (goesOn ? before.given : 0n) + amount });
}

export const isSame = (
  a: Stretch | Bucket | NaiveLotPlan['window'],
  b: { start: number; end: number | null },
): boolean => a !== null && a.start === b.start && a.end === b.end;

export const lasts = ({ end }: { end: number | null }, at: number): boolean => end === null || end > at;

/** Takes credits out of a lot for good. What is taken out of a window before its end was never given. */
export function takeBack(account: NaiveAccount, lot: NaiveLot, amount: bigint, at: number): void {
  if (amount <= 0n) return;
  account.book('expire', lot.unit, amount, at);
  account.takeFromAvailable([{ lot, amount }]);
  account.expire(lot.unit, amount);
  const window = lot.plan?.window ?? null;
  const bucket = lot.plan?.owner.buckets.get(lot.unit);
  if (window !== null && bucket !== undefined && isSame(bucket, window) && lasts(bucket, at)) bucket.given -= amount;
}

/** Closes lots of one unit together: what their rules carry goes into one lot, with those that would live as long. */
export function close(account: NaiveAccount, lots: readonly NaiveLot[], at: number, nextEnd: number | null): void {
  const [any] = lots;
  if (any === undefined) return;
  const { owner } = any.plan!;
  let carried = 0n;
  let first: { lot: NaiveLot; expiresAt: number | null; through: number | null } | null = null;
  const shares: { lot: NaiveLot; amount: bigint }[] = [];
  for (const lot of lots) {
    const found = lot.available === 0n ? null : carriedByPlan(account, lot, lot.available, at, nextEnd, carried);
    if (found === null) continue;
    first ??= { lot, ...found };
    carried += found.amount;
    shares.push({ lot, amount: found.amount });
  }
  if (first !== null) {
    const { lot: model, expiresAt, through } = first;
    const joining = account.lots.filter(
      lot =>
        expiresAt === null && lot.expiresAt === null && lot.unit === model.unit && lot.available > 0n &&
        lot.plan?.owner === owner && lot.plan.carried && (lot.plan.through === null || lot.plan.through > owner.no) &&
        lot.priority === model.priority && JSON.stringify(lot.appliesTo) === JSON.stringify(model.appliesTo),
    ); // prettier-ignore
    const amount = carried + total(joining.map(lot => lot.available));
    const booking = account.book('rollover', model.unit, amount, at);
    for (const { lot, amount: share } of shares) if (lot.carriedFrom === null) lot.carried += share;
    account.takeFromAvailable(shares);
    for (const lot of joining) lot.available = 0n;
    const made = account.makeLot(booking, {
      ...account.wordsOf(model),
      granted: amount,
      expiresAt,
      rollover: null,
      carriedFrom: model.no,
      raisesGranted: false,
      plan: { owner, through, rollover: null, window: null, carried: true },
    });
    made.available = amount;
    forget(account, owner, at);
  }
  for (const lot of lots) takeBack(account, lot, lot.available, at);
}

/** Of a subscription, with something left or held, by unit and age. */
export function lotsOf(
  account: NaiveAccount,
  subscription: NaiveSubscription,
  which: (plan: NaiveLotPlan, lot: NaiveLot) => boolean,
): NaiveLot[] {
  return account.lots
    .filter(lot => lot.plan !== null && lot.plan.owner === subscription && which(lot.plan, lot))
    .filter(lot => lot.available > 0n || account.heldOf(lot) > 0n)
    .sort((a, b) => (a.unit === b.unit ? a.no - b.no : a.unit < b.unit ? -1 : 1));
}

export function closePeriod(
  account: NaiveAccount,
  subscription: NaiveSubscription,
  at: number,
  nextEnd: number | null,
): void {
  const over = lotsOf(account, subscription, ({ through }) => through !== null && through <= subscription.no);
  for (const unit of new Set(over.map(lot => lot.unit)))
    close(
      account,
      over.filter(lot => lot.unit === unit),
      at,
      nextEnd,
    );
}

export function windowOf(
  { start, end, terms, no, anchor }: NaiveSubscription,
  window: LimitWindow,
  at: number,
): { start: number; end: number | null; lotEnd: number | null; through: number | null } {
  if (window.every === 'billing_period') return { start, end, lotEnd: withGrace(terms, end), through: no };
  if (window.every === 'lifetime') return { start: 0, end: null, lotEnd: null, through: null };
  const stretch = stretchAt(window as never, anchor, at);
  return { ...stretch, lotEnd: stretch.end, through: null };
}

/** The window of a limit that counts now. */
export function bucketOf(subscription: NaiveSubscription, { unit, window }: PlanLimit, at: number): Bucket | null {
  const bucket = subscription.buckets.get(unit);
  if (bucket === undefined) return null;
  if (isSame(bucket, windowOf(subscription, window, at))) return bucket;
  return !subscription.terms.paid && lasts(bucket, at) ? bucket : null;
}

/** Brings the windows to what the limits say. */
function adjust(account: NaiveAccount, subscription: NaiveSubscription, at: number): void {
  for (const limit of subscription.terms.limits) {
    const span = windowOf(subscription, limit.window, at);
    const bucket = bucketOf(subscription, limit, at);
    const differs = bucket !== null && !isSame(bucket, span);
    if (differs) lower(account, subscription, limit.unit, bucket.given, at);
    const over = (bucket?.given ?? 0n) + elsewhere(account, subscription, limit.unit, at) - limit.amount;
    if (over <= 0n) fill(account, subscription, limit, -over, at, at);
    else if (bucket !== null && !differs) lower(account, subscription, limit.unit, over, at);
  }
}

function elsewhere(account: NaiveAccount, subscription: NaiveSubscription, unit: string, at: number): bigint {
  const buckets = sharers(account, subscription, at).map(other => other.buckets.get(unit));
  return total(buckets.filter(bucket => bucket !== undefined && lasts(bucket, at)).map(bucket => bucket!.given));
}

function fill(
  account: NaiveAccount,
  owner: NaiveSubscription,
  limit: PlanLimit,
  granted: bigint,
  at: number,
  now: number,
): void {
  if (granted <= 0n) return;
  const { start, end, lotEnd, through } = windowOf(owner, limit.window, now);
  const plan: NaiveLotPlan = { owner, through, rollover: null, window: { start, end }, carried: false };
  give(account, { unit: limit.unit, priority: 50, granted, expiresAt: lotEnd, appliesTo: null, plan }, at);
}

/** The youngest first. */
function lower(account: NaiveAccount, subscription: NaiveSubscription, unit: string, amount: bigint, at: number): void {
  const bucket = subscription.buckets.get(unit)!;
  const filling = lotsOf(
    account,
    subscription,
    ({ window }, lot) => lot.unit === unit && window !== null && isSame(bucket, window),
  );
  let left = amount;
  for (const lot of filling.reverse()) {
    const taken = least(left, lot.available);
    left -= taken;
    takeBack(account, lot, taken, at);
  }
}

/** Who asks opens the windows that are current and were not opened yet. */
export function touch(account: NaiveAccount, now: number): void {
  for (const subscription of byId(account)) {
    if (!isLive(subscription)) continue;
    for (const limit of subscription.terms.limits) {
      const span = windowOf(subscription, limit.window, now);
      const bucket = bucketOf(subscription, limit, now);
      if (bucket !== null && isSame(bucket, span)) continue;
      const granted = limit.amount - (bucket?.given ?? 0n) - elsewhere(account, subscription, limit.unit, now);
      const since = Math.max(span.start, account.journal.at(-1)?.at ?? 0);
      fill(account, subscription, limit, granted, Math.min(now, since), now);
    }
  }
}

/** Says a change, ends the windows that are limited no more, and gives what follows. */
export function change(
  account: NaiveAccount,
  subscription: NaiveSubscription,
  grants: 'all' | 'none' | 'for_time_left',
  at: number,
): void {
  say(account, subscription, at);
  const limited = isLive(subscription) ? subscription.terms.limits.map(({ unit }) => unit) : [];
  const ended = lotsOf(
    account,
    subscription,
    ({ window }, { unit }) => window !== null && window.end !== null && !limited.includes(unit),
  );
  for (const lot of ended) takeBack(account, lot, lot.available, at);
  if (!isLive(subscription)) return;
  if (grants !== 'none')
    for (const grant of grantsOf(subscription)) giveGrant(account, subscription, grant, grants, at);
  adjust(account, subscription, at);
}

export function grantsOf({ status, terms }: NaiveSubscription): readonly PlanGrant[] {
  return status === 'trialing' ? (terms.trial?.grants ?? terms.grants) : terms.grants;
}

function giveGrant(
  account: NaiveAccount,
  owner: NaiveSubscription,
  { unit, amount, priority, appliesTo, rollover }: PlanGrant,
  grants: 'all' | 'for_time_left',
  at: number,
): void {
  const { start, end, terms, no } = owner;
  const granted = grants === 'all' ? amount : portion(amount, end - at, end - start);
  if (granted <= 0n) return;
  const plan: NaiveLotPlan = { owner, through: no, rollover, window: null, carried: false };
  give(account, { unit, priority, granted, expiresAt: withGrace(terms, end), appliesTo, plan }, at);
}

export function portion(amount: bigint, part: number, whole: number): bigint {
  return part <= 0 ? 0n : (amount * BigInt(Math.min(part, whole))) / BigInt(whole);
}
