import type {
  AppliesTo,
  Cost,
  LatePolicy,
  LotCategory,
  Metadata,
  Moment,
  OveragePolicy,
  RolloverRule,
  SpendContext,
} from './account.js';
import type { MemberTerms } from './member.js';
import type { PricedEvent } from './priced-event.js';
import type { PlanTerms } from './plan-terms.js';

/** One unit and how much of it, in base units. */
export interface Line {
  readonly unit: string;
  readonly amount: bigint;
}

/** What a lot is granted as. */
export interface GrantedLot {
  readonly unit: string;
  readonly amount: bigint;
  readonly category: LotCategory;
  readonly priority: number;
  readonly expiresAt: Moment | null;
  /** Instead of `expiresAt`: counted from the grant. */
  readonly expiresAfterMs?: number;
  readonly appliesTo: AppliesTo | null;
  readonly cost: Cost | null;
  readonly rollover: RolloverRule | null;
  readonly reason: string | null;
  readonly metadata: Metadata | null;
}

export interface Grant extends GrantedLot {
  readonly type: 'grant';
  /** Lots of their own that come with it, as a bonus does with what was paid for: all of them, or none. */
  readonly also?: readonly GrantedLot[] | undefined;
}

export interface Reserve extends SpendContext {
  readonly type: 'reserve';
  /** At least one; no unit twice. */
  readonly lines: readonly Line[];
  /** What the lines are the price of; absent where the caller gave amounts. */
  readonly event?: PricedEvent | undefined;
  readonly ttlMs: number;
  readonly graceMs: number;
  readonly overage: OveragePolicy;
  readonly late: LatePolicy;
  readonly metadata: Metadata | null;
}

export interface Commit {
  readonly type: 'commit';
  readonly reservation: number;
  /** A bare amount (one line only), amounts by unit (a unit not named commits 0), or null for all that is left. */
  readonly actual: bigint | readonly Line[] | null;
  /** What the lines are the price of; absent where the caller gave amounts. */
  readonly event?: PricedEvent | undefined;
  /** False captures a part and keeps the hold open. */
  readonly final: boolean;
  readonly providerCost: Cost | null;
  readonly metadata: Metadata | null;
}

export interface Release {
  readonly type: 'release';
  readonly reservation: number;
  readonly reason: string | null;
}

export interface Extend {
  readonly type: 'extend';
  readonly reservation: number;
  /** Counted from now; never shortens. */
  readonly ttlMs: number | null;
  /** How much more to hold. Without a unit the reservation must have one line. */
  readonly add: { readonly amount: bigint; readonly unit: string | null } | null;
}

/** Gives spent credits back, of a reservation (all its commits, or those of one unit). */
export interface RefundReservation {
  readonly type: 'refund-reservation';
  readonly reservation: number;
  /** Null for all that was committed and not yet refunded. */
  readonly amount: bigint | null;
  readonly unit: string | null;
  readonly reason: string | null;
}

/** Gives spent credits back, of one commit entry. */
export interface RefundEntry {
  readonly type: 'refund-entry';
  readonly entry: number;
  /** The reservation the entry belongs to, or null for a charge. */
  readonly reservation: number | null;
  readonly amount: bigint | null;
  readonly reason: string | null;
}

export interface Charge extends SpendContext {
  readonly type: 'charge';
  readonly lines: readonly Line[];
  /** As in `Reserve`. */
  readonly event?: PricedEvent | undefined;
  /** `allow_debt` may use the overdraft; the others need it all available. */
  readonly overage: OveragePolicy;
  readonly reason: string | null;
  readonly metadata: Metadata | null;
}

export interface Revoke {
  readonly type: 'revoke';
  readonly lot: number;
  readonly unit: string;
  /** Null for what is left of the lot. */
  readonly amount: bigint | null;
  /** Where less was granted and not yet revoked, that is revoked instead, if it is anything at all. */
  readonly atMost?: boolean | undefined;
  readonly reason: string | null;
}

export interface Reinstate {
  readonly type: 'reinstate';
  /** The `seq` of the revoke entry. */
  readonly revocation: number;
  readonly amount: bigint | null;
  readonly reason: string | null;
}

export interface Configure {
  readonly type: 'configure';
  readonly overdraftLimits: ReadonlyMap<string, bigint> | null;
  readonly metadata: Metadata | null;
  /** The clock that the account is to live by. */
  readonly testClock?: string | undefined;
}

/** Puts a member on record, in place of what is said of it there. */
export interface SetMember extends MemberTerms {
  readonly type: 'set-member';
  readonly member: string;
}

export interface RemoveMember {
  readonly type: 'remove-member';
  readonly member: string;
}

export interface Freeze {
  readonly type: 'freeze' | 'unfreeze';
  readonly reason: string | null;
  /** In whose name; absent: a caller's. Only a caller lifts what others hold. */
  readonly holder?: string | undefined;
}

export const CHANGE_POLICIES = ['keep', 'prorate', 'drop'] as const;
export type ChangePolicy = (typeof CHANGE_POLICIES)[number];

/** Starts, renews or changes a subscription. */
export interface Subscribe {
  readonly type: 'subscribe';
  readonly subscription: string;
  readonly terms: PlanTerms;
  /** The plan takes no new subscriptions; renewals go on. */
  readonly archived: boolean;
  /** The cycle, in whole seconds. Null: from now on, or the current one where there is one. */
  readonly start: Moment | null;
  /** Null: as the plan counts. */
  readonly end: Moment | null;
  /** When another plan takes effect. */
  readonly when: 'now' | 'period_end';
  /** What becomes of what is left of the old plan's credits where it is now: they live on, for the time that passed, or not at all. */
  readonly policy: ChangePolicy;
  /** The first period is a trial. */
  readonly trial: boolean;
  /** Null: as it is. */
  readonly cancelAtEnd: boolean | null;
  /** Amounts of this account's own, by unit; null: as they are. */
  readonly overrides: ReadonlyMap<string, bigint> | null;
  /** What was paid for what it gives; absent where that is not known. */
  readonly cost?: Cost | undefined;
  /** The overrides are for the period that runs: of what they are more, it is given what is for the time left. */
  readonly grows?: boolean | undefined;
  /** The overrides count within the period that runs, too: limits at once, what a period gives from the next one on. */
  readonly adjusts?: boolean | undefined;
  /** The start is a fact that was recorded before. */
  readonly seen: boolean;
  /** So is that the account tried the plan out. */
  readonly tried: boolean;
}

/** Ends a subscription. */
export interface Cancel {
  readonly type: 'cancel';
  readonly subscription: string;
  readonly when: 'now' | 'period_end';
}

/** Books what was paid for a subscription that is over, and is the price of no credits. */
export interface Recognise {
  readonly type: 'recognise';
  readonly subscription: string;
  readonly paid: Cost;
  readonly reason: string;
}

export type Command =
  | Grant
  | Reserve
  | Commit
  | Release
  | Extend
  | RefundReservation
  | RefundEntry
  | Charge
  | Revoke
  | Reinstate
  | Subscribe
  | Cancel
  | Recognise
  | Configure
  | SetMember
  | RemoveMember
  | Freeze;
