import { describe, expect, it } from '@jest/globals';
import { balance, extend, FREEZE, GivenAccount, MINUTE, refund, SECOND } from '../../../test/model/given-account.js';
import { MAX_AMOUNT } from '../../shared/amount.js';

describe('an extension of the time', () => {
  it('counts from now', () => {
    const { account, held } = holding();
    account.at(30 * SECOND).does(extend(held, { ttlMs: MINUTE }));
    expect(account.reservation(held).expiresAt).toBe(90 * SECOND);
    account.at(95 * SECOND - 1).commits(held, 10n);
  });

  it('never shortens, and then leaves no entry', () => {
    const { account, held } = holding();
    expect(account.does(extend(held, { ttlMs: SECOND }))).toEqual([]);
    expect(account.reservation(held).expiresAt).toBe(MINUTE);
  });

  it('comes in time during the grace', () => {
    const { account, held } = holding();
    account.at(MINUTE + 4 * SECOND).does(extend(held, { ttlMs: MINUTE }));
    expect(account.reservation(held).expiresAt).toBe(2 * MINUTE + 4 * SECOND);
  });

  it('goes on while the account is frozen', () => {
    const { account, held } = holding();
    account.does(FREEZE);
    account.at(SECOND).does(extend(held, { ttlMs: MINUTE }));
    expect(account.reservation(held).expiresAt).toBe(61 * SECOND);
  });
});

describe('the growth of a hold', () => {
  it('holds more, and need not be longer', () => {
    const { account, held } = holding();
    account.does(extend(held, { add: { amount: 5n, unit: null } }));
    expect(account.balance()).toEqual(balance({ granted: 20n, available: 5n, held: 15n }));
    expect(account.reservation(held)).toMatchObject({ expiresAt: MINUTE, lines: [{ reserved: 15n }] });
  });

  it('uses only lots that its reservation may use', () => {
    const account = new GivenAccount();
    account.grants(1n);
    account.grants(10n, { appliesTo: { meters: ['image'] } });
    const held = account.reserves(1n, { meter: 'chat' });
    expect(account.refuses(extend(held, { add: { amount: 1n, unit: null } })).code).toBe('insufficient_credits');
  });

  it('is refused where it is not there, and the hold stays as it was', () => {
    const { account, held } = holding();
    const refusal = account.refuses(extend(held, { ttlMs: 10 * MINUTE, add: { amount: 11n, unit: null } }));
    expect(refusal).toMatchObject({
      code: 'insufficient_credits',
      retryable: false,
      shortfall: [{ unit: 'credits', required: 11n, available: 10n, held: 0n, openReservations: 0 }],
      reservation: { no: held, expiresAt: MINUTE },
    });
  });

  it('is refused on a frozen account', () => {
    const { account, held } = holding();
    account.does(FREEZE);
    expect(account.refuses(extend(held, { add: { amount: 1n, unit: null } })).code).toBe('account_frozen');
  });

  it('needs a unit where there are several lines', () => {
    const account = new GivenAccount();
    account.grants(10n);
    account.grants(10n, { unit: 'images' });
    const held = account.reserves(['credits', 'images'].map(unit => ({ unit, amount: 1n })));
    expect(account.refuses(extend(held, { add: { amount: 1n, unit: null } })).code).toBe('invalid_request');
    account.does(extend(held, { add: { amount: 1n, unit: 'images' } }));
    expect(account.balance('images').held).toBe(2n);
  });

  it('is refused in a unit that is not held', () => {
    const { account, held } = holding();
    expect(account.refuses(extend(held, { add: { amount: 1n, unit: 'images' } })).code).toBe('invalid_request');
  });

  it.each([
    [0n, 'invalid_request'],
    [-1n, 'invalid_request'],
    [MAX_AMOUNT + 1n, 'amount_too_large'],
  ])('by %s is %s', (amount, code) => {
    const { account, held } = holding();
    expect(account.refuses(extend(held, { add: { amount, unit: null } })).code).toBe(code);
  });

  it('is refused where all that was ever reserved could not be counted', () => {
    const account = new GivenAccount();
    account.grants(MAX_AMOUNT);
    const held = account.reserves(MAX_AMOUNT);
    account.commits(held, MAX_AMOUNT, { final: false });
    account.does(refund(held));
    expect(account.refuses(extend(held, { add: { amount: 1n, unit: null } })).code).toBe('amount_too_large');
  });
});

describe('an extension is refused', () => {
  it('where there is no such reservation', () => {
    expect(new GivenAccount().refuses(extend(1, { ttlMs: MINUTE })).code).toBe('reservation_not_found');
  });

  it('once the reservation is closed', () => {
    const { account, held } = holding();
    account.commits(held, 1n);
    expect(account.refuses(extend(held, { ttlMs: MINUTE })).code).toBe('reservation_closed');
  });

  it('once its grace is over', () => {
    const { account, held } = holding();
    account.at(MINUTE + 5 * SECOND);
    expect(account.refuses(extend(held, { ttlMs: MINUTE })).code).toBe('reservation_expired');
  });
});

function holding() {
  const account = new GivenAccount();
  account.grants(20n);
  return { account, held: account.reserves(10n, { ttlMs: MINUTE, graceMs: 5 * SECOND }) };
}
