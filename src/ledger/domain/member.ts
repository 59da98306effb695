import type { Period } from './calendar.js';
import type { Moment } from './moment.js';

/** Most members that an account may have on record: all are read with it. */
export const MAX_MEMBERS = 5_000;
export const MAX_BUDGETS_PER_MEMBER = 10;
/** Most members above one another, such as organisation, department, team, user. */
export const MAX_MEMBER_LEVELS = 4;

/** When a budget begins anew: by the calendar, counted from `anchor`, or never. */
export type BudgetWindow = Period | { readonly every: 'lifetime' };

/** How much a member, with all members under it, may spend of a unit in each window. */
export interface Budget {
  readonly unit: string;
  /** In base units; 0 refuses all. */
  readonly amount: bigint;
  readonly window: BudgetWindow;
  /** From which its windows are counted (`anchor: 'subscription'`); 0 where they are the calendar's. */
  readonly anchor: Moment;
  /** Warns instead of refusing. */
  readonly soft: boolean;
}

/** What a `configure` entry says of a member. */
export interface MemberTerms {
  /** Whose budgets count too. */
  readonly parent: string | null;
  /** In the order given, which is how entries name them. */
  readonly budgets: readonly Budget[];
}

/** The window in which a budget counted last. `start` is in it, `end` is not. */
export interface BudgetCount {
  readonly start: Moment;
  /** Null: never. */
  readonly end: Moment | null;
  /** The `seq` of the commit that opened it: a refund of an earlier one gives nothing back to it. */
  readonly from: number;
  /** Committed in it, less what of that was refunded. */
  readonly spent: bigint;
}

/** A window that an entry opens, because it is the first spend in it; so no fold asks a calendar. */
export interface OpenedWindow {
  readonly member: string;
  /** Of the budget, among the member's, from 0. */
  readonly place: number;
  readonly start: Moment;
  readonly end: Moment | null;
}

/** A member as the fold of the account's entries; replaced by the next one, never changed. */
export interface Member extends MemberTerms {
  readonly id: string;
  /** The `seq` since which it stands where it stands: refunds of what it spent before give nothing back above it. */
  readonly placedAt: number;
  /** One for each budget, null before the first spend. */
  readonly counts: readonly (BudgetCount | null)[];
}

/** Whether the window that was open last is the one of this moment. */
export function isOpen(count: BudgetCount | null, now: Moment): count is BudgetCount {
  return count !== null && count.start <= now && (count.end === null || now < count.end);
}

/** Whether two budgets count the same: what was counted for the one stays counted for the other. */
export function isSameBudget(a: Budget, b: Budget): boolean {
  if (a.unit !== b.unit || a.window.every !== b.window.every) return false;
  if (!('anchor' in a.window) || !('anchor' in b.window)) return true;
  if (a.window.count !== b.window.count || a.window.anchor !== b.window.anchor) return false;
  if (a.window.anchor === 'calendar') return b.window.anchor === 'calendar' && a.window.timeZone === b.window.timeZone;
  return a.anchor === b.anchor;
}
