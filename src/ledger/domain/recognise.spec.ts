import { describe, expect, it } from '@jest/globals';
import { DAY, GivenAccount } from '../../../test/model/given-account.js';
import { cancel, credits, on, paidPlan, subscribe } from '../../../test/model/given-plan.js';

const types = (entries: readonly { type: string }[]) => entries.map(({ type }) => type);

describe('what was paid and bought no credits', () => {
  const pro = paidPlan('pro', { grants: [credits(100n, { percent: 50 })] });
  const [start, end] = [on('2026-01-01'), on('2026-02-01')];
  const paid = { amount: '6.88', currency: 'USD' };
  const recognised = { type: 'recognise', subscription: 'main', paid, reason: 'Stripe in_1' } as const;

  it('is booked once the subscription is over, and moves nothing', () => {
    const account = new GivenAccount().at(start);
    account.does(subscribe(pro, { start, end }));
    account.does(cancel('now'));
    const before = account.state.subscriptions.get('main');
    const entries = account.does(recognised);
    expect(entries).toMatchObject([
      { type: 'subscribe', subscription: { id: 'main', paid }, reason: 'Stripe in_1', made: [] },
    ]);
    expect(account.state.subscriptions.get('main')).toEqual(before);
  });

  it('is refused while it goes on: what it is given next may cost that', () => {
    const account = new GivenAccount().at(start);
    account.does(subscribe(pro, { start, end }));
    expect(account.refuses(recognised).code).toBe('invalid_request');
    account.at(end + 10 * DAY).settles();
    expect(types(account.does(recognised))).toEqual(['subscribe']);
  });

  it('is booked of one that never began, or of which nothing is known any more', () => {
    const account = new GivenAccount().at(start);
    expect(types(account.does(recognised))).toEqual(['subscribe']);
    expect(account.state.subscriptions.size).toBe(0);
  });
});
