import type { AppliesTo } from '../ledger/domain/account.js';
import type { PeriodUnit } from '../ledger/domain/calendar.js';

export const COUNTED = ['events', 'quantity'] as const;
export const ANCHORS = ['subscription', 'calendar'] as const;

/** Boundaries by the calendar of a time zone, or counted from the moment a subscription began. */
export interface PeriodDefinition {
  readonly every: PeriodUnit;
  readonly count: number;
  readonly anchor: (typeof ANCHORS)[number];
  /** Of the IANA database; only where the anchor is the calendar. */
  readonly time_zone?: string | undefined;
}

export type WindowDefinition = PeriodDefinition | { readonly every: 'billing_period' | 'lifetime' };

/** What a period carries into the next. `all` and `cap` may end it by time, by periods, or by whichever is first. */
export type RolloverDefinition<A> =
  | { readonly carry: 'none' }
  | ({ readonly carry: 'all' } & CarriedUntil)
  | ({ readonly carry: 'cap'; readonly percent?: number | undefined; readonly amount?: A | undefined } & CarriedUntil);

interface CarriedUntil {
  readonly expires_after_seconds?: number | undefined;
  readonly periods?: number | undefined;
}

export interface GrantDefinition<A> {
  readonly unit: string;
  readonly amount: A;
  readonly priority: number;
  readonly rollover: RolloverDefinition<A>;
  readonly applies_to?: AppliesDefinition | undefined;
}

type AppliesDefinition = { readonly [K in keyof AppliesTo]: AppliesTo[K] | undefined };

/** Which events count against a limit: those that fit every list and property given. */
export interface MatchDefinition {
  readonly meters?: readonly string[] | undefined;
  readonly models?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

export interface LimitDefinition<A> {
  readonly unit: string;
  readonly amount: A;
  readonly window: WindowDefinition;
  readonly soft: boolean;
  readonly match?: readonly MatchDefinition[] | undefined;
  /** What of an event that matches counts: that it happened, or its quantity. */
  readonly counts: (typeof COUNTED)[number];
}

/** A first period that nobody pays for. */
export interface TrialDefinition<A> {
  readonly days: number;
  /** Instead of the plan's. */
  readonly grants?: readonly GrantDefinition<A>[] | undefined;
}

export interface PriceDefinition {
  /** In the currency's main unit. */
  readonly amount: string;
  readonly currency: string;
  readonly stripe_price?: string | undefined;
}

/** What a spend lacks in the unit is lent, and reported to the meter. */
export interface ArrearsDefinition {
  readonly unit: string;
  /** The name of the meter's events at Stripe. */
  readonly meter: string;
}

/**
 * A plan as it is written in a request and in a file, kept and shown the same way: what a pricing page shows, and what a
 * subscription gives. `A` is an amount: as the caller wrote it, or, once read, a canonical decimal.
 */
export interface Definition<A> {
  readonly name: string;
  readonly description?: string | undefined;
  readonly features: readonly string[];
  /** Where it stands on a page; lower first. */
  readonly order: number;
  readonly public: boolean;
  readonly prices: readonly PriceDefinition[];
  readonly period: PeriodDefinition;
  readonly grants: readonly GrantDefinition<A>[];
  readonly trial?: TrialDefinition<A> | undefined;
  readonly limits: readonly LimitDefinition<A>[];
  readonly renewal_grace_seconds?: number | undefined;
  /** Units that are billed by their use beyond what the account has. */
  readonly arrears?: readonly ArrearsDefinition[] | undefined;
  /** Prices the events of whoever has the plan. */
  readonly rate_card?: string | undefined;
  readonly fallback?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export type PlanDefinition = Definition<string>;
export type GivenPlanDefinition = Definition<string | number>;

/** A plan with a price renews by its paid invoice or the caller's word; without one by itself. */
export function isPaid({ prices }: Definition<unknown>): boolean {
  return prices.length > 0;
}
