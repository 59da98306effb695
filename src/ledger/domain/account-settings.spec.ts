import { describe, expect, it } from '@jest/globals';
import { charge, GivenAccount, limits } from '../../../test/model/given-account.js';
import { MAX_AMOUNT } from '../../shared/amount.js';

describe('configuring', () => {
  it('replaces what it names and keeps the rest', () => {
    const account = new GivenAccount();
    account.does({ type: 'configure', overdraftLimits: new Map([['credits', 5n]]), metadata: { plan: 'pro' } });
    account.does(limits({ images: 2n }));
    expect(account.state.metadata).toEqual({ plan: 'pro' });
    expect(account.state.overdraftLimits).toEqual(new Map([['images', 2n]]));
    account.does({ type: 'configure', overdraftLimits: null, metadata: {} });
    expect(account.state.metadata).toEqual({});
    expect(account.state.overdraftLimits).toEqual(new Map([['images', 2n]]));
  });

  it('to what is so already leaves no entry', () => {
    const account = new GivenAccount();
    const command = { type: 'configure', overdraftLimits: new Map([['credits', 5n]]), metadata: { a: 'b' } } as const;
    expect(account.does(command)).toHaveLength(1);
    expect(account.does(command)).toEqual([]);
  });

  it('notices a value that changed under the same name', () => {
    const account = new GivenAccount();
    const named = (plan: string) => ({ type: 'configure', overdraftLimits: null, metadata: { plan } }) as const;
    account.does(named('free'));
    expect(account.does(named('pro'))).toHaveLength(1);
    expect(account.does({ ...named('pro'), metadata: { tier: 'pro' } })).toHaveLength(1);
    expect(account.state.metadata).toEqual({ tier: 'pro' });
  });

  it('an overdraft limit of nothing is fine', () => {
    const account = new GivenAccount();
    account.does(limits({ credits: 0n }));
    expect(account.refuses(charge(1n, { overage: 'allow_debt' })).code).toBe('insufficient_credits');
  });

  it('a lower limit forgives nothing: what is owed stays', () => {
    const account = new GivenAccount();
    account.does(limits({ credits: 5n }));
    account.does(charge(5n, { overage: 'allow_debt' }));
    account.does(limits({ credits: 1n }));
    expect(account.balance().debt).toBe(5n);
    expect(account.refuses(charge(1n, { overage: 'allow_debt' })).code).toBe('insufficient_credits');
  });

  it.each([
    [-1n, 'invalid_request'],
    [MAX_AMOUNT + 1n, 'amount_too_large'],
  ])('an overdraft limit of %s is refused', (limit, code) => {
    expect(new GivenAccount().refuses(limits({ credits: limit })).code).toBe(code);
  });
});

describe('taking a test clock', () => {
  const takes = (testClock: string) =>
    ({ type: 'configure', overdraftLimits: null, metadata: null, testClock }) as const;

  it('is the first entry of an account, and again changes nothing', () => {
    const account = new GivenAccount();
    expect(account.does(takes('clk_a'))).toMatchObject([{ seq: 1, settings: { testClock: 'clk_a' } }]);
    expect(account.does(takes('clk_a'))).toEqual([]);
    expect(account.state.testClock).toBe('clk_a');
  });

  it('is refused where there are entries, and so is another clock', () => {
    const account = new GivenAccount();
    account.grants(1n);
    expect(account.refuses(takes('clk_a'))).toMatchObject({ code: 'account_in_use' });
    const clocked = new GivenAccount();
    clocked.does(takes('clk_a'));
    expect(clocked.refuses(takes('clk_b'))).toMatchObject({ code: 'account_in_use' });
  });

  it('stays when other settings change', () => {
    const account = new GivenAccount();
    account.does({ ...takes('clk_a'), metadata: { plan: 'pro' } });
    account.does(limits({ credits: 2n }));
    expect(account.state.testClock).toBe('clk_a');
  });
});
