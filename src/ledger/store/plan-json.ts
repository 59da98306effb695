import type { AppliesTo, Moment } from '../domain/account.js';
import type { Period } from '../domain/calendar.js';
import type { LotPlan } from '../domain/lot-plan.js';
import type {
  LimitMatch,
  LimitWindow,
  PlanArrears,
  PlanGrant,
  PlanLimit,
  PlanRollover,
  PlanTerms,
} from '../domain/plan-terms.js';

/** Terms of a plan as they are stored. Amounts are strings of base units, moments and lengths milliseconds; null is left out. */
export interface PlanTermsJson {
  readonly plan: string;
  readonly version: number;
  readonly paid?: true;
  readonly renewal_grace_ms?: number;
  readonly grants?: readonly PlanGrantJson[];
  readonly trial?: { readonly length_ms: number; readonly grants?: readonly PlanGrantJson[] };
  readonly limits?: readonly PlanLimitJson[];
  readonly period: PeriodJson;
  readonly arrears?: readonly PlanArrears[];
  readonly rate_card?: string;
  readonly fallback?: PlanTermsJson;
}

interface PlanGrantJson {
  readonly unit: string;
  readonly allowance?: true;
  readonly amount: string;
  readonly given?: string;
  readonly priority: number;
  readonly rollover?: PlanRolloverJson;
  readonly applies_to?: AppliesTo;
}

export interface PlanRolloverJson {
  readonly percent: number;
  readonly cap?: string;
  readonly carry_ms?: number;
  readonly periods?: number;
}

interface PlanLimitJson {
  readonly unit: string;
  readonly amount: string;
  readonly scale: number;
  readonly window: PeriodJson | { readonly every: 'billing_period' | 'lifetime' };
  readonly soft?: true;
  readonly match?: readonly LimitMatch[];
  readonly counts: PlanLimit['counts'];
}

export interface PeriodJson {
  readonly every: Period['every'];
  readonly count: number;
  /** Without one it is counted from the subscription. */
  readonly time_zone?: string;
}

/** `window` has its start and its end; null for one that never ends. */
export interface LotPlanJson {
  readonly subscription: string;
  readonly through?: number;
  readonly rollover?: PlanRolloverJson;
  readonly window?: readonly [Moment, Moment | null];
}

export function planTermsToJson(terms: PlanTerms): PlanTermsJson {
  const { plan, version, paid, renewalGraceMs, grants, trial, limits, period, arrears, rateCard, fallback } = terms;
  return {
    plan,
    version,
    ...(paid ? { paid } : {}),
    ...(renewalGraceMs === 0 ? {} : { renewal_grace_ms: renewalGraceMs }),
    ...(grants.length === 0 ? {} : { grants: grants.map(grantToJson) }),
    ...(trial === null
      ? {}
      : {
          trial: {
            length_ms: trial.lengthMs,
            ...(trial.grants === null ? {} : { grants: trial.grants.map(grantToJson) }),
          },
        }),
    ...(limits.length === 0 ? {} : { limits: limits.map(limitToJson) }),
    period: periodToJson(period),
    ...(arrears.length === 0 ? {} : { arrears }),
    ...(rateCard === null ? {} : { rate_card: rateCard }),
    ...(fallback === null ? {} : { fallback: planTermsToJson(fallback) }),
  };
}

export function planTermsFromJson(json: PlanTermsJson): PlanTerms {
  const { trial } = json;
  return {
    plan: json.plan,
    version: json.version,
    paid: json.paid ?? false,
    renewalGraceMs: json.renewal_grace_ms ?? 0,
    grants: (json.grants ?? []).map(grantFromJson),
    trial: trial === undefined ? null : { lengthMs: trial.length_ms, grants: trial.grants?.map(grantFromJson) ?? null },
    limits: (json.limits ?? []).map(limitFromJson),
    period: periodFromJson(json.period),
    arrears: json.arrears ?? [],
    rateCard: json.rate_card ?? null,
    fallback: json.fallback === undefined ? null : planTermsFromJson(json.fallback),
  };
}

export function lotPlanToJson({ subscription, through, rollover, window }: LotPlan): LotPlanJson {
  return {
    subscription,
    ...(through === null ? {} : { through }),
    ...(rollover === null ? {} : { rollover: planRolloverToJson(rollover) }),
    ...(window === null ? {} : { window: [window.start, window.end] }),
  };
}

export function lotPlanFromJson({ subscription, through, rollover, window }: LotPlanJson): LotPlan {
  return {
    subscription,
    through: through ?? null,
    rollover: rollover === undefined ? null : planRolloverFromJson(rollover),
    window: window === undefined ? null : { start: window[0], end: window[1] },
  };
}

function grantToJson({ unit, allowance, amount, given, priority, rollover, appliesTo }: PlanGrant): PlanGrantJson {
  return {
    unit,
    ...(allowance ? { allowance } : {}),
    amount: amount.toString(),
    ...(given === undefined ? {} : { given: given.toString() }),
    priority,
    ...(rollover === null ? {} : { rollover: planRolloverToJson(rollover) }),
    ...(appliesTo === null ? {} : { applies_to: appliesTo }),
  };
}

function grantFromJson({ unit, allowance, amount, given, priority, rollover, applies_to }: PlanGrantJson): PlanGrant {
  return {
    unit,
    allowance: allowance ?? false,
    amount: BigInt(amount),
    ...(given === undefined ? {} : { given: BigInt(given) }),
    priority,
    rollover: rollover === undefined ? null : planRolloverFromJson(rollover),
    appliesTo: applies_to ?? null,
  };
}

function planRolloverToJson({ percent, cap, carryMs, periods }: PlanRollover): PlanRolloverJson {
  return {
    percent,
    ...(cap === null ? {} : { cap: cap.toString() }),
    ...(carryMs === null ? {} : { carry_ms: carryMs }),
    ...(periods === null ? {} : { periods }),
  };
}

function planRolloverFromJson({ percent, cap, carry_ms, periods }: PlanRolloverJson): PlanRollover {
  return { percent, cap: cap === undefined ? null : BigInt(cap), carryMs: carry_ms ?? null, periods: periods ?? null };
}

function limitToJson({ unit, amount, scale, window, soft, match, counts }: PlanLimit): PlanLimitJson {
  return {
    unit,
    amount: amount.toString(),
    scale,
    window: 'anchor' in window ? periodToJson(window) : window,
    ...(soft ? { soft } : {}),
    ...(match === null ? {} : { match }),
    counts,
  };
}

function limitFromJson({ unit, amount, scale, window, soft, match, counts }: PlanLimitJson): PlanLimit {
  return {
    unit,
    amount: BigInt(amount),
    scale,
    window: windowFromJson(window),
    soft: soft ?? false,
    match: match ?? null,
    counts,
  };
}

function windowFromJson(window: PlanLimitJson['window']): LimitWindow {
  return window.every === 'billing_period' || window.every === 'lifetime'
    ? { every: window.every }
    : periodFromJson(window as PeriodJson);
}

export function periodToJson(period: Period): PeriodJson {
  const { every, count } = period;
  return period.anchor === 'calendar' ? { every, count, time_zone: period.timeZone } : { every, count };
}

export function periodFromJson({ every, count, time_zone }: PeriodJson): Period {
  return time_zone === undefined
    ? { every, count, anchor: 'subscription' }
    : { every, count, anchor: 'calendar', timeZone: time_zone };
}
