import { describe, expect, it } from '@jest/globals';
import { charge, GivenAccount, MINUTE } from '../../../test/model/given-account.js';
import { cancel, credits, limit, on, paidPlan, plan, subscribe } from '../../../test/model/given-plan.js';
import type { PlanTerms } from './plan-terms.js';

const images = (account: GivenAccount): bigint => account.balance('images').available;
const granted = (account: GivenAccount): bigint => account.balance().granted;

const free = plan('free', { grants: [credits(10n)], limits: [limit('images', 3n)] });
const pro = paidPlan('pro', { grants: [credits(1000n)], fallback: free });

/** On January 5 an account has fallen back to the free plan, and has used some of it. */
function fallen(): GivenAccount {
  const account = new GivenAccount().at(on('2026-01-01'));
  account.does(subscribe(pro));
  account.at(on('2026-01-05')).does(cancel('now'));
  account.does(charge(4n));
  account.does(charge([{ unit: 'images', amount: 1n }]));
  return account;
}

const status = (account: GivenAccount, id: string) => account.state.subscriptions.get(id)?.status;

describe('the allowance of a plan without a price is given once for each of its periods', () => {
  it('to who subscribes to the plan that the account has fallen back to: it goes on where it was', () => {
    const account = fallen();
    account.at(on('2026-01-06')).does(subscribe(free));
    expect(granted(account)).toBe(1010n);
    expect(account.balance().available).toBe(6n);
    expect([status(account, 'fallback:free'), status(account, 'main')]).toEqual(['waiting', 'active']);
    expect(account.state.subscriptions.get('main')!.period).toMatchObject({
      start: on('2026-01-06'),
      end: on('2026-02-05'),
    });
    account.at(on('2026-03-05')).settles();
    expect(granted(account)).toBe(1030n);
    expect(account.balance().available).toBe(10n);
  });

  it('and so are its limits: what was used stays used', () => {
    const account = fallen();
    account.does(subscribe(free, { subscription: 'own' }));
    expect(images(account)).toBe(2n);
    account.at(on('2026-01-06')).settles();
    expect(images(account)).toBe(3n);
  });

  it('however often it is cancelled and taken again, under the same id or another', () => {
    const account = new GivenAccount().at(on('2026-01-31'));
    account.does(subscribe(free));
    let last = 'main';
    for (const [used, subscription] of ['main', 'b', 'main', 'c'].entries()) {
      account.at(on('2026-02-01') + used * 60 * MINUTE);
      if (used > 0) account.does(charge([{ unit: 'images', amount: 1n }]));
      account.does(cancel('now', last));
      account.does(subscribe(free, { subscription }));
      expect([granted(account), images(account)]).toEqual([10n, BigInt(3 - used)]);
      last = subscription;
    }
    // The 31st is kept: the next periods are those of the first.
    account.at(on('2026-04-01')).settles();
    expect(granted(account)).toBe(30n);
    expect(account.state.subscriptions.get('c')!.period).toMatchObject({
      start: on('2026-03-31'),
      end: on('2026-04-30'),
    });
  });

  it('and so is a limit of the billing period, whoever spent of it', () => {
    const renders = plan('renders', { limits: [limit('images', 9n, { window: { every: 'billing_period' } })] });
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(renders));
    account.does(charge([{ unit: 'images', amount: 2n }]));
    let left = 7n;
    for (const [day, subscription] of ['main', 'b', 'b', 'main'].entries()) {
      account.at(on('2026-01-05') + day * 24 * 60 * MINUTE);
      for (const id of ['main', 'b'])
        if (account.state.subscriptions.get(id)?.status === 'active') account.does(cancel('now', id));
      account.does(subscribe(renders, { subscription }));
      expect(images(account)).toBe(left);
      account.does(charge([{ unit: 'images', amount: 1n }]));
      left--;
    }
    account.does(subscribe(plan('weekly', { limits: [limit('images', 20n)] })));
    expect(images(account)).toBe(16n);
    account.at(on('2026-02-01T01:00:00Z')).does(cancel('now'));
    account.does(subscribe(renders));
    expect(images(account)).toBe(9n);
  });

  it('and what comes back to an earlier window that still lasts is taken once, when the period closes', () => {
    const pro = paidPlan('pro', { limits: [limit('images', 40n, { window: { every: 'billing_period' } })] });
    const hourly = { every: 'hour', count: 1, anchor: 'subscription' } as const;
    const daily = plan('daily', {
      period: { every: 'day', count: 1, anchor: 'subscription' },
      limits: [limit('images', 6n, { window: hourly })],
    });
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(pro));
    account.reserves([{ unit: 'images', amount: 7n }], { ttlMs: 60 * MINUTE });
    account.does(subscribe(daily));
    account.at(on('2026-01-02')).settles();
    expect(account.balance('images')).toMatchObject({ available: 6n, expired: 40n, granted: 46n });
  });

  it('and a limit of a period that begins ahead is taken over at once, not when that begins', () => {
    const renders = plan('renders', { limits: [limit('images', 9n, { window: { every: 'billing_period' } })] });
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(renders));
    account.does(subscribe(renders, { subscription: 'b', start: on('2026-01-01T10:00:00Z') }));
    account.does(cancel('now'));
    account.does(charge([{ unit: 'images', amount: 1n }]));
    expect(images(account)).toBe(8n);
  });

  it('as long as it was given, where the period of another plan goes on for longer', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(free));
    account.does(subscribe(paidPlan('yearly', { fallback: free }), { start: on('2026-01-01'), end: on('2027-01-01') }));
    account.at(on('2026-01-10')).does(cancel('now'));
    account.at(on('2026-02-01')).settles();
    expect(granted(account)).toBe(20n);
  });

  it('to two subscriptions at once as to one, and the second goes on where the first is cancelled', () => {
    const account = new GivenAccount().at(on('2026-01-01T12:00:00Z'));
    account.does(subscribe(free));
    account.does(charge([{ unit: 'images', amount: 1n }]));
    account.at(on('2026-01-01T13:00:00Z')).does(subscribe(free, { subscription: 'twin' }));
    expect([granted(account), images(account)]).toEqual([10n, 2n]);
    expect(account.refuses(charge([{ unit: 'images', amount: 3n }]))).toMatchObject({
      shortfall: [{ limit: { used: 1n, cap: 3n } }],
    });
    account.does(cancel('now'));
    account.settles();
    expect(images(account)).toBe(2n);
    account.at(on('2026-01-02')).settles();
    expect(images(account)).toBe(3n);
    account.at(on('2026-02-02')).settles();
    expect(granted(account)).toBe(20n);
  });

  it('also where the plan was left for another cycle, which ends sooner', () => {
    const weekly = plan('weekly', { period: { every: 'week', count: 1, anchor: 'subscription' } });
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(free));
    account.at(on('2026-01-02')).does(subscribe(weekly));
    account.at(on('2026-01-20')).does(cancel('now'));
    account.does(subscribe(free, { subscription: 'again' }));
    expect(granted(account)).toBe(10n);
    account.at(on('2026-02-01')).settles();
    expect(granted(account)).toBe(20n);
  });

  it('whatever the policy of a change: what is left twice is not prorated twice', () => {
    const other = plan('other');
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(free));
    account.does(charge(10n));
    account.at(on('2026-01-02')).does(subscribe(other, { policy: 'prorate' }));
    account.does(subscribe(free, { policy: 'prorate' }));
    expect(granted(account)).toBe(10n);
  });

  it('and a version that gives more gives it from the next period on', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(free));
    account.does(cancel('now'));
    const better: PlanTerms = { ...free, version: 2, grants: [credits(50n)], limits: [limit('images', 9n)] };
    account.at(on('2026-01-01T10:00:00Z')).does(subscribe(better));
    expect([granted(account), images(account)]).toEqual([10n, 9n]);
    account.at(on('2026-02-01')).settles();
    expect(account.balance().available).toBe(50n);
  });

  it('where a change at the end of the period comes to a plan that is had: it joins that period', () => {
    const other = plan('other', { grants: [credits(5n)] });
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(other));
    account.does(subscribe(free, { when: 'period_end' }));
    account.at(on('2026-01-20')).does(subscribe(free, { subscription: 'sooner' }));
    account.at(on('2026-02-01')).settles();
    expect(account.state.subscriptions.get('main')!.period.end).toBe(on('2026-02-20'));
    expect(granted(account)).toBe(15n);
    account.at(on('2026-02-20')).settles();
    expect(granted(account)).toBe(25n);
  });

  it('but each plan its own, and a plan with a price each time that it is paid for', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(free));
    account.does(subscribe(plan('extra', { grants: [credits(7n)] }), { subscription: 'extra' }));
    account.does(subscribe(pro, { subscription: 'a' }));
    account.does(cancel('now', 'a'));
    account.does(subscribe(pro, { subscription: 'b' }));
    expect(granted(account)).toBe(2017n);
  });

  it('anew once the period is over', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(free));
    account.does(cancel('now'));
    account.at(on('2026-02-01')).does(subscribe(free, { subscription: 'b' }));
    expect(granted(account)).toBe(20n);
    expect(account.state.subscriptions.get('b')!.period.end).toBe(on('2026-03-01'));
  });

  it('for as many subscriptions as may be remembered', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    for (let i = 0; i < 20; i++) {
      account.does(subscribe(free, { subscription: `s${i}` }));
      account.does(cancel('now', `s${i}`));
    }
    expect(granted(account)).toBe(10n);
    expect(account.refuses(subscribe(free, { subscription: 's20' })).code).toBe('too_many_subscriptions');
    account.does(subscribe(pro, { subscription: 'paid' }));
    account.at(on('2026-01-01T01:00:00Z')).does(subscribe(free, { subscription: 's7' }));
    expect(granted(account)).toBe(1010n);
    account.at(on('2026-02-01')).does(subscribe(free, { subscription: 's20' }));
  });
});
