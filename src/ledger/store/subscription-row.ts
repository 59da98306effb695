import type { Moment } from '../domain/account.js';
import type { PlanLot, Subscription, SubscriptionStatus } from '../domain/subscription.js';
import {
  lotPlanFromJson,
  lotPlanToJson,
  planTermsFromJson,
  planTermsToJson,
  type LotPlanJson,
  type PlanTermsJson,
} from './plan-json.js';
import {
  hadFromJson,
  hadToJson,
  upcomingFromJson,
  upcomingToJson,
  windowsFromJson,
  windowsToJson,
  type UpcomingJson,
  type WindowsJson,
} from './subscription-json.js';

/** The row of `subscriptions` as a pure function of the subscription. */
export interface SubscriptionRow {
  readonly subscription: string;
  readonly plan: string;
  readonly planVersion: number;
  readonly status: SubscriptionStatus;
  readonly anchor: Moment;
  readonly periodNo: number;
  readonly periodStart: Moment;
  readonly periodEnd: Moment;
  readonly cancelAtEnd: boolean;
  readonly terms: PlanTermsJson;
  readonly next: UpcomingJson | null;
  readonly had: readonly string[];
  readonly closedThrough: number;
  readonly closedAt: Moment;
  readonly windows: WindowsJson;
  /** By number. */
  readonly lots: Readonly<Record<string, PlanLotJson>>;
}

type PlanLotJson = Omit<LotPlanJson, 'subscription'> & {
  readonly unit: string;
  readonly expires_at?: Moment;
  readonly carried?: true;
};

/** What to select of `subscriptions`. */
export const SUBSCRIPTION_COLUMNS = `subscription, plan, plan_version, status, anchor, period_no, period_start, period_end,
  cancel_at_end, terms, next, had, closed_through, closed_at, windows, lots`;

/** A row as JSON with the names of its columns. */
export function subscriptionRecord(row: SubscriptionRow) {
  const { subscription, plan, status, terms, next, had, windows, lots } = row;
  return {
    subscription,
    plan,
    plan_version: row.planVersion,
    status,
    anchor: time(row.anchor),
    period_no: row.periodNo,
    period_start: time(row.periodStart),
    period_end: time(row.periodEnd),
    cancel_at_end: row.cancelAtEnd,
    terms,
    next,
    had,
    closed_through: row.closedThrough,
    closed_at: time(row.closedAt),
    windows,
    lots,
  };
}

export function subscriptionRow(subscription: Subscription): SubscriptionRow {
  const { id, terms, anchor, period, status, cancelAtEnd, next, had, closedThrough, closedAt } = subscription;
  return {
    subscription: id,
    plan: terms.plan,
    planVersion: terms.version,
    status,
    anchor,
    periodNo: period.no,
    periodStart: period.start,
    periodEnd: period.end,
    cancelAtEnd,
    terms: planTermsToJson(terms),
    next: next === null ? null : upcomingToJson(next),
    had: hadToJson(had),
    closedThrough,
    closedAt,
    windows: windowsToJson(subscription.windows),
    lots: Object.fromEntries([...subscription.lots].map(([no, lot]) => [no, planLotToJson(id, lot)])),
  };
}

export function subscriptionFromRow(row: SubscriptionRow): Subscription {
  const { subscription: id, anchor, status, cancelAtEnd, had, closedThrough, closedAt } = row;
  return {
    id,
    terms: planTermsFromJson(row.terms),
    anchor,
    period: { no: row.periodNo, start: row.periodStart, end: row.periodEnd },
    status,
    cancelAtEnd,
    next: row.next === null ? null : upcomingFromJson(row.next),
    had: hadFromJson(had),
    closedThrough,
    closedAt,
    windows: windowsFromJson(row.windows),
    lots: new Map(Object.entries(row.lots).map(([no, lot]) => [Number(no), planLotFromJson(id, lot)])),
  };
}

function planLotToJson(id: string, { unit, expiresAt, carried, through, rollover, window }: PlanLot): PlanLotJson {
  const { subscription: _, ...plan } = lotPlanToJson({ subscription: id, through, rollover, window });
  return {
    unit,
    ...(expiresAt === null ? {} : { expires_at: expiresAt }),
    ...(carried ? { carried } : {}),
    ...plan,
  };
}

function planLotFromJson(id: string, { unit, expires_at, carried, ...plan }: PlanLotJson): PlanLot {
  const { through, rollover, window } = lotPlanFromJson({ subscription: id, ...plan });
  return { unit, expiresAt: expires_at ?? null, carried: carried ?? false, through, rollover, window };
}

function time(at: Moment): string {
  return new Date(at).toISOString();
}
