import type { Cancel, Charge, Command, Commit, Reserve, Subscribe } from '../../src/ledger/domain/command.js';
import type { PlanGrant, PlanTerms } from '../../src/ledger/domain/plan-terms.js';
import type { PricedEvent } from '../../src/ledger/domain/priced-event.js';
import { Draws, NOWHERE } from './draws.js';
import { Dice, HOSTILE_AMOUNTS, type Gene } from './genes.js';
import { cancel as cancelling, credits, limit, paidPlan, plan, subscribe as subscribing } from './given-plan.js';
import type { NaiveAccount } from './naive-account.js';
import { isLive, lasts } from './naive-plans.js';
import { dueAt } from './naive-subscriptions.js';
import { nextCommand } from './next-command.js';
import { memberCommand, ofMember } from './next-member.js';
import { dueMoments, near } from './next-moment.js';
import { refundEntry, refundReservation } from './next-return.js';
import * as spends from './next-spend.js';
import type { World } from './run-sequence.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TOKYO = { anchor: 'calendar', timeZone: 'Asia/Tokyo' } as const;
const NEW_YORK = { anchor: 'calendar', timeZone: 'America/New_York' } as const;
const COUNTED = { anchor: 'subscription' } as const;
const CHATS = [{ meters: ['chat'] }];
const tokens = (amount: bigint): PlanGrant => ({ ...credits(amount), unit: 'tokens', allowance: true });

const FREE = plan('free', {
  grants: [credits(10n)],
  limits: [
    limit('images', 5n, { match: [{ meters: ['image'] }, { properties: { size: 'big' } }] }),
    limit('calls', 9n, { window: { every: 'billing_period' }, match: CHATS }),
  ],
});

/** What is sold in the world of random subscriptions: each rule of plans stands somewhere. The first is the simplest. */
const PLANS: readonly PlanTerms[] = [
  FREE,
  plan('saver', {
    grants: [credits(40n, { cap: 60n }), tokens(20n)],
    limits: [limit('images', 8n, { match: [{ models: ['large'] }], window: { every: 'day', count: 1, ...NEW_YORK } })],
    fallback: FREE,
  }),
  paidPlan('pro', {
    grants: [credits(100n, { percent: 20, cap: 30n, periods: 1 })],
    trial: { lengthMs: 5 * DAY, grants: [credits(5n, { percent: 50 })] },
    limits: [
      limit('images', 20n, { window: { every: 'day', count: 1, ...TOKYO }, match: [{ meters: ['image'] }] }),
      limit('calls', 40n, { window: { every: 'billing_period' }, match: [{}], counts: 'quantity', soft: true }),
    ],
    fallback: FREE,
  }),
  plan('daily', {
    grants: [credits(7n, { percent: 50, periods: 2 })],
    trial: { lengthMs: 30 * HOUR, grants: null },
    period: { every: 'day', count: 1, ...COUNTED },
    limits: [limit('calls', 6n, { window: { every: 'hour', count: 1, ...COUNTED }, match: CHATS, counts: 'quantity' })],
  }),
  plan('weekly', {
    grants: [credits(9n, { carryMs: 3 * DAY }), tokens(12n)],
    period: { every: 'week', count: 1, ...TOKYO },
    limits: [limit('images', 6n, { window: { every: 'lifetime' }, match: [{}] })],
  }),
  plan('zone', {
    grants: [credits(3n, { percent: 33 })],
    period: { every: 'month', count: 1, ...NEW_YORK },
    limits: [limit('calls', 4n, { window: { every: 'hour', count: 6, ...NEW_YORK }, match: CHATS })],
  }),
  paidPlan('max', {
    grants: [{ ...credits(500n, { carryMs: 40 * DAY }), priority: 40 }, tokens(50n)],
    renewalGraceMs: 0,
    limits: [limit('images', 0n, { match: [{ properties: { size: 'big' } }] })],
    fallback: FREE,
  }),
  paidPlan('leap', {
    grants: [credits(30n, { percent: 100, periods: 3, cap: 45n })],
    period: { every: 'year', count: 1, ...COUNTED },
    limits: [limit('calls', 11n, { window: { every: 'week', count: 2, ...COUNTED }, match: [{}] })],
    fallback: plan('rest', { grants: [credits(2n, {})], period: { every: 'week', count: 1, ...COUNTED } }),
  }),
  { ...FREE, version: 2, grants: [credits(25n, { percent: 100 })], limits: [limit('images', 9n)] },
];

const KINDS = [
  [20, 'plain'],
  [16, 'subscribe'],
  [5, 'cancel'],
  [14, 'reserve'],
  [10, 'commit'],
  [8, 'charge'],
  [9, 'member'],
  [5, 'refund'],
] as const;
const WEIGHTS = KINDS.reduce((sum, [weight]) => sum + weight, 0);

/** Accounts that have plans. */
export const PLANS_WORLD: World = {
  spec: 'test/model/plans.spec',
  // The day before a leap day; hours before clocks in New York go forward, go back, and at the end of the year.
  starts: [Date.UTC(2028, 1, 28, 12), Date.UTC(2028, 2, 12, 1), Date.UTC(2028, 10, 4, 22), Date.UTC(2028, 11, 31, 20)],
  moment: nextPlanMoment,
  command: nextPlanCommand,
};

/** As `nextCommand`, in a world with plans: they come and go, and spends are events. */
function nextPlanCommand(gene: Gene, account: NaiveAccount, now: number): Command {
  const d = new Draws(gene, account, now);
  switch (new Dice(gene.kind).weighted(KINDS)) {
    case 'plain':
      return nextCommand({ ...gene, kind: Math.floor(gene.kind / WEIGHTS) }, account, now);
    case 'subscribe':
      return subscribe(d);
    case 'cancel':
      return cancel(d);
    case 'reserve':
      return held(d, ofMember(d, withEvent(d, spends.reserve(d))));
    case 'commit':
      return commit(d);
    case 'charge':
      return ofMember(d, withEvent(d, spends.charge(d)));
    case 'member':
      return memberCommand(d);
    case 'refund':
      return account.takings.length === 0 ? subscribe(d) : d.target.oneIn(3) ? refundEntry(d) : refundReservation(d);
  }
}

const IDS = ['a', 'b', 'c'] as const;

function subscribe(d: Draws): Subscribe {
  const { account, now, target, terms: dice } = d;
  const subscription = target.pick(IDS) ?? 'a';
  const current = account.subscriptions.get(subscription);
  const again = current !== undefined && target.oneIn(3);
  const terms = again
    ? (PLANS.find(({ plan: name }) => name === current.terms.plan) ?? FREE)
    : (target.pick(PLANS) ?? FREE);
  const trial = target.oneIn(8);
  const start = startOf(d, current?.start, current?.end);
  return subscribing(terms, {
    subscription,
    start,
    end:
      start === null || !dice.oneIn(3)
        ? null
        : start + (dice.pick([30, 1, 8, 31, 0, 366, -1]) ?? 0) * DAY + dice.below(2),
    policy: dice.pick(['keep', 'prorate', 'drop'] as const) ?? 'keep',
    when: dice.oneIn(3) ? 'period_end' : 'now',
    cancelAtEnd: dice.pick([null, null, null, false, true]) ?? null,
    archived: dice.oneIn(40),
    trial,
    tried: trial && account.tried.has(terms.plan),
    overrides: ownAmounts(d, terms),
    adjusts: true,
    seen: now < 0,
  });
}

/** Mostly none; sometimes of a unit that the plan does not have, or an amount that cannot be. */
function ownAmounts({ terms: dice }: Draws, { grants, limits }: PlanTerms): ReadonlyMap<string, bigint> | null {
  if (!dice.oneIn(5)) return null;
  const unit = dice.pick([...grants, ...limits].map(each => each.unit)) ?? 'credits';
  const amount = dice.oneIn(12) ? (dice.pick(HOSTILE_AMOUNTS) ?? 0n) : BigInt(1 + dice.below(30));
  return new Map([[dice.oneIn(25) ? 'nothing' : unit, amount]]);
}

/** None, or around what is known: the period's bounds, now, a day away. */
function startOf({ now, terms: dice }: Draws, start: number | undefined, end: number | undefined): number | null {
  const kind = dice.below(10);
  if (kind < 5) return null;
  if (kind < 8)
    return (dice.pick([end ?? now, start ?? now, end ?? now]) ?? now) + (dice.pick([0, 0, 0, 1, -1000]) ?? 0);
  return now + (dice.pick([0, -1, 1, -10, 20, -40]) ?? 0) * DAY + dice.below(2);
}

function cancel(d: Draws): Cancel {
  const live = [...d.account.subscriptions.values()].filter(isLive).map(({ id }) => id);
  const id = d.target.oneIn(8) ? d.target.pick([...IDS, 'fallback:free']) : d.target.pick(live);
  return cancelling(d.terms.oneIn(3) ? 'now' : 'period_end', id ?? 'a');
}

/** Often across the end of a window or of a period. */
function held({ terms: dice }: Draws, command: Reserve): Reserve {
  return { ...command, ttlMs: Math.min(DAY, command.ttlMs * (dice.pick([1, 400, 5_000]) ?? 1)) };
}

/** What the spend is priced from, as a rate card would have said it. */
function withEvent<C extends Reserve | Charge>(d: Draws, command: C): C {
  if (command.lines.length === 0 || d.terms.oneIn(3)) return command;
  const lines = command.lines.map(line => (d.terms.oneIn(12) ? { ...line, amount: 0n } : line));
  const meter = command.meter ?? d.terms.pick(['chat', 'image'] as const) ?? 'chat';
  return { ...command, meter, lines, event: { ...drawEvent(d, meter), lines } };
}

function drawEvent({ terms: dice }: Draws, meter: string): Omit<PricedEvent, 'lines'> {
  const quantity = dice.pick(['1', '3', '2.5', '0', '7', '40']) ?? '1';
  const properties =
    dice.pick<Record<string, string>>([{}, { size: 'big' }, { model: 'large' }, { model: 'large', size: 'small' }]) ??
    {};
  return {
    meter,
    quantity: dice.oneIn(6) ? { input: quantity, output: '0.5' } : quantity,
    properties,
    card: 'default',
    version: 1,
  };
}

function commit(d: Draws): Commit {
  const command = spends.commit(d);
  if (command.reservation === NOWHERE || !Array.isArray(command.actual) || command.actual.length === 0) return command;
  if (d.terms.oneIn(3)) return command;
  const own = command.actual.filter(({ unit }) => unit !== 'images' && unit !== 'calls');
  const lines = own.length > 0 && !d.terms.oneIn(4) ? own : command.actual;
  const event = { ...drawEvent(d, d.terms.pick(['chat', 'image'] as const) ?? 'chat'), lines };
  return { ...command, actual: lines, event };
}

/** Mostly at once; around whatever falls due, also windows and periods; days and months. */
function nextPlanMoment(gene: Gene, account: NaiveAccount, now: number): number {
  const dice = new Dice(gene.time);
  const leap = dice.weighted([
    [150, 'none'],
    [20, 'a little'],
    [20, 'hold'],
    [16, 'period'],
    [10, 'window'],
    [4, 'hours'],
    [1, 'days'],
    [1, 'month'],
  ] as const);
  // A year at once is hundreds of periods of whoever else is subscribed: now and then is enough of that.
  const reach = now + (dice.oneIn(12) ? 400 : 9) * DAY;
  const around = (moments: readonly number[]): number => {
    const moment = near(
      dice,
      moments.filter(at => at <= reach),
    );
    return Math.max(now, (moment ?? now) + (dice.pick([0, 0, 0, -1, 1]) ?? 0));
  };
  switch (leap) {
    case 'none':
      return now;
    case 'a little':
      return now + 1 + dice.below(20_000);
    case 'hold':
      return around(dueMoments(account, now));
    case 'period':
      return around(ends(account, now));
    case 'window':
      return around(windowEnds(account, now));
    case 'hours':
      return now + dice.below(20 * HOUR);
    case 'days':
      return now + dice.below(9 * DAY);
    case 'month':
      return now + dice.below(33 * DAY);
  }
}

function ends(account: NaiveAccount, now: number): number[] {
  const moments = [...account.subscriptions.values()].flatMap(each => [each.end, dueAt(each) ?? each.end]);
  return [...new Set(moments)].filter(at => at > now).sort((a, b) => a - b);
}

function windowEnds(account: NaiveAccount, now: number): number[] {
  const open = [...account.subscriptions.values()].flatMap(({ buckets }) => [...buckets.values()]);
  const moments = open.filter(bucket => lasts(bucket, now)).flatMap(({ end }) => end ?? []);
  return [...new Set(moments)].sort((a, b) => a - b);
}
