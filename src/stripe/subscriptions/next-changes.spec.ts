import { describe, expect, test } from '@jest/globals';
import { nextChanges, type Change, type HadSubscription, type SeenSubscription } from './next-changes.js';

const SEEN: SeenSubscription = {
  status: 'active',
  cancelsAtEnd: false,
  items: [{ item: 'si_1', plan: 'pro', quantity: 2, periodStart: 1_000, periodEnd: 2_000 }],
};
const HAD: HadSubscription = { plan: 'pro', status: 'active', periodStart: 1_000, cancelAtEnd: false };
const TEAM: Change = { kind: 'plan', plan: 'team', quantity: 2, start: 1_000, end: 2_000 };
const withPlan = (plan: string | undefined, periodStart = 1_000): SeenSubscription => ({
  ...SEEN,
  items: [{ ...SEEN.items[0]!, plan, periodStart }],
});
const UNPAID: SeenSubscription = { ...withPlan('pro', 2_000), status: 'past_due', keepsBoughtOnly: true };

describe('what else the ledger has to hear of a subscription', () => {
  test.each<[why: string, seen: SeenSubscription, had: HadSubscription | undefined, changes: Change[]]>([
    ['nothing where both agree', SEEN, HAD, []],
    ['nothing of what the ledger does not have: its paid period brings it', SEEN, undefined, []],
    ['nothing of what is over', { ...SEEN, status: 'canceled' }, { ...HAD, status: 'ended' }, []],
    ['that it is cancelled', { ...SEEN, status: 'canceled' }, HAD, [{ kind: 'end' }]],
    ['that it was given up', { ...SEEN, status: 'unpaid' }, HAD, [{ kind: 'end' }]],
    ['that it never began', { ...SEEN, status: 'incomplete_expired' }, HAD, [{ kind: 'end' }]],
    ['that the item is gone', { ...SEEN, items: [] }, HAD, [{ kind: 'end' }]],
    ['nothing where its invoice is not paid yet', { ...SEEN, status: 'past_due' }, HAD, []],
    ['nothing where it is paused', { ...SEEN, status: 'paused' }, HAD, []],
    ['that it ends with its period', { ...SEEN, cancelsAtEnd: true }, HAD, [{ kind: 'cancel_at_end', value: true }]],
    ['that it goes on after all', SEEN, { ...HAD, cancelAtEnd: true }, [{ kind: 'cancel_at_end', value: false }]],
    ['another plan', withPlan('team'), HAD, [{ kind: 'plan', plan: 'team', quantity: 2, start: 1_000, end: 2_000 }]],
    ['no other plan in a period that is not paid for yet', withPlan('team', 2_000), HAD, []],
    ['no other plan while it is past due', { ...withPlan('team'), status: 'past_due' }, HAD, []],
    ['no other plan where the price buys none', withPlan(undefined), HAD, []],
    [
      'that the plan is over where its renewal is not paid and it keeps only what was bought',
      UNPAID,
      HAD,
      [{ kind: 'end' }],
    ],
    ['nothing where what is not paid is a change within the period', { ...UNPAID, items: SEEN.items }, HAD, []],
    ['more of the plan', SEEN, { ...HAD, quantity: 1 }, [{ kind: 'quantity', plan: 'pro', quantity: 2, start: 1_000 }]],
    ['no less of the plan, which is for the next period', SEEN, { ...HAD, quantity: 3 }, []],
    ['no more of the plan where somebody else began the period', SEEN, { ...HAD, quantity: undefined }, []],
    ['no more of the plan while it is tried out', SEEN, { ...HAD, status: 'trialing', quantity: 1 }, []],
    ['no more of the plan while it is past due', { ...SEEN, status: 'past_due' }, { ...HAD, quantity: 1 }, []],
    ['only the other plan where there is more of it too', withPlan('team'), { ...HAD, quantity: 1 }, [TEAM]],
    [
      'another plan that still ends, which a change of plan would forget',
      { ...withPlan('team'), cancelsAtEnd: true },
      { ...HAD, cancelAtEnd: true },
      [
        { kind: 'plan', plan: 'team', quantity: 2, start: 1_000, end: 2_000 },
        { kind: 'cancel_at_end', value: true },
      ],
    ],
    [
      'another plan that does not end any more',
      withPlan('team'),
      { ...HAD, cancelAtEnd: true },
      [{ kind: 'plan', plan: 'team', quantity: 2, start: 1_000, end: 2_000 }],
    ],
  ])('is %s', (_why, seen, had, changes) => {
    expect(nextChanges(seen, 'si_1', had)).toEqual(changes);
  });
});
