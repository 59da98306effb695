import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Command } from '../../src/ledger/domain/command.js';
import { nextDueAt } from '../../src/ledger/domain/settle-due.js';
import { subscriptionFromRow, subscriptionRow } from '../../src/ledger/store/subscription-row.js';
import { charge, commit, grant, release, reserve } from './given-account.js';
import { cancel, credits, limit, on, paidPlan, plan, subscribe } from './given-plan.js';
import { REAL_DOMAIN, RecordingAccount } from './recording-account.js';

const HOUR = 3_600_000;
const START = on('2028-01-31T10:00:00Z');
const WINDOWS = [limit('images', 5n), limit('calls', 9n, { window: { every: 'billing_period' } })];
const FREE = plan('free', { grants: [credits(10n)], limits: WINDOWS });
const PLANS = [
  FREE,
  plan('daily', {
    grants: [credits(7n, { percent: 50, periods: 2 })],
    period: { every: 'day', count: 1, anchor: 'subscription' },
  }),
  plan('saver', { grants: [credits(40n, { cap: 60n })], limits: [limit('images', 50n)] }),
  paidPlan('pro', {
    grants: [credits(100n, { percent: 20, cap: 30n, periods: 1 })],
    limits: [limit('images', 20n)],
    fallback: FREE,
  }),
  paidPlan('max', { grants: [credits(500n, { carryMs: 40 * 24 * HOUR })], fallback: FREE }),
] as const;

const anyPlan = fc.integer({ min: 0, max: PLANS.length - 1 }).map(index => PLANS[index]!);
const id = fc.constantFrom('a', 'b');
const amount = fc.bigInt({ min: 0n, max: 30n });
const unit = fc.constantFrom('credits', 'images', 'calls');

/** A command once it is known when it comes, and which reservation came last. */
type Drawn = (now: number, last: number) => Command;

const drawn: fc.Arbitrary<Drawn> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(anyPlan, id, fc.integer({ min: -40, max: 40 }), fc.boolean(), fc.constantFrom('keep', 'prorate', 'drop'), fc.boolean()).map(
    ([terms, subscription, days, named, policy, later]): Drawn => now => {
      const start = named ? now + days * 24 * HOUR : null;
      return subscribe(terms, { subscription, start, policy: policy as 'keep', when: later ? 'period_end' : 'now' });
    }) },
  { weight: 2, arbitrary: fc.tuple(fc.boolean(), id).map(([now, subscription]): Drawn => () => cancel(now ? 'now' : 'period_end', subscription)) },
  { weight: 4, arbitrary: fc.tuple(unit, amount).map(([name, n]): Drawn => () => charge([{ unit: name, amount: n + 1n }])) },
  { weight: 4, arbitrary: fc.tuple(unit, amount, fc.integer({ min: 1, max: 30 })).map(
    ([name, n, hours]): Drawn => () => reserve([{ unit: name, amount: n + 1n }], { ttlMs: hours * HOUR })) },
  { weight: 4, arbitrary: amount.map((n): Drawn => (_, last) => commit(last, n)) },
  { weight: 1, arbitrary: fc.constant<Drawn>((_, last) => release(last)) },
  { weight: 1, arbitrary: fc.constant<Drawn>((_, last) => ({ type: 'refund-reservation', reservation: last, amount: null, unit: null, reason: null })) },
  { weight: 1, arbitrary: amount.map((n): Drawn => () => grant(n + 1n, { category: 'paid' })) },
); // prettier-ignore
const hours = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 100, max: 2_000 }));

test('every rule holds, the fold is the state and rows keep it, whatever is subscribed, spent and waited for', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(hours, drawn), { minLength: 1, maxLength: 40 }), steps => {
      const account = new RecordingAccount(REAL_DOMAIN);
      let now = START;
      let last = 1;
      for (const [waited, make] of steps) {
        now += waited * HOUR;
        const command = make(now, last);
        const { decision } = account.execute(command, now);
        if (decision.ok && command.type === 'reserve') last = decision.entries[0]!.seq;
        expect(account.violations).toEqual([]);
        const { state } = account;
        expect(state.dueBound).toBeLessThanOrEqual(nextDueAt(state) ?? Infinity);
        for (const subscription of state.subscriptions.values()) {
          expect(subscriptionFromRow(JSON.parse(JSON.stringify(subscriptionRow(subscription))))).toEqual(subscription);
        }
        account.endBatch();
      }
      expect(account.foldDiffers()).toBe(false);
    }),
    { numRuns: 300 },
  );
});
