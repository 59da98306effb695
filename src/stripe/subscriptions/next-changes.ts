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
  readonly items: readonly SeenItem[];
}

/** What the ledger has of one item; undefined where it has nothing. */
export interface HadSubscription {
  readonly plan: string;
  readonly status: SubscriptionStatus;
  readonly periodStart: number;
  readonly cancelAtEnd: boolean;
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
    };

/** Over for good, paid or not. */
const ENDED: readonly string[] = ['canceled', 'unpaid', 'incomplete_expired'];
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
  const { plan, quantity, periodStart: start, periodEnd: end } = found;
  // In a period that is not paid for yet nothing changes: its invoice will say for what it was.
  if (plan !== undefined && plan !== had.plan && start === had.periodStart && GOING.includes(seen.status)) {
    changes.push({ kind: 'plan', plan, quantity, start, end });
  }
  if (seen.cancelsAtEnd !== (had.cancelAtEnd && changes.length === 0)) {
    changes.push({ kind: 'cancel_at_end', value: seen.cancelsAtEnd });
  }
  return changes;
}
