import type { Moment } from './moment.js';
import type { PlanRollover } from './plan-terms.js';

/** What a lot has from the subscription that gave it. */
export interface LotPlan {
  readonly subscription: string;
  /** The lot is over when the period of this number closes; null: periods do not matter to it. */
  readonly through: number | null;
  /** What becomes of what is left of it; never of a carried lot. */
  readonly rollover: PlanRollover | null;
  /** The window that it fills, for the lot of a limit. */
  readonly window: { readonly start: Moment; readonly end: Moment | null } | null;
}
