import { describe, expect, it } from '@jest/globals';
import { charge, commit, GivenAccount, reserve } from '../../../test/model/given-account.js';
import { cancel, limit, on, paidPlan, plan, subscribe } from '../../../test/model/given-plan.js';
import type { PlanGrant } from './plan-terms.js';

const minutes = (amount: bigint, allowance = true): PlanGrant => {
  return { unit: 'minutes', allowance, amount, priority: 50, rollover: null, appliesTo: null };
};
const ask = (amount: bigint) => charge([{ unit: 'minutes', amount }]);
const HOUR = 3_600_000;

describe('an allowance that periods give', () => {
  it('and that is used up is refused until the next period, with used, cap and when it resets', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(plan('talk', { grants: [minutes(100n)] })));
    account.does(ask(70n));
    account.at(on('2026-01-31T23:00:00Z'));
    expect(account.refuses(ask(31n))).toMatchObject({
      code: 'limit_reached',
      retryable: true,
      retryAfterMs: HOUR,
      shortfall: [{ required: 31n, available: 30n, limit: { used: 70n, cap: 100n, resetsAt: on('2026-02-01') } }],
    });
    account.at(on('2026-02-01')).does(ask(31n));
  });

  it('is not waited for where the next period gives less than is asked for', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(plan('talk', { grants: [minutes(100n)] })));
    expect(account.refuses(ask(101n))).toMatchObject({ code: 'insufficient_credits', retryable: false });
    account.does(subscribe(plan('less', { grants: [minutes(10n)] }), { when: 'period_end' }));
    account.does(ask(90n));
    expect(account.refuses(ask(11n))).toMatchObject({ code: 'insufficient_credits', retryable: false });
  });

  it('is not promised by a plan that has still to be paid for, or that ends', () => {
    const paid = paidPlan('paid', { grants: [minutes(100n)] });
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(paid));
    account.does(ask(95n));
    const refusal = account.refuses(ask(6n));
    expect(refusal).toMatchObject({ code: 'insufficient_credits', shortfall: [{ limit: { resetsAt: null } }] });
    account.does(subscribe(paid, { start: on('2026-02-01') }));
    expect(account.refuses(ask(6n))).toMatchObject({ code: 'limit_reached' });
    const ending = new GivenAccount().at(on('2026-01-01'));
    ending.does(subscribe(plan('talk', { grants: [minutes(100n)] })));
    ending.does(cancel('period_end'));
    ending.does(ask(100n));
    expect(ending.refuses(ask(1n))).toMatchObject({ code: 'insufficient_credits', retryable: false });
  });

  it('that can be bought is not waited for', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(plan('talk', { grants: [minutes(100n, false)] })));
    const { code, shortfall } = account.refuses(ask(101n));
    expect([code, shortfall![0]!.limit]).toEqual(['insufficient_credits', null]);
  });

  it('is one with the limits that are short too: the last of them says when', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    const talk = plan('talk', { grants: [minutes(100n)], limits: [limit('calls', 1n)] });
    account.does(subscribe(talk));
    account.does(
      charge([
        { unit: 'minutes', amount: 100n },
        { unit: 'calls', amount: 1n },
      ]),
    );
    const both = charge([
      { unit: 'minutes', amount: 1n },
      { unit: 'calls', amount: 1n },
    ]);
    expect(account.refuses(both)).toMatchObject({ code: 'limit_reached', retryAfterMs: 31 * 24 * HOUR });
    expect(
      account.refuses(
        charge([
          { unit: 'minutes', amount: 1n },
          { unit: 'credits', amount: 1n },
        ]),
      ).code,
    ).toBe('insufficient_credits');
  });

  it('leaves the hold open where a commit asks for more of it, and says which', () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(plan('talk', { grants: [minutes(100n)] })));
    const held = account.does(reserve([{ unit: 'minutes', amount: 60n }]))[0]!.seq;
    const refusal = account.refuses(commit(held, 101n));
    expect(refusal).toMatchObject({ code: 'limit_reached', shortfall: [{ required: 41n }], reservation: { no: held } });
  });
});
