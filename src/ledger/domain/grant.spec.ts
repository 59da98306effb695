import { describe, expect, it } from '@jest/globals';
import { balance, charge, FREEZE, grant, GivenAccount, limits, MINUTE } from '../../../test/model/given-account.js';
import { MAX_AMOUNT } from '../../shared/amount.js';
import { decide } from './decide.js';
import { evolve } from './evolve.js';
import { MAX_LIVE_LOTS, newAccount } from './account.js';

describe('a grant', () => {
  it('adds a lot of its own and raises granted and available', () => {
    const account = new GivenAccount();
    const lot = account.grants(100n, { category: 'paid', priority: 10, cost: { amount: '9.90', currency: 'eur' } });
    expect(account.balance()).toEqual(balance({ granted: 100n, available: 100n }));
    expect(account.lot(lot)).toMatchObject({ granted: 100n, remaining: 100n, category: 'paid', priority: 10 });
    expect(account.lot(lot).cost).toEqual({ amount: '9.90', currency: 'eur' });
  });

  it('keeps units apart', () => {
    const account = new GivenAccount();
    account.grants(100n);
    account.grants(7n, { unit: 'images' });
    expect(account.balance('images')).toEqual(balance({ granted: 7n, available: 7n }));
    expect(account.balance()).toEqual(balance({ granted: 100n, available: 100n }));
  });

  it('says who made it why, and when it took effect', () => {
    const account = new GivenAccount().at(MINUTE);
    const [entry] = account.does(grant(5n, { reason: 'sorry', metadata: { ticket: '17' } }));
    expect(entry).toMatchObject({ type: 'grant', reason: 'sorry', metadata: { ticket: '17' }, effectiveAt: MINUTE });
  });

  it('pays what is owed first, and the lot keeps what is over', () => {
    const account = owing(10n);
    const lot = account.grants(25n);
    expect(account.balance()).toEqual(balance({ granted: 25n, available: 15n, spent: 10n }));
    expect(account.lot(lot)).toMatchObject({ granted: 25n, remaining: 15n });
  });

  it('that does not even pay the debt leaves a lot with nothing', () => {
    const account = owing(10n);
    const lot = account.grants(4n);
    expect(account.balance()).toEqual(balance({ granted: 4n, spent: 10n, debt: 6n }));
    expect(account.lots()).toEqual([]);
    expect(account.lot(lot).remaining).toBe(0n);
  });

  it('goes on while the account is frozen', () => {
    const account = new GivenAccount();
    account.does(FREEZE);
    account.grants(1n);
    expect(account.balance().available).toBe(1n);
  });

  it('may end in the next millisecond', () => {
    const account = new GivenAccount().at(1000);
    account.grants(1n, { expiresAt: 1001 });
    expect(account.balance().available).toBe(1n);
  });

  it.each([1000, 999])('is refused when it ended already, at %i of 1000', expiresAt => {
    const account = new GivenAccount().at(1000);
    expect(account.refuses(grant(1n, { expiresAt })).code).toBe('invalid_request');
  });

  it.each([0n, -1n])('of %s is refused', amount => {
    expect(new GivenAccount().refuses(grant(amount)).code).toBe('invalid_request');
  });

  it('of more than an amount can be is refused', () => {
    expect(new GivenAccount().refuses(grant(MAX_AMOUNT + 1n)).code).toBe('amount_too_large');
  });

  it('may reach the largest lifetime sum, and not go past it', () => {
    const account = new GivenAccount();
    account.grants(MAX_AMOUNT - 1n);
    account.does(charge(MAX_AMOUNT - 1n));
    account.grants(1n);
    expect(account.refuses(grant(1n)).code).toBe('amount_too_large');
    expect(account.balance()).toEqual(balance({ granted: MAX_AMOUNT, available: 1n, spent: MAX_AMOUNT - 1n }));
  });

  it('counts towards that sum with what is owed, less what it pays of it', () => {
    const account = new GivenAccount();
    account.does(limits({ credits: 5n }));
    account.grants(MAX_AMOUNT - 5n);
    account.does(charge(MAX_AMOUNT, { overage: 'allow_debt' }));
    expect(account.refuses(grant(6n)).code).toBe('amount_too_large');
    account.grants(5n);
    expect(account.balance()).toEqual(balance({ granted: MAX_AMOUNT, spent: MAX_AMOUNT }));
  });

  it(`is refused when ${MAX_LIVE_LOTS} lots are alive`, () => {
    const state = newAccount();
    const again = () => decide(state, grant(1n), 0, 0);
    for (let i = 0; i < MAX_LIVE_LOTS; i++) {
      const decision = again();
      if (decision.ok) for (const entry of decision.entries) evolve(state, entry);
    }
    expect(again()).toMatchObject({ ok: false, refusal: { code: 'too_many_lots' } });
  });
});

function owing(amount: bigint): GivenAccount {
  const account = new GivenAccount();
  account.does(limits({ credits: amount }));
  account.does(charge(amount, { overage: 'allow_debt' }));
  return account;
}
