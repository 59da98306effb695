import type { SubscriptionStatus } from '../../ledger/domain/subscription.js';

/** One item of a subscription as Stripe has it. */
export interface SeenItem {
  readonly item: string;
  /** Undefined where its price buys no plan. */
  readonly plan: string | undefined;
  readonly quantity: number;
  /** Milliseconds. */
  readonly periodStart: number;
  readonly periodEnd: number;
}

/** A subscription as Stripe has it. */
export interface SeenSubscription {
  readonly status: string;
  readonly cancelsAtEnd: boolean;
  /** While the renewal was tried and not paid only what was bought stays. */
  readonly keepsBoughtOnly?: boolean | undefined;
  readonly items: readonly SeenItem[];
}

/** What the ledger has of one item; undefined where it has nothing. */
export interface HadSubscription {
  readonly plan: string;
  readonly status: SubscriptionStatus;
  readonly periodStart: number;
  readonly cancelAtEnd: boolean;
  /** How many of the plan the period has; undefined where nobody paid for it through Stripe. */
  readonly quantity?: number | undefined;
}

export type Change =
  | { readonly kind: 'end' }
  | { readonly kind: 'cancel_at_end'; readonly value: boolean }
  /** Another plan within the period that is paid for. */
  | {
      readonly kind: 'plan';
      readonly plan: string;
      readonly quantity: number;
      readonly start: number;
      readonly end: number;
    }
  /** More of the plan within the period that is paid for; less is for the next. */
  | { readonly kind: 'quantity'; readonly plan: string; readonly quantity: number; readonly start: number };

/** Over for good, paid or not. */
export const ENDED: readonly string[] = ['canceled', 'unpaid', 'incomplete_expired'];
/** Paid for, or tried out: what was agreed on since holds. */
const GOING: readonly string[] = ['active', 'trialing'];

/**
 * What else than paid periods the ledger has to hear of one item. It looks at both as they are now, so it tells nothing
 * twice, and in no order.
 */
export function nextChanges(seen: SeenSubscription, item: string, had: HadSubscription | undefined): Change[] {
  if (had === undefined || had.status === 'ended' || had.status === 'waiting') return [];
  const found = seen.items.find(each => each.item === item);
  if (ENDED.includes(seen.status) || found === undefined) return [{ kind: 'end' }];
  const changes: Change[] = [];
  const isUnpaid = seen.status === 'past_due' && found.periodStart > had.periodStart;
  if (isUnpaid && seen.keepsBoughtOnly) return [{ kind: 'end' }];
  const { plan, quantity, periodStart: start, periodEnd: end } = found;
  // In a period that is not paid for yet nothing changes: its invoice will say for what it was.
  const isPaid = start === had.periodStart && GOING.includes(seen.status);
  const isOther = isPaid && plan !== undefined && plan !== had.plan;
  const isMore = isPaid && plan === had.plan && had.status === 'active' && quantity > (had.quantity ?? Infinity);
  if (isOther) changes.push({ kind: 'plan', plan, quantity, start, end });
  if (isMore) changes.push({ kind: 'quantity', plan, quantity, start });
  if (seen.cancelsAtEnd !== (had.cancelAtEnd && !isOther)) {
    changes.push({ kind: 'cancel_at_end', value: seen.cancelsAtEnd });
  }
  return changes;
}
