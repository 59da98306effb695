import type {
  AppliesTo,
  Cost,
  HoldTerms,
  LotCategory,
  LotTerms,
  Metadata,
  Moment,
  OverageTerms,
  RolloverRule,
} from '../domain/account.js';
import type { Entry, Settings } from '../domain/entry.js';
import type { PricedEvent } from '../domain/priced-event.js';
import {
  memberTermsFromJson,
  memberTermsToJson,
  openedFromJson,
  openedToJson,
  type MemberTermsJson,
  type OpenedJson,
} from './member-json.js';
import { lotPlanFromJson, lotPlanToJson, type LotPlanJson } from './plan-json.js';
import { changeToJson, type SubscriptionChangeJson } from './subscription-json.js';

/** The `details` of an entry: what only some entries have. Amounts are strings of base units, moments milliseconds. */
export interface EntryDetails {
  readonly made?: readonly MadeLotJson[];
  readonly terms?: HoldTermsJson;
  readonly expires_at?: Moment;
  readonly settings?: SettingsJson;
  readonly event?: PricedEventJson;
  readonly subscription?: SubscriptionChangeJson;
  readonly opens?: readonly OpenedJson[];
  readonly provider_cost?: Cost;
}

/** A lot's unit is its entry's. */
interface MadeLotJson {
  readonly category: LotCategory;
  readonly priority: number;
  readonly granted: string;
  readonly expires_at?: Moment;
  readonly applies_to?: AppliesTo;
  readonly cost?: Cost;
  readonly rollover?: RolloverJson;
  readonly carried_from?: number;
  readonly plan?: LotPlanJson;
  readonly overage?: OverageTerms;
}

/** The member is the entry's. */
type HoldTermsJson = Pick<HoldTerms, 'overage' | 'late'> & {
  readonly expires_at: Moment;
  readonly grace_ms: number;
  readonly meter?: string;
  readonly model?: string;
};

type PricedEventJson = Omit<PricedEvent, 'lines'> & {
  readonly lines: readonly { readonly unit: string; readonly amount: string }[];
};

interface SettingsJson {
  readonly overdraft_limits?: Readonly<Record<string, string>>;
  readonly metadata?: Metadata;
  /** Of the entry's member. */
  readonly member?: MemberTermsJson | null;
  readonly test_clock?: string;
  readonly frozen_by?: readonly string[];
}

export interface RolloverJson {
  readonly percent: number;
  readonly cap: string | null;
  readonly carry_ms: number | null;
}

/** Null for most entries. */
export function detailsToJson(entry: Entry): EntryDetails | null {
  const { made, terms, expiresAt, settings, subscription, event, providerCost, opens } = entry;
  const plain = terms === null && expiresAt === null && settings === null && event === null && providerCost === null;
  if (made.length === 0 && plain && subscription === null && opens === null) return null;
  return {
    ...(made.length === 0 ? {} : { made: made.map(madeToJson) }),
    ...(terms === null ? {} : { terms: termsToJson(terms) }),
    ...(expiresAt === null ? {} : { expires_at: expiresAt }),
    ...(settings === null ? {} : { settings: settingsToJson(settings) }),
    ...(event === null ? {} : { event: eventToJson(event) }),
    ...(subscription === null ? {} : { subscription: changeToJson(subscription) }),
    ...(opens === null ? {} : { opens: opens.map(openedToJson) }),
    ...(providerCost === null ? {} : { provider_cost: providerCost }),
  };
}

export function madeFromJson(made: MadeLotJson, unit: string): LotTerms {
  return {
    unit,
    category: made.category,
    priority: made.priority,
    granted: BigInt(made.granted),
    expiresAt: made.expires_at ?? null,
    appliesTo: made.applies_to ?? null,
    cost: made.cost ?? null,
    rollover: rolloverFromJson(made.rollover),
    carriedFrom: made.carried_from ?? null,
    plan: made.plan === undefined ? null : lotPlanFromJson(made.plan),
    ...(made.overage !== undefined && { overage: made.overage }),
  };
}

export function termsFromJson(terms: HoldTermsJson, member: string | null): HoldTerms {
  const { expires_at, grace_ms, overage, late, meter = null, model = null } = terms;
  return { expiresAt: expires_at, graceMs: grace_ms, overage, late, meter, model, member };
}

export function eventFromJson({ lines, ...event }: PricedEventJson): PricedEvent {
  return { ...event, lines: lines.map(({ unit, amount }) => ({ unit, amount: BigInt(amount) })) };
}

export function openedWindowsFromJson(opens: readonly OpenedJson[] | undefined): Entry['opens'] {
  return opens === undefined ? null : opens.map(openedFromJson);
}

export function settingsFromJson({
  overdraft_limits,
  metadata,
  member,
  test_clock,
  frozen_by,
}: SettingsJson): Settings {
  return {
    ...(overdraft_limits === undefined
      ? {}
      : { overdraftLimits: new Map(Object.entries(overdraft_limits).map(([unit, limit]) => [unit, BigInt(limit)])) }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(member === undefined ? {} : { member: member === null ? null : memberTermsFromJson(member) }),
    ...(test_clock === undefined ? {} : { testClock: test_clock }),
    ...(frozen_by === undefined ? {} : { frozenBy: frozen_by }),
  };
}

export function rolloverToJson({ percent, cap, carryMs }: RolloverRule): RolloverJson {
  return { percent, cap: cap === null ? null : cap.toString(), carry_ms: carryMs };
}

export function rolloverFromJson(rollover: RolloverJson | undefined): RolloverRule | null {
  if (rollover === undefined) return null;
  return {
    percent: rollover.percent,
    cap: rollover.cap === null ? null : BigInt(rollover.cap),
    carryMs: rollover.carry_ms,
  };
}

function madeToJson(made: LotTerms): MadeLotJson {
  const { category, priority, granted, expiresAt, appliesTo, cost, rollover, carriedFrom, plan, overage } = made;
  return {
    category,
    priority,
    granted: granted.toString(),
    ...(expiresAt === null ? {} : { expires_at: expiresAt }),
    ...(appliesTo === null ? {} : { applies_to: appliesTo }),
    ...(cost === null ? {} : { cost }),
    ...(rollover === null ? {} : { rollover: rolloverToJson(rollover) }),
    ...(carriedFrom === null ? {} : { carried_from: carriedFrom }),
    ...(plan === null ? {} : { plan: lotPlanToJson(plan) }),
    ...(overage === undefined ? {} : { overage }),
  };
}

function termsToJson({ expiresAt, graceMs, overage, late, meter, model }: HoldTerms): HoldTermsJson {
  return {
    expires_at: expiresAt,
    grace_ms: graceMs,
    overage,
    late,
    ...(meter === null ? {} : { meter }),
    ...(model === null ? {} : { model }),
  };
}

function eventToJson({ lines, ...event }: PricedEvent): PricedEventJson {
  return { ...event, lines: lines.map(({ unit, amount }) => ({ unit, amount: amount.toString() })) };
}

function settingsToJson({ overdraftLimits, metadata, member, testClock, frozenBy }: Settings): SettingsJson {
  return {
    ...(overdraftLimits === undefined
      ? {}
      : {
          overdraft_limits: Object.fromEntries([...overdraftLimits].map(([unit, limit]) => [unit, limit.toString()])),
        }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(member === undefined ? {} : { member: member === null ? null : memberTermsToJson(member) }),
    ...(testClock === undefined ? {} : { test_clock: testClock }),
    ...(frozenBy === undefined ? {} : { frozen_by: frozenBy }),
  };
}
