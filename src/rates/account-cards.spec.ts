import { describe, expect, it } from '@jest/globals';
import type { Subscription, SubscriptionStatus } from '../ledger/domain/subscription.js';
import { cardOf } from './account-cards.js';

function plan(id: string, rateCard: string | null, start: number, status: SubscriptionStatus = 'active'): Subscription {
  return { id, status, terms: { rateCard }, period: { no: 1, start, end: start + 10 } } as unknown as Subscription;
}

const card = (...all: Subscription[]): string => cardOf({ subscriptions: new Map(all.map(each => [each.id, each])) });

describe("an account's rate card", () => {
  it('is the default without a plan, and with one that names none', () => {
    expect(card()).toBe('default');
    expect(card(plan('a', null, 1))).toBe('default');
  });

  it('is that of its plan, as long as the plan lives', () => {
    expect(card(plan('a', 'gold', 1), plan('b', null, 2))).toBe('gold');
    expect(card(plan('a', 'gold', 1, 'trialing'))).toBe('gold');
    expect(card(plan('a', 'gold', 1, 'ended'), plan('b', 'iron', 1, 'waiting'))).toBe('default');
  });

  it('is that of the period that began last, in whatever order they come', () => {
    const all = [plan('a', 'gold', 1), plan('c', 'iron', 2), plan('b', 'tin', 2)];
    expect(card(...all)).toBe('tin');
    expect(card(...[...all].reverse())).toBe('tin');
  });
});
