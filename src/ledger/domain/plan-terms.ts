import type { AppliesTo } from './applies-to.js';
import type { Period } from './calendar.js';

/** Most subscriptions that an account may have alive at once. */
export const MAX_LIVE_SUBSCRIPTIONS = 20;

/** Most grants, and most limits, of one plan. */
export const MAX_LINES_PER_PLAN = 20;

/** Most periods through which credits may be carried by number of periods. */
export const MAX_CARRIED_PERIODS = 36;

/**
 * What a version of a plan gives, as data: a command brings it, the entry keeps it. Nothing that is folded ever looks a
 * plan up, so a catalogue may change as it likes and history stays what it was.
 */
export interface PlanTerms {
  readonly plan: string;
  /** From 1. */
  readonly version: number;
  /** Renews only by its paid invoice or the call; else by itself at each boundary. */
  readonly paid: boolean;
  /** How long the period's credits live on while the renewal is awaited; 0 where it renews by itself. */
  readonly renewalGraceMs: number;
  /** Per period, no unit twice. */
  readonly grants: readonly PlanGrant[];
  /** Null where there is none. */
  readonly trial: PlanTrial | null;
  /** Per window, no unit twice and none that a grant names. */
  readonly limits: readonly PlanLimit[];
  /** How the next boundary is found where the plan renews by itself or the call does not say. */
  readonly period: Period;
  /** Units whose spends are not refused for lack of credits but billed later, none twice. */
  readonly arrears: readonly PlanArrears[];
  /** Prices the account's events; null: the one that prices those of accounts without a plan. */
  readonly rateCard: string | null;
  /** What the account falls back to when the subscription ends: a plan that renews by itself and falls back to nothing. */
  readonly fallback: PlanTerms | null;
}

/** A first period that is tried out. */
export interface PlanTrial {
  readonly lengthMs: number;
  /** Null where it gives what every period gives. */
  readonly grants: readonly PlanGrant[] | null;
}

/** Credits that every period brings, as one lot of category `included`. Amounts in base units. */
export interface PlanGrant {
  readonly unit: string;
  /** The unit is an allowance, which cannot be bought: who runs out of it waits for the next period. */
  readonly allowance: boolean;
  readonly amount: bigint;
  /** What the period that runs was given, where the amount changed since: that is for the next one. */
  readonly given?: bigint | undefined;
  readonly priority: number;
  /** Null: what is left when the period closes expires. */
  readonly rollover: PlanRollover | null;
  readonly appliesTo: AppliesTo | null;
}

/** Whatever a spend lacks in the unit is reported to Stripe. */
export interface PlanArrears {
  /** Prepaid. */
  readonly unit: string;
  /** The name of the meter's events at Stripe. */
  readonly meter: string;
}

/** What becomes of what is left when a period closes. */
export interface PlanRollover {
  /** Whole percent of what is left that is carried, 1 to 100; the share is rounded down. */
  readonly percent: number;
  /** Bounds all that is carried together in this unit of this subscription, what earlier periods carried included; null: no bound. */
  readonly cap: bigint | null;
  /** Own life of what is carried, from the closing moment; null: no such end. */
  readonly carryMs: number | null;
  /** Through how many following periods carried credits live, 1 to `MAX_CARRIED_PERIODS`; null: no such end. Whichever ends first. */
  readonly periods: number | null;
}

/** A bound on how much may be used in each window: an allowance unit that is filled up to `amount` for the window. */
export interface PlanLimit {
  readonly unit: string;
  /** In base units; 0 refuses all that counts against it. */
  readonly amount: bigint;
  /** Digits of the unit, 0 to 9: how many base units one event is. */
  readonly scale: number;
  readonly window: LimitWindow;
  /** Warns instead of refusing. */
  readonly soft: boolean;
  /** Events that count against it, any of these; null: only spends that name the unit. */
  readonly match: readonly LimitMatch[] | null;
  /** What of an event counts: that it happened, or its quantity. */
  readonly counts: 'events' | 'quantity';
}

/** Every part given must hold of the event; of a list, any. */
export interface LimitMatch {
  readonly meters?: readonly string[];
  readonly models?: readonly string[];
  readonly properties?: Readonly<Record<string, string>>;
}

/** `billing_period` is the subscription's period, `lifetime` never ends. */
export type LimitWindow = Period | { readonly every: 'billing_period' } | { readonly every: 'lifetime' };
