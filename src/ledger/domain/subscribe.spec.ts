import { describe, expect, it } from '@jest/globals';
import {
  charge,
  commit,
  DAY,
  GivenAccount,
  grant,
  MINUTE,
  refund,
  reserve,
} from '../../../test/model/given-account.js';
import { cancel, credits, limit, on, paidPlan, plan, subscribe } from '../../../test/model/given-plan.js';

const shown = (account: GivenAccount) =>
  account.lots().map(({ no, remaining }) => [account.lot(no).category, remaining]);
const types = (entries: readonly { type: string }[]) => entries.map(({ type }) => type);

describe('a plan that renews by itself', () => {
  const free = plan('free', { grants: [credits(100n)] });

  it('gives its credits when it starts, until the end of the period', () => {
    const account = new GivenAccount().at(on('2026-01-31'));
    expect(types(account.does(subscribe(free)))).toEqual(['subscribe', 'grant']);
    expect(account.balance()).toMatchObject({ available: 100n, granted: 100n });
    expect(account.lot(account.lots()[0]!.no)).toMatchObject({ category: 'included', expiresAt: on('2026-02-28') });
  });

  it('settles three periods that nobody saw as three', () => {
    const account = new GivenAccount().at(on('2026-01-31'));
    account.does(subscribe(free));
    account.does(charge(30n));
    const entries = account.at(on('2026-05-01')).settles();
    expect(entries.map(({ type, amount, effectiveAt }) => [type, amount, effectiveAt])).toEqual([
      ['expire', 70n, on('2026-02-28')],
      ['subscribe', 0n, on('2026-02-28')],
      ['grant', 100n, on('2026-02-28')],
      ['expire', 100n, on('2026-03-31')],
      ['subscribe', 0n, on('2026-03-31')],
      ['grant', 100n, on('2026-03-31')],
      ['expire', 100n, on('2026-04-30')],
      ['subscribe', 0n, on('2026-04-30')],
      ['grant', 100n, on('2026-04-30')],
    ]);
    expect(account.balance()).toMatchObject({ granted: 400n, available: 100n, spent: 30n, expired: 270n });
  });

  it('carries a fifth of what is left, up to a cap on all that is carried together, over six periods', () => {
    const pro = plan('pro', { grants: [credits(1000n, { percent: 20, cap: 200n, periods: 1 })] });
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(pro));
    const carried: bigint[] = [];
    for (const [month, spent] of [
      [2, 0n],
      [3, 500n],
      [4, 1100n],
      [5, 0n],
      [6, 900n],
      [7, 0n],
    ] as const) {
      if (spent > 0n) account.does(charge(spent));
      account.at(on(`2026-0${month}-01`)).settles();
      carried.push(account.balance().available - 1000n);
    }
    // 20 % of 1000; carried credits burn first (they end with the period, and are older), so 500 leaves 700; then 1040 - 1100 < 0.
    expect(carried).toEqual([200n, 140n, 8n, 200n, 60n, 200n]);
  });

  it('carries for ever into one lot that grows, where nothing bounds it', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(plan('pro', { grants: [credits(10n, {})] })));
    account.at(on('2026-07-01')).settles();
    expect(account.balance().available).toBe(70n);
    expect(account.lots().length).toBe(2);
  });

  it('never touches credits that were bought', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(grant(50n, { category: 'paid' }));
    account.does(subscribe(plan('free', { grants: [credits(10n)] })));
    account.does(cancel('now'));
    expect(shown(account)).toEqual([['paid', 50n]]);
  });

  it('pays what is owed first', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does({ type: 'configure', overdraftLimits: new Map([['credits', 30n]]), metadata: null });
    account.does(charge(30n, { overage: 'allow_debt' }));
    account.does(subscribe(free));
    expect(account.balance()).toMatchObject({ available: 70n, debt: 0n, granted: 100n });
  });
});

describe('a plan with a price', () => {
  const pro = paidPlan('pro', { grants: [credits(100n, { percent: 50 })] });
  const start = on('2026-01-01');
  const end = on('2026-02-01');

  const subscribed = (): GivenAccount => {
    const account = new GivenAccount().at(start);
    account.does(subscribe(pro, { start, end }));
    return account;
  };

  it('changes nothing for a start that was seen, or an older one', () => {
    const account = subscribed();
    expect(account.does(subscribe(pro, { start, end }))).toEqual([]);
    expect(account.does(subscribe(pro, { start: start + 999, end }))).toEqual([]);
    expect(account.does(subscribe(pro, { start: on('2025-12-01'), end: start }))).toEqual([]);
  });

  it('refuses a start within the period', () => {
    const account = subscribed();
    expect(account.refuses(subscribe(pro, { start: on('2026-01-10'), end }))).toMatchObject({ code: 'period_overlap' });
  });

  it('lets the old credits live until the renewal comes, and closes them then', () => {
    const account = subscribed();
    account.at(end + MINUTE).does(charge(20n));
    const entries = account.does(subscribe(pro, { start: end, end: on('2026-03-01') }));
    expect(types(entries)).toEqual(['rollover', 'expire', 'subscribe', 'grant']);
    expect(account.balance()).toMatchObject({ available: 140n, expired: 40n, spent: 20n });
  });

  it('is over when nobody paid within the grace: what is left is closed, and nothing is given', () => {
    const account = subscribed();
    account.at(end + 3 * 24 * 60 * MINUTE - 1).does(charge(20n));
    const entries = account.at(on('2026-05-01')).settles();
    expect(entries.map(({ type, effectiveAt }) => [type, effectiveAt])).toEqual([
      ['rollover', on('2026-02-04')],
      ['expire', on('2026-02-04')],
      ['subscribe', on('2026-02-04')],
    ]);
    expect(account.state.subscriptions.get('main')!.status).toBe('ended');
    expect(account.balance()).toMatchObject({ available: 40n });
  });

  it('waits for the start of a renewal that was paid ahead', () => {
    const account = subscribed();
    account.at(on('2026-01-30'));
    expect(types(account.does(subscribe(pro, { start: end, end: on('2026-03-01') })))).toEqual(['subscribe']);
    expect(account.does(subscribe(pro, { start: end, end: on('2026-03-01') }))).toEqual([]);
    expect(account.balance().available).toBe(100n);
    account.at(end).settles();
    expect(account.balance().available).toBe(150n);
  });

  it('gives nothing again for a period that it had before it ended', () => {
    const account = subscribed();
    account.at(on('2026-01-10')).does(cancel('now'));
    expect(account.does(subscribe(pro, { start, end }))).toEqual([]);
    expect(account.balance().available).toBe(50n);
  });

  it('becomes another at its end at once where that end is past already', () => {
    const daily = plan('daily', {
      grants: [credits(7n, { percent: 50 })],
      period: { every: 'day', count: 1, anchor: 'subscription' },
    });
    const account = new GivenAccount().at(on('2026-01-31'));
    account.does(subscribe(paidPlan('pro', { grants: [credits(100n)] })));
    account.at(on('2026-03-02T12:00:00Z')).does(subscribe(daily, { when: 'period_end' }));
    expect(account.balance()).toMatchObject({ granted: 107n, available: 7n, expired: 100n });
    account.at(on('2026-03-03T01:00:00Z')).settles();
    expect(account.balance()).toMatchObject({ granted: 114n, available: 10n, expired: 104n });
  });

  it('ends with its period once cancelled, without a grace', () => {
    const account = subscribed();
    account.does(cancel('period_end'));
    expect(account.does(cancel('period_end'))).toEqual([]);
    account.at(end).settles();
    expect(account.state.subscriptions.get('main')!.status).toBe('ended');
    expect(account.balance().available).toBe(50n);
  });

  it('goes on where the cancellation is taken back', () => {
    const account = subscribed();
    account.does(cancel('period_end'));
    account.does(subscribe(pro, { start, end, cancelAtEnd: false }));
    account.at(end).settles();
    expect(account.state.subscriptions.get('main')!.status).toBe('active');
  });
});

describe('what was paid for a period', () => {
  const pro = paidPlan('pro', { grants: [credits(100n, { percent: 50 }), { ...credits(7n), unit: 'seconds' }] });
  const [start, end] = [on('2026-01-01'), on('2026-02-01')];
  const cost = { amount: '20.00', currency: 'USD' };
  const second = { amount: '5.00', currency: 'USD' };
  const third = { amount: '40.00', currency: 'USD' };
  const costs = (account: GivenAccount) => account.lots().map(({ no, remaining }) => [account.lot(no).cost, remaining]);

  it('is on the first of its lots', () => {
    const account = new GivenAccount().at(start);
    const entries = account.does(subscribe(pro, { start, end, cost }));
    expect(entries.flatMap(({ made }) => made.map(lot => [lot.unit, lot.cost]))).toEqual([
      ['credits', cost],
      ['seconds', null],
    ]);
  });

  it('waits with a period that is paid for ahead', () => {
    const account = new GivenAccount().at(start);
    account.does(subscribe(pro, { start, end }));
    account.does(subscribe(pro, { start: end, end: on('2026-03-01'), cost }));
    expect(costs(account)).toEqual([[null, 100n]]);
    account.at(end).settles();
    expect(costs(account)).toEqual([
      [cost, 100n],
      [null, 50n],
    ]);
  });

  it('stays with its own credits where they are carried', () => {
    const account = new GivenAccount().at(start);
    account.does(subscribe(pro, { start, end, cost }));
    account.does(subscribe(pro, { start, end, grows: true, overrides: new Map([['credits', 200n]]), cost: second }));
    account.at(end).does(subscribe(pro, { start: end, end: on('2026-03-01'), cost: third }));
    expect(costs(account)).toEqual([
      [third, 200n],
      [cost, 50n],
      [second, 50n],
    ]);
  });
});

describe('more of the same plan within its period', () => {
  const pro = paidPlan('pro', { grants: [credits(100n)] });
  const [start, middle, end] = [on('2026-04-01'), on('2026-04-16'), on('2026-05-01')];
  const more = (amount: bigint) => subscribe(pro, { start, grows: true, overrides: new Map([['credits', amount]]) });

  const subscribed = (): GivenAccount => {
    const account = new GivenAccount().at(start);
    account.does(subscribe(pro, { start, end }));
    return account.at(middle);
  };

  it('gives what it is more for the time left, once, until the end of the period', () => {
    const account = subscribed();
    expect(types(account.does(more(300n)))).toEqual(['subscribe', 'grant']);
    expect(account.does(more(300n))).toEqual([]);
    expect(account.lots().map(({ remaining }) => remaining)).toEqual([100n, 100n]);
    const [first, second] = account.lots().map(({ no }) => account.lot(no).expiresAt);
    expect(second).toBe(first);
  });

  it('takes nothing where it is less, and gives nothing of what was given before', () => {
    const account = subscribed();
    account.does(more(300n));
    expect(account.does(more(50n))).toEqual([]);
    expect(account.does(more(200n))).toEqual([]);
    expect(account.balance()).toMatchObject({ available: 200n, granted: 200n });
  });

  it('gives nothing while the renewal is awaited', () => {
    const account = subscribed().at(end + MINUTE);
    expect(account.does(more(300n))).toEqual([]);
  });

  it('refuses a unit that the plan does not give', () => {
    const overrides = new Map([['seconds', 5n]]);
    const asked = subscribe(pro, { start, grows: true, overrides });
    expect(subscribed().refuses(asked)).toMatchObject({ code: 'invalid_request' });
  });
});

describe('a trial', () => {
  const pro = paidPlan('pro', {
    grants: [credits(100n)],
    trial: { lengthMs: 14 * DAY, grants: [credits(5n)] },
  });

  it('gives its own credits, and what every period gives once it is paid for', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(pro, { trial: true }));
    expect(account.balance().available).toBe(5n);
    account.at(on('2026-01-15')).does(subscribe(pro, { start: on('2026-01-15') }));
    expect(account.balance().available).toBe(100n);
    expect(account.state.subscriptions.get('main')).toMatchObject({ status: 'active', anchor: on('2026-01-15') });
  });

  it('is had once: who asks for another is refused, under whatever id, and may subscribe without one', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(pro, { trial: true }));
    account.does(cancel('now'));
    account.at(on('2026-01-02'));
    for (const subscription of ['main', 'other']) {
      const again = subscribe(pro, { subscription, trial: true, tried: true });
      expect(account.refuses(again).code).toBe('trial_used');
    }
    account.does(subscribe(pro, { subscription: 'other' }));
    expect(account.balance().available).toBe(100n);
  });

  it('that is asked for again while it goes on, or when it has been paid for, changes nothing', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(pro, { trial: true }));
    expect(account.does(subscribe(pro, { trial: true, tried: true }))).toEqual([]);
    account.at(on('2026-01-15')).does(subscribe(pro, { start: on('2026-01-15') }));
    expect(account.does(subscribe(pro, { trial: true, tried: true }))).toEqual([]);
  });

  it('is for who begins: not in a period of the plan that was had, nor in the midst of a subscription', () => {
    const free = plan('free', { grants: [credits(10n)], trial: pro.trial });
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(free));
    expect(account.refuses(subscribe(free, { trial: true })).code).toBe('invalid_request');
    account.does(cancel('now'));
    account.at(on('2026-01-02'));
    expect(account.refuses(subscribe(free, { trial: true })).code).toBe('trial_used');
  });
});

describe('another plan', () => {
  const basic = plan('basic', { grants: [credits(100n)] });
  const pro = plan('pro', { grants: [credits(1000n)] });
  const begun = (): GivenAccount => {
    const account = new GivenAccount().at(on('2026-04-01'));
    account.does(subscribe(basic));
    account.does(charge(40n));
    return account.at(on('2026-04-16'));
  };

  it('now: what is left lives on beside the new credits', () => {
    const account = begun();
    account.does(subscribe(pro));
    expect(account.balance().available).toBe(1060n);
    account.at(on('2026-05-01')).settles();
    expect(account.balance().available).toBe(1000n);
  });

  it('now, prorated: the unused half of the old grant goes, half of the new one comes', () => {
    const account = begun();
    account.does(subscribe(pro, { policy: 'prorate' }));
    expect(account.balance()).toMatchObject({ available: 10n + 500n, expired: 50n });
  });

  it('now, dropped: nothing of the old grant is left', () => {
    const account = begun();
    account.does(subscribe(pro, { policy: 'drop' }));
    expect(account.balance()).toMatchObject({ available: 1000n, expired: 60n });
  });

  it('back and forth gives no plan twice in a period', () => {
    const account = begun();
    account.does(subscribe(pro));
    account.does(subscribe(basic));
    account.does(subscribe(pro));
    expect(account.balance().granted).toBe(1100n);
  });

  it('at the end: the old one stays until then', () => {
    const account = begun();
    account.does(subscribe(pro, { when: 'period_end' }));
    expect(account.does(subscribe(pro, { when: 'period_end' }))).toEqual([]);
    expect(account.balance().available).toBe(60n);
    account.at(on('2026-05-01')).settles();
    expect(account.balance().available).toBe(1000n);
    expect(account.state.subscriptions.get('main')!.terms.plan).toBe('pro');
  });

  it('with a price, at the end, waits for its payment', () => {
    const account = new GivenAccount().at(on('2026-04-01'));
    const dear = paidPlan('dear', { grants: [credits(1000n)] });
    const cheap = paidPlan('cheap', { grants: [credits(10n)] });
    account.does(subscribe(dear));
    account.at(on('2026-04-16')).does(subscribe(cheap, { when: 'period_end' }));
    account.at(on('2026-05-01')).settles();
    expect(account.balance().available).toBe(1000n);
    account.does(subscribe(cheap, { start: on('2026-05-01') }));
    expect(account.balance().available).toBe(10n);
  });
});

describe('falling back', () => {
  const free = plan('free', { grants: [credits(10n)], limits: [limit('images', 3n)] });
  const pro = paidPlan('pro', { grants: [credits(1000n)], fallback: free });

  it('twice within a period gives the free allowance once', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(pro));
    account.at(on('2026-01-05')).does(cancel('now'));
    expect(account.balance().available).toBe(10n);
    account.does(charge(10n));
    account.at(on('2026-01-06')).does(subscribe(pro, { subscription: 'second' }));
    account.at(on('2026-01-07')).does(cancel('now', 'second'));
    expect(account.balance().available).toBe(0n);
    account.at(on('2026-02-05')).settles();
    expect(account.balance().available).toBe(10n);
  });

  it('to the plan that was left for the one that ended gives nothing in the period that was had', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(free));
    account.at(on('2026-01-05')).does(subscribe(pro));
    account.at(on('2026-01-06')).does(cancel('now'));
    expect(account.balance().granted).toBe(1010n);
    account.at(on('2026-02-01')).settles();
    expect(account.balance().granted).toBe(1020n);
  });

  it('waits while another subscription that would fall back lives', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(pro));
    account.does(subscribe(pro, { subscription: 'second' }));
    account.does(cancel('now'));
    expect(account.state.subscriptions.has('fallback:free')).toBe(false);
    account.does(cancel('now', 'second'));
    expect(account.state.subscriptions.get('fallback:free')!.status).toBe('active');
  });

  it('takes a limit up where it was left', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(free));
    account.does(charge([{ unit: 'images', amount: 2n }]));
    account.does(subscribe(pro));
    expect(account.balance('images').available).toBe(0n);
    account.does(cancel('now'));
    expect(account.balance('images').available).toBe(1n);
  });
});

describe('a limit', () => {
  const daily = plan('daily', { limits: [limit('images', 10n)] });

  it('is filled for each window, and what is left ends with it', () => {
    const account = new GivenAccount().at(on('2026-01-01T10:00:00Z'));
    account.does(subscribe(daily));
    account.does(charge([{ unit: 'images', amount: 7n }]));
    expect(account.balance('images').available).toBe(3n);
    const entries = account.at(on('2026-01-02T09:00:00Z')).settles();
    expect(entries.map(({ type, amount, effectiveAt }) => [type, amount, effectiveAt])).toEqual([
      ['expire', 3n, on('2026-01-02')],
      ['grant', 10n, on('2026-01-02')],
    ]);
  });

  it('leaves no entry for windows that nobody touched', () => {
    const account = new GivenAccount().at(on('2026-01-01T10:00:00Z'));
    account.does(subscribe(daily));
    const entries = account.at(on('2026-01-20T09:00:00Z')).settles();
    expect(entries.map(({ type, effectiveAt }) => [type, effectiveAt])).toEqual([
      ['expire', on('2026-01-02')],
      ['grant', on('2026-01-20')],
    ]);
  });

  it('is spent by a hold of the day before, and what comes back of that ends with its window', () => {
    const account = new GivenAccount().at(on('2026-01-01T23:55:00Z'));
    account.does(subscribe(daily));
    const held = account.reserves([{ unit: 'images', amount: 4n }]);
    account.at(on('2026-01-02T00:05:00Z'));
    account.commits(held, 1n);
    expect(account.balance('images')).toMatchObject({ available: 10n, spent: 1n, expired: 9n });
  });

  it('that is refunded after its window gives nothing back to spend', () => {
    const account = new GivenAccount().at(on('2026-01-01T12:00:00Z'));
    account.does(subscribe(daily));
    const held = account.reserves([{ unit: 'images', amount: 10n }]);
    account.commits(held, 10n);
    account.at(on('2026-01-03')).does(refund(held));
    expect(account.balance('images')).toMatchObject({ available: 10n, spent: 0n, expired: 10n });
  });

  it('that is raised within its window leaves what was used used', () => {
    const account = new GivenAccount().at(on('2026-01-01T12:00:00Z'));
    account.does(subscribe(daily));
    account.does(charge([{ unit: 'images', amount: 9n }]));
    account.does(subscribe(plan('more', { limits: [limit('images', 50n)] })));
    expect(account.balance('images').available).toBe(41n);
    account.does(subscribe(daily));
    expect(account.balance('images').available).toBe(1n);
    account.does(subscribe(plan('less', { limits: [limit('images', 2n)] })));
    expect(account.balance('images').available).toBe(0n);
  });

  it('of the billing period goes on in the grace of a plan with a price, and begins anew when it is renewed', () => {
    const pro = paidPlan('pro', { limits: [limit('images', 10n, { window: { every: 'billing_period' } })] });
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(pro));
    account.does(charge([{ unit: 'images', amount: 6n }]));
    account.at(on('2026-02-02')).settles();
    expect(account.balance('images').available).toBe(4n);
    account.does(subscribe(pro, { start: on('2026-02-01') }));
    expect(account.balance('images').available).toBe(10n);
  });

  it('of the billing period ends once where the subscription is cancelled', () => {
    const pro = paidPlan('pro', { limits: [limit('images', 10n, { window: { every: 'billing_period' } })] });
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(pro));
    account.does(cancel('now'));
    expect(account.balance('images')).toMatchObject({ available: 0n, expired: 10n });
  });

  it('for life is given once, whatever becomes of the subscription', () => {
    const once = plan('once', { limits: [limit('images', 10n, { window: { every: 'lifetime' } })] });
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(once));
    account.does(charge([{ unit: 'images', amount: 6n }]));
    account.at(on('2026-03-02')).does(cancel('now'));
    account.at(on('2026-03-03')).does(subscribe(once));
    expect(account.balance('images').available).toBe(4n);
  });

  it('is not given twice in a day by cancelling and subscribing again', () => {
    const account = new GivenAccount().at(on('2026-01-01T12:00:00Z'));
    account.does(subscribe(daily));
    account.does(charge([{ unit: 'images', amount: 9n }]));
    account.does(cancel('now'));
    expect(account.balance('images').available).toBe(0n);
    account.at(on('2026-01-01T13:00:00Z')).does(subscribe(daily));
    expect(account.balance('images').available).toBe(1n);
  });
});

describe('a hold over the boundary', () => {
  it('spends the credits of its period, bought and promotional ones with it, in burn order', () => {
    const account = new GivenAccount().at(on('2026-01-31T23:55:00Z'));
    account.does(
      subscribe(plan('free', { grants: [credits(10n)] }), { start: on('2026-01-01'), end: on('2026-02-01') }),
    );
    account.does(grant(10n, { category: 'promotional', expiresAt: on('2026-01-31T23:59:00Z') }));
    account.does(grant(10n, { category: 'paid' }));
    const held = account.reserves(25n);
    account.at(on('2026-02-01T00:05:00Z'));
    account.does(commit(held, 22n));
    expect(account.balance()).toMatchObject({ spent: 22n, available: 18n, expired: 0n });
  });

  it('returns credits of a closed period by the rule of its closing', () => {
    const pro = paidPlan('pro', { grants: [credits(100n, { percent: 50, cap: 60n })] });
    const account = new GivenAccount().at(on('2026-01-31T23:50:00Z'));
    account.does(subscribe(pro, { start: on('2026-01-01'), end: on('2026-02-01') }));
    const held = account.does(reserve(50n))[0]!.seq;
    account.at(on('2026-02-01T00:01:00Z')).does(subscribe(pro, { start: on('2026-02-01'), end: on('2026-03-01') }));
    expect(account.balance()).toMatchObject({ available: 125n, held: 50n, expired: 25n });
    account.at(on('2026-02-01T00:02:00Z')).does(commit(held, 0n));
    expect(account.balance()).toMatchObject({ available: 150n, held: 0n, expired: 50n });
  });
});
