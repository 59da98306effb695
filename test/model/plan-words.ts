import type { PlanRollover, PlanTerms } from '../../src/ledger/domain/plan-terms.js';
import type { SubscriptionStatus } from '../../src/ledger/domain/subscription.js';

/** A window that was opened: until it ends it knows what was given for it and not taken back. */
export interface Bucket {
  readonly start: number;
  readonly end: number | null;
  given: bigint;
}

export interface NaiveSubscription {
  readonly id: string;
  terms: PlanTerms;
  anchor: number;
  no: number;
  start: number;
  end: number;
  status: SubscriptionStatus;
  cancelAtEnd: boolean;
  next: { terms: PlanTerms; start: number | null; end: number | null } | null;
  /** What the period was given under these terms, where it was another amount than they say. */
  gave?: { of: PlanTerms; amounts: ReadonlyMap<string, bigint> } | null;
  /** Lots of periods up to this number are over, since `closedAt`. */
  closedNo: number;
  closedAt: number;
  /** Another object whenever the period is another, or its end moves. */
  cycle: object;
  readonly buckets: Map<string, Bucket>;
}

/** What a lot has of a subscription. */
export interface NaiveLotPlan {
  readonly owner: NaiveSubscription;
  /** Over with the period of this number; null: periods do not matter. */
  readonly through: number | null;
  readonly rollover: PlanRollover | null;
  readonly window: { readonly start: number; readonly end: number | null } | null;
  readonly carried: boolean;
}

/** Somebody had a plan until then: one line for each time it was taken, none is ever struck out. */
export interface Tenure {
  readonly owner: NaiveSubscription;
  readonly plan: string;
  readonly cycle: object;
  readonly until: number;
}
