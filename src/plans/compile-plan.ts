import type { Period } from '../ledger/domain/calendar.js';
import type {
  LimitMatch,
  LimitWindow,
  PlanGrant,
  PlanLimit,
  PlanRollover,
  PlanTerms,
  PlanTrial,
} from '../ledger/domain/plan-terms.js';
import { parseAmount } from '../shared/amount.js';
import {
  isPaid,
  type GrantDefinition,
  type LimitDefinition,
  type MatchDefinition,
  type PeriodDefinition,
  type PlanDefinition,
  type RolloverDefinition,
  type TrialDefinition,
  type WindowDefinition,
} from './definition.js';

/** A version of a plan as it was published. */
export interface PublishedPlan {
  readonly id: string;
  readonly version: number;
  readonly definition: PlanDefinition;
}

/** Digits after the point of a unit; those that a published plan names never change. */
export type ScaleOf = (unit: string) => number;

const MS_PER_SECOND = 1_000;
const MS_PER_DAY = 86_400 * MS_PER_SECOND;
/** What a paid plan has that says nothing else: three days. */
const DEFAULT_GRACE_MS = 3 * MS_PER_DAY;

/**
 * What the ledger is told when somebody subscribes: amounts in base units, times in milliseconds, nothing left out and
 * nothing that only a page shows.
 */
export function compilePlan(plan: PublishedPlan, fallback: PublishedPlan | null, scaleOf: ScaleOf): PlanTerms {
  const { id, version, definition } = plan;
  const { grants, trial, limits, renewal_grace_seconds: graceSeconds } = definition;
  const paid = isPaid(definition);
  const graceMs = graceSeconds === undefined ? DEFAULT_GRACE_MS : graceSeconds * MS_PER_SECOND;
  return {
    plan: id,
    version,
    paid,
    renewalGraceMs: paid ? graceMs : 0,
    grants: grants.map(grant => compileGrant(grant, scaleOf)),
    trial: trial === undefined ? null : compileTrial(trial, scaleOf),
    limits: limits.map(limit => compileLimit(limit, scaleOf)),
    period: periodOf(definition.period),
    rateCard: definition.rate_card ?? null,
    fallback: fallback === null ? null : compilePlan(fallback, null, scaleOf),
  };
}

function compileTrial({ days, grants }: TrialDefinition<string>, scaleOf: ScaleOf): PlanTrial {
  return {
    lengthMs: days * MS_PER_DAY,
    grants: grants === undefined ? null : grants.map(grant => compileGrant(grant, scaleOf)),
  };
}

function compileGrant(grant: GrantDefinition<string>, scaleOf: ScaleOf): PlanGrant {
  const { unit, amount, priority, rollover, applies_to: appliesTo } = grant;
  return {
    unit,
    amount: baseUnits(amount, scaleOf(unit)),
    priority,
    rollover: rolloverOf(rollover, scaleOf(unit)),
    appliesTo: appliesTo === undefined ? null : given(appliesTo),
  };
}

function rolloverOf(rollover: RolloverDefinition<string>, scale: number): PlanRollover | null {
  if (rollover.carry === 'none') return null;
  const { expires_after_seconds: seconds, periods } = rollover;
  const until = { carryMs: seconds === undefined ? null : seconds * MS_PER_SECOND, periods: periods ?? null };
  if (rollover.carry === 'all') return { percent: 100, cap: null, ...until };
  const { percent, amount } = rollover;
  return { percent: percent ?? 100, cap: amount === undefined ? null : baseUnits(amount, scale), ...until };
}

function compileLimit(limit: LimitDefinition<string>, scaleOf: ScaleOf): PlanLimit {
  const { unit, amount, window, soft, match, counts } = limit;
  const scale = scaleOf(unit);
  return {
    unit,
    amount: baseUnits(amount, scale),
    scale,
    window: windowOf(window),
    soft,
    match: match === undefined ? null : match.map(matchOf),
    counts,
  };
}

function matchOf(match: MatchDefinition): LimitMatch {
  return given(match);
}

function windowOf(window: WindowDefinition): LimitWindow {
  return 'count' in window ? periodOf(window) : window;
}

function periodOf({ every, count, anchor, time_zone: timeZone }: PeriodDefinition): Period {
  if (anchor === 'subscription') return { every, count, anchor };
  return { every, count, anchor, timeZone: timeZone ?? 'UTC' };
}

/** Of a published definition, which was read with this very scale. */
function baseUnits(amount: string, scale: number): bigint {
  const parsed = parseAmount(amount, scale);
  if (!parsed.ok) throw new Error(`a published plan has the amount ${amount}, which ${parsed.message}`);
  return parsed.units;
}

/** Without the members that say nothing. */
function given<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;
}
