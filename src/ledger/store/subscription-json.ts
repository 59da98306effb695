import type { Cost, Moment } from '../domain/account.js';
import type { HadPlan, OpenWindow, SubscriptionChange, SubscriptionStatus, Upcoming } from '../domain/subscription.js';
import { planTermsFromJson, planTermsToJson, type PlanTermsJson } from './plan-json.js';

/** What a `subscribe` entry changes, as it is stored: what is not there stays. */
export interface SubscriptionChangeJson {
  readonly id: string;
  readonly terms?: PlanTermsJson;
  readonly anchor?: Moment;
  /** Its number, its start, its end. */
  readonly period?: readonly [number, Moment, Moment];
  readonly status?: SubscriptionStatus;
  readonly cancel_at_end?: boolean;
  /** Null: nothing is planned any more. */
  readonly next?: UpcomingJson | null;
  readonly had?: readonly string[];
  readonly closes?: number;
  readonly paid?: Cost;
}

/** By unit: start, end, what was given. */
export type WindowsJson = Readonly<Record<string, readonly [Moment, Moment | null, string]>>;

export interface UpcomingJson {
  readonly terms: PlanTermsJson;
  readonly start?: Moment;
  readonly end?: Moment;
  readonly cost?: Cost;
}

export function changeToJson(change: SubscriptionChange): SubscriptionChangeJson {
  const { id, terms, anchor, period, status, cancelAtEnd, next, had, closes, paid } = change;
  return {
    id,
    ...(terms === undefined ? {} : { terms: planTermsToJson(terms) }),
    ...(anchor === undefined ? {} : { anchor }),
    ...(period === undefined ? {} : { period: [period.no, period.start, period.end] }),
    ...(status === undefined ? {} : { status }),
    ...(cancelAtEnd === undefined ? {} : { cancel_at_end: cancelAtEnd }),
    ...(next === undefined ? {} : { next: next === null ? null : upcomingToJson(next) }),
    ...(had === undefined ? {} : { had: hadToJson(had) }),
    ...(closes === undefined ? {} : { closes }),
    ...(paid === undefined ? {} : { paid }),
  };
}

export function changeFromJson(json: SubscriptionChangeJson): SubscriptionChange {
  const { id, terms, anchor, period, status, cancel_at_end, next, had, closes, paid } = json;
  return {
    id,
    ...(terms === undefined ? {} : { terms: planTermsFromJson(terms) }),
    ...(anchor === undefined ? {} : { anchor }),
    ...(period === undefined ? {} : { period: { no: period[0], start: period[1], end: period[2] } }),
    ...(status === undefined ? {} : { status }),
    ...(cancel_at_end === undefined ? {} : { cancelAtEnd: cancel_at_end }),
    ...(next === undefined ? {} : { next: next === null ? null : upcomingFromJson(next) }),
    ...(had === undefined ? {} : { had: hadFromJson(had) }),
    ...(closes === undefined ? {} : { closes }),
    ...(paid === undefined ? {} : { paid }),
  };
}

/** A plan, and behind an `@`, which no plan's name has, until when it was had where that is not the period's end. */
export function hadToJson(had: readonly HadPlan[]): readonly string[] {
  return had.map(({ plan, until }) => (until === null ? plan : `${plan}@${until}`));
}

export function hadFromJson(had: readonly string[]): readonly HadPlan[] {
  return had.map(text => {
    const [plan, until] = text.split('@') as [string, string?];
    return { plan, until: until === undefined ? null : Number(until) };
  });
}

export function upcomingToJson({ terms, period }: Upcoming): UpcomingJson {
  if (period === null) return { terms: planTermsToJson(terms) };
  const { start, end, cost } = period;
  return { terms: planTermsToJson(terms), start, end, ...(cost === undefined ? {} : { cost }) };
}

export function upcomingFromJson({ terms, start, end, cost }: UpcomingJson): Upcoming {
  const span = start === undefined || end === undefined ? null : { start, end };
  const period = span === null || cost === undefined ? span : { ...span, cost };
  return { terms: planTermsFromJson(terms), period };
}

export function windowsToJson(windows: ReadonlyMap<string, OpenWindow>): WindowsJson {
  const json: Record<string, readonly [Moment, Moment | null, string]> = {};
  for (const [unit, { start, end, given }] of windows) json[unit] = [start, end, given.toString()];
  return json;
}

export function windowsFromJson(windows: WindowsJson): ReadonlyMap<string, OpenWindow> {
  const read = Object.entries(windows).map(([unit, [start, end, given]]): [string, OpenWindow] => {
    return [unit, { start, end, given: BigInt(given) }];
  });
  return new Map(read);
}
