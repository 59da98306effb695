import { describe, expect, it } from '@jest/globals';
import { balance, charge, FREEZE, GivenAccount, limits } from '../../../test/model/given-account.js';
import { MAX_AMOUNT } from '../../shared/amount.js';

describe('a charge', () => {
  it('spends at once, without a reservation', () => {
    const account = new GivenAccount();
    account.grants(10n);
    const [entry] = account.does(charge(4n, { member: 'ann', reason: 'thumbnail' }));
    expect(entry).toMatchObject({ type: 'commit', reservation: null, member: 'ann', reason: 'thumbnail' });
    expect(account.balance()).toEqual(balance({ granted: 10n, available: 6n, spent: 4n }));
  });

  it('burns lots in burn order, and only those it may use', () => {
    const account = new GivenAccount();
    const images = account.grants(10n, { priority: 1, appliesTo: { meters: ['image'] } });
    const second = account.grants(10n, { priority: 3 });
    const first = account.grants(10n, { priority: 2 });
    account.does(charge(12n, { meter: 'chat' }));
    expect([images, first, second].map(no => account.lot(no).remaining)).toEqual([10n, 0n, 8n]);
  });

  it('takes all of its lines or none, one entry for each', () => {
    const account = new GivenAccount();
    account.grants(10n);
    const lines = ['credits', 'images'].map(unit => ({ unit, amount: 3n }));
    expect(account.refuses(charge(lines)).shortfall).toMatchObject([{ unit: 'images', required: 3n, available: 0n }]);
    account.grants(3n, { unit: 'images' });
    expect(account.does(charge(lines)).map(({ unit }) => unit)).toEqual(['credits', 'images']);
  });

  it('needs all of it available, unless it may be owed', () => {
    const account = new GivenAccount();
    account.grants(10n);
    account.does(limits({ credits: 5n }));
    expect(account.refuses(charge(11n)).code).toBe('insufficient_credits');
    expect(account.refuses(charge(16n, { overage: 'allow_debt' })).code).toBe('insufficient_credits');
    account.does(charge(15n, { overage: 'allow_debt' }));
    expect(account.balance()).toEqual(balance({ granted: 10n, spent: 15n, debt: 5n }));
  });

  it('says try again where reservations hold what is missing', () => {
    const account = new GivenAccount();
    account.grants(10n);
    account.reserves(8n);
    expect(account.refuses(charge(5n))).toMatchObject({ retryable: true, shortfall: [{ available: 2n, held: 8n }] });
  });

  it('of a frozen account is refused', () => {
    const account = new GivenAccount();
    account.grants(10n);
    account.does(FREEZE);
    expect(account.refuses(charge(1n)).code).toBe('account_frozen');
  });

  it.each([
    ['no line', [], 'invalid_request'],
    ['a unit twice', [1n, 1n], 'invalid_request'],
    ['nothing', [0n], 'invalid_request'],
    ['a negative amount', [-1n], 'invalid_request'],
    ['more than an amount can be', [MAX_AMOUNT + 1n], 'amount_too_large'],
  ])('of %s is refused', (_what, amounts, code) => {
    const account = new GivenAccount();
    account.grants(10n);
    expect(account.refuses(charge(amounts.map(amount => ({ unit: 'credits', amount })))).code).toBe(code);
  });

  it('keeps its metadata on the first of its entries', () => {
    const account = new GivenAccount();
    account.grants(3n);
    account.grants(3n, { unit: 'images' });
    const lines = ['credits', 'images'].map(unit => ({ unit, amount: 3n }));
    const entries = account.does(charge(lines, { metadata: { order: '7' } }));
    expect(entries.map(({ metadata }) => metadata)).toEqual([{ order: '7' }, null]);
  });

  it('counts what is owed already against what can be counted', () => {
    const account = new GivenAccount();
    account.does(limits({ credits: MAX_AMOUNT }));
    account.grants(MAX_AMOUNT - 1n);
    account.does(charge(MAX_AMOUNT, { overage: 'allow_debt' }));
    expect(account.refuses(charge(1n, { overage: 'allow_debt' })).code).toBe('amount_too_large');
  });

  it('is amount_too_large where the debt could not be counted', () => {
    const account = new GivenAccount();
    account.grants(MAX_AMOUNT);
    account.does(charge(MAX_AMOUNT));
    account.does(limits({ credits: MAX_AMOUNT }));
    expect(account.refuses(charge(1n, { overage: 'allow_debt' })).code).toBe('amount_too_large');
  });
});
