import type { Cost } from './cost.js';
import type { LotPlan } from './lot-plan.js';
import type { Moment } from './moment.js';
import type { PlanTerms } from './plan-terms.js';

/** Most records of subscriptions that are over or wait: as many as may be remembered, and a fallback for each that may live. */
export const MAX_PAST_SUBSCRIPTIONS = 40;

/** What the caller may not name: ids of subscriptions that the ledger starts by itself, followed by the plan. */
const FALLBACK_PREFIX = 'fallback:';

/** `waiting`: a fallback, while a subscription lives that would fall back to it. */
export const SUBSCRIPTION_STATUSES = ['trialing', 'active', 'waiting', 'ended'] as const;
export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number];

/** One period of a subscription. `start` is in it, `end` is not. */
export interface SubscriptionPeriod {
  /** Counted from 1 as they come. */
  readonly no: number;
  readonly start: Moment;
  readonly end: Moment;
}

/** A plan whose grants were given, and until when they were for; null: for the period that the subscription is in. */
export interface HadPlan {
  readonly plan: string;
  readonly until: Moment | null;
}

/** A period that is paid for before it begins. */
export interface PlannedPeriod {
  readonly start: Moment;
  readonly end: Moment;
  /** What was paid for it, where that is known. */
  readonly cost?: Cost | undefined;
}

/** What comes after the period. */
export interface Upcoming {
  readonly terms: PlanTerms;
  /** Null where it waits for its payment: it then begins with the renewal, and only tells what is planned. */
  readonly period: PlannedPeriod | null;
}

/** The window of a limit that was opened last. */
export interface OpenWindow {
  readonly start: Moment;
  /** Null: never. */
  readonly end: Moment | null;
  /** What was given for it so far, less what was taken back before its end: so what was used stays used. */
  readonly given: bigint;
}

/** What a subscription knows of a lot that it gave: carried lots included, refunds of it not. */
export interface PlanLot extends Omit<LotPlan, 'subscription'> {
  readonly unit: string;
  readonly expiresAt: Moment | null;
  readonly carried: boolean;
}

/**
 * What an account has of a plan, as the fold of its entries; replaced by the next one, never changed. An ended one stays
 * for a while as the record of which periods were had.
 */
export interface Subscription {
  readonly id: string;
  readonly terms: PlanTerms;
  /** From which its periods and windows are counted. */
  readonly anchor: Moment;
  readonly period: SubscriptionPeriod;
  readonly status: SubscriptionStatus;
  readonly cancelAtEnd: boolean;
  readonly next: Upcoming | null;
  /** Plans whose grants this period has had, or an earlier one that is not over: see `allowance.ts`. */
  readonly had: readonly HadPlan[];
  /** Number of the last period whose lots are over, whatever their own ends say; 0: none. */
  readonly closedThrough: number;
  /** When that one was closed. */
  readonly closedAt: Moment;
  /** By unit of the limit. */
  readonly windows: ReadonlyMap<string, OpenWindow>;
  /** By number; those that can matter no more are forgotten. */
  readonly lots: ReadonlyMap<number, PlanLot>;
}

/** What a `subscribe` entry says: what is not given stays. */
export interface SubscriptionChange {
  readonly id: string;
  readonly terms?: PlanTerms;
  readonly anchor?: Moment;
  readonly period?: SubscriptionPeriod;
  readonly status?: SubscriptionStatus;
  readonly cancelAtEnd?: boolean;
  readonly next?: Upcoming | null;
  readonly had?: readonly HadPlan[];
  /** Closes the periods up to this number. */
  readonly closes?: number;
  /** What was paid and is the price of no credits. It is said of one that is over, alone, and changes nothing about it. */
  readonly paid?: Cost;
}

export function isLive({ status }: Subscription): boolean {
  return status === 'active' || status === 'trialing';
}

export function fallbackId(plan: string): string {
  return FALLBACK_PREFIX + plan;
}

/** Started by the ledger and not by a caller. */
export function isFallback(id: string): boolean {
  return id.startsWith(FALLBACK_PREFIX);
}

/** How long the credits of a period live that ends at `end`. */
export function lotsEnd(terms: PlanTerms, end: Moment): Moment {
  return terms.paid ? end + terms.renewalGraceMs : end;
}

/** When time does something to the subscription: it ends, renews, or becomes what was planned. */
export function subscriptionDueAt(subscription: Subscription): Moment {
  if (!isLive(subscription)) return Infinity;
  const { period, terms, next, cancelAtEnd } = subscription;
  if (cancelAtEnd) return period.end;
  const over = lotsEnd(terms, period.end);
  const planned = next?.period?.start ?? Infinity;
  return planned < over ? planned : over;
}
