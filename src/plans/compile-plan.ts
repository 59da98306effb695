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
import type { Unit } from '../units/unit-registry.js';
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

/** What a unit is; of those that a published plan names it never changes. */
export type UnitOf = (unit: string) => Pick<Unit, 'kind' | 'scale'>;

const MS_PER_SECOND = 1_000;
const MS_PER_DAY = 86_400 * MS_PER_SECOND;
/** What a paid plan has that says nothing else: three days. */
const DEFAULT_GRACE_MS = 3 * MS_PER_DAY;

/**
 * What the ledger is told when somebody subscribes: amounts in base units, times in milliseconds, nothing left out and
 * nothing that only a page shows.
 */
export function compilePlan(plan: PublishedPlan, fallback: PublishedPlan | null, unitOf: UnitOf): PlanTerms {
  const { id, version, definition } = plan;
  const { grants, trial, limits, renewal_grace_seconds: graceSeconds } = definition;
  const paid = isPaid(definition);
  const graceMs = graceSeconds === undefined ? DEFAULT_GRACE_MS : graceSeconds * MS_PER_SECOND;
  return {
    plan: id,
    version,
    paid,
    renewalGraceMs: paid ? graceMs : 0,
    grants: grants.map(grant => compileGrant(grant, unitOf)),
    trial: trial === undefined ? null : compileTrial(trial, unitOf),
    limits: limits.map(limit => compileLimit(limit, unitOf)),
    period: periodOf(definition.period),
    arrears: definition.arrears ?? [],
    rateCard: definition.rate_card ?? null,
    fallback: fallback === null ? null : compilePlan(fallback, null, unitOf),
  };
}

function compileTrial({ days, grants }: TrialDefinition<string>, unitOf: UnitOf): PlanTrial {
  return {
    lengthMs: days * MS_PER_DAY,
    grants: grants === undefined ? null : grants.map(grant => compileGrant(grant, unitOf)),
  };
}

function compileGrant(grant: GrantDefinition<string>, unitOf: UnitOf): PlanGrant {
  const { unit, amount, priority, rollover, applies_to: appliesTo } = grant;
  const { kind, scale } = unitOf(unit);
  return {
    unit,
    allowance: kind === 'allowance',
    amount: baseUnits(amount, scale),
    priority,
    rollover: rolloverOf(rollover, scale),
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

function compileLimit(limit: LimitDefinition<string>, unitOf: UnitOf): PlanLimit {
  const { unit, amount, window, soft, match, counts } = limit;
  const { scale } = unitOf(unit);
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
