import type { Commit, Line } from '../../src/ledger/domain/command.js';
import type { PlanLimit } from '../../src/ledger/domain/plan-terms.js';
import type { PricedEvent } from '../../src/ledger/domain/priced-event.js';
import { least, sizeOf, total, type NaiveLine, type NaiveReservation } from './credits.js';
import type { NaiveAccount } from './naive-account.js';
import { bucketOf, byId, grantsOf, isLive, isSame, lasts, sharers, windowOf } from './naive-plans.js';
import type { Bucket, NaiveSubscription } from './plan-words.js';

/** What a refusal says of a unit that plans allow so much of. */
export interface NaiveLimitState {
  readonly used: bigint;
  readonly cap: bigint;
  readonly resetsAt: number | null;
  readonly refill: bigint;
}

/** The rules of live plans that an event fits, the first of each unit. */
function rulesFor(account: NaiveAccount, event: PricedEvent): PlanLimit[] {
  const fitting = byId(account).filter(isLive).flatMap(({ terms }) => terms.limits).filter(limit => fits(limit, event)); // prettier-ignore
  return fitting.filter((limit, i) => fitting.findIndex(({ unit }) => unit === limit.unit) === i);
}

function fits({ match }: PlanLimit, { meter, properties }: PricedEvent): boolean {
  return (match ?? []).some(rule => {
    const meters = rule.meters === undefined || rule.meters.includes(meter);
    const models = rule.models === undefined || rule.models.some(like => isLike(properties['model'], like));
    return (
      meters && models && Object.entries(rule.properties ?? {}).every(([key, like]) => isLike(properties[key], like))
    );
  });
}

function isLike(value: string | undefined, like: string): boolean {
  const [beginning = '', ...rest] = like.split(/\*$/);
  return value !== undefined && (rest.length > 0 ? value.indexOf(beginning) === 0 : value === like);
}

/** In base units: one, or the quantities together, each rounded up. */
function weight({ counts, scale }: PlanLimit, { quantity }: PricedEvent): bigint {
  const one = 10 ** scale;
  if (counts === 'events') return BigInt(one);
  const quantities = typeof quantity === 'string' ? [quantity] : Object.values(quantity);
  return total(quantities.map(text => BigInt(Math.ceil(Math.round(Number(text) * one * 1000) / 1000))));
}

/** The lines of a spend by event, with those of limits. */
export function withLimitLines(account: NaiveAccount, lines: readonly Line[], event: PricedEvent | undefined): Line[] {
  if (event === undefined) return [...lines];
  const counted = rulesFor(account, event).map(limit => {
    const amount = weight(limit, event);
    return { unit: limit.unit, amount: limit.soft ? least(amount, account.availableOf(limit.unit)) : amount };
  });
  return [...lines, ...counted.filter(({ unit, amount }) => amount > 0n && !lines.some(line => line.unit === unit))];
}

/** A line that was added because of a limit: who spends need not know of it. */
export function isOfLimit(account: NaiveAccount, line: NaiveLine): boolean {
  const isCounted = [...account.subscriptions.values()].some(({ buckets }) => buckets.has(line.unit));
  return isCounted || line.held.some(({ lot }) => lot.plan !== null && lot.plan.window !== null);
}

/** What a commit uses of the lines that it does not name, and what it uses of limits that have no line yet. */
export function limitsOfCommit(
  account: NaiveAccount,
  reservation: NaiveReservation,
  { event, final }: Commit,
  late: boolean,
  unspent: (line: NaiveLine) => bigint,
): { readonly of: (line: NaiveLine, isSpent: boolean) => bigint; readonly added: readonly Line[] } {
  const available = (unit: string): bigint => account.availableOf(unit);
  const cut = (line: NaiveLine, amount: bigint): bigint => {
    if (!late) return amount;
    return least(amount, available(line.unit), ...(reservation.overage === 'reject' ? [unspent(line)] : []));
  };
  const asAnnounced = (line: NaiveLine): bigint => (late || final ? cut(line, unspent(line)) : 0n);
  if (event === undefined || account.subscriptions.size === 0) {
    return { of: (line, isSpent) => (isSpent ? asAnnounced(line) : 0n), added: [] };
  }
  const nothing = (typeof event.quantity === 'string' ? [event.quantity] : Object.values(event.quantity)).every(text => Number(text) === 0); // prettier-ignore
  if (nothing) return { of: () => 0n, added: [] };
  const lineIn = (unit: string): NaiveLine =>
    reservation.lines.find(line => line.unit === unit) ??
    { unit, reserved: 0n, committed: 0n, released: 0n, refunded: 0n, held: [] }; // prettier-ignore
  const counted = new Map<string, bigint>();
  for (const limit of rulesFor(account, event)) {
    const line = lineIn(limit.unit);
    let amount = weight(limit, event);
    // One event is one, however many parts are captured: with the last of them.
    if (limit.counts === 'events')
      amount = final || late ? (amount > line.committed ? amount - line.committed : 0n) : 0n;
    counted.set(limit.unit, limit.soft ? least(amount, available(limit.unit) + sizeOf(line.held)) : amount);
  }
  const ruled = new Set(
    byId(account)
      .filter(isLive)
      .flatMap(({ terms }) => terms.limits.map(({ unit }) => unit)),
  );
  const of = (line: NaiveLine): bigint => {
    const amount = counted.get(line.unit);
    if (amount !== undefined) return cut(line, amount);
    return ruled.has(line.unit) ? 0n : asAnnounced(line);
  };
  const named = [...reservation.lines, ...event.lines].map(({ unit }) => unit);
  const added = [...counted].filter(([unit, amount]) => amount > 0n && !named.includes(unit));
  return { of, added: added.map(([unit]) => ({ unit, amount: of(lineIn(unit)) })) };
}

/** What plans allow of a unit; null where no live one says anything of it. */
export function limitStateOf(account: NaiveAccount, unit: string, now: number): NaiveLimitState | null {
  const states: NaiveLimitState[] = [];
  const counted = new Set<string>();
  for (const subscription of byId(account).filter(isLive)) {
    const { plan, paid } = subscription.terms;
    if (counted.has(plan)) continue;
    const state = stateIn(account, subscription, unit, now);
    if (state === null) continue;
    if (!paid) counted.add(plan);
    states.push(state);
  }
  if (states.length === 0) return null;
  const resets = states.flatMap(({ resetsAt }) => resetsAt ?? []);
  return {
    used: total(states.map(({ used }) => used)),
    cap: total(states.map(({ cap }) => cap)),
    refill: total(states.map(({ refill }) => refill)),
    resetsAt: resets.length === 0 ? null : Math.min(...resets),
  };
}

function stateIn(
  account: NaiveAccount,
  subscription: NaiveSubscription,
  unit: string,
  now: number,
): NaiveLimitState | null {
  const { terms, next, cancelAtEnd } = subscription;
  const limit = terms.limits.find(each => each.unit === unit);
  const sharing = sharers(account, subscription, now);
  if (limit !== undefined) {
    const usedOf = (owner: NaiveSubscription, bucket: Bucket): bigint =>
      bucket.given - leftIn(account, owner, unit, ({ window }) => window !== null && isSame(bucket, window));
    const own = bucketOf(subscription, limit, now);
    const others = sharing.flatMap(other => {
      const bucket = other.buckets.get(unit);
      return bucket !== undefined && lasts(bucket, now) ? [usedOf(other, bucket)] : [];
    });
    const used = (own === null ? 0n : usedOf(subscription, own)) + total(others);
    return {
      used,
      cap: limit.amount,
      refill: limit.amount,
      resetsAt: windowOf(subscription, limit.window, now).lotEnd,
    };
  }
  const grant = grantsOf(subscription).find(each => each.unit === unit && each.allowance);
  if (grant === undefined) return null;
  const left = total(
    [subscription, ...sharing].map(owner =>
      leftIn(account, owner, unit, plan => !plan.carried && plan.window === null),
    ),
  );
  const comes = cancelAtEnd ? null : next !== null && next.start !== null ? { terms: next.terms, at: next.start } : terms.paid ? null : { terms, at: subscription.end }; // prettier-ignore
  const more = comes?.terms.grants.find(each => each.unit === unit && each.allowance);
  const { gave } = subscription;
  const counts = subscription.status !== 'trialing' || terms.trial?.grants === null;
  const cap = counts && gave?.of === terms ? gave.amounts.get(unit)! : grant.amount;
  return {
    used: left < cap ? cap - left : 0n,
    cap,
    refill: more?.amount ?? 0n,
    resetsAt: more === undefined ? null : comes!.at,
  };
}

function leftIn(
  account: NaiveAccount,
  owner: NaiveSubscription,
  unit: string,
  which: (plan: NonNullable<NaiveAccount['lots'][number]['plan']>) => boolean,
): bigint {
  const lots = account.lots.filter(lot => lot.unit === unit && lot.plan?.owner === owner && which(lot.plan));
  return total(lots.map(lot => lot.available));
}
