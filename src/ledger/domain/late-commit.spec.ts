import { describe, expect, it } from '@jest/globals';
import {
  balance,
  charge,
  commit,
  FREEZE,
  GivenAccount,
  limits,
  MINUTE,
  refund,
  reserve,
  SECOND,
} from '../../../test/model/given-account.js';
import { MAX_AMOUNT } from '../../shared/amount.js';

describe('a commit during the grace', () => {
  it('is on time until the last millisecond', () => {
    const { account, held } = expiring({ late: 'reject' });
    account.at(MINUTE + 5 * SECOND - 1).commits(held, 10n);
    expect(account.balance().spent).toBe(10n);
  });

  it('is late the moment the grace is over', () => {
    const { account, held } = expiring({ late: 'reject' });
    account.at(MINUTE + 5 * SECOND);
    expect(account.refuses(commit(held, 10n)).code).toBe('reservation_expired');
    expect(account.balance()).toEqual(balance({ granted: 20n, available: 20n }));
  });
});

describe('a late commit under charge', () => {
  it('takes the amount from available and closes the reservation', () => {
    const { account, held } = late({});
    account.commits(held, 7n);
    expect(account.balance()).toEqual(balance({ granted: 20n, available: 13n, spent: 7n }));
    expect(account.reservation(held)).toMatchObject({ status: 'closed', lines: [{ committed: 7n, released: 10n }] });
  });

  it('comes once', () => {
    const { account, held } = late({});
    account.commits(held, 1n, { final: false });
    expect(account.refuses(commit(held, 1n)).code).toBe('reservation_closed');
  });

  it('of nothing closes the reservation at no cost', () => {
    const { account, held } = late({});
    account.commits(held, 0n);
    expect(account.reservation(held).status).toBe('closed');
    expect(account.balance().spent).toBe(0n);
  });

  it('without an amount takes what had not been committed when the hold ended', () => {
    const { account, held } = expiring({ late: 'charge' });
    account.commits(held, 4n, { final: false });
    account.at(2 * MINUTE).commits(held, null);
    expect(account.balance()).toEqual(balance({ granted: 20n, available: 10n, spent: 10n }));
  });

  it('takes at most what was reserved where overage is reject', () => {
    const { account, held } = late({ overage: 'reject' });
    expect(account.refuses(commit(held, 11n)).code).toBe('commit_exceeds_reservation');
    account.commits(held, 10n);
  });

  it('may take more than was reserved where overage is allow_available, all of it or nothing', () => {
    const { account, held } = late({});
    expect(account.refuses(commit(held, 21n))).toMatchObject({
      code: 'insufficient_credits',
      shortfall: [{ required: 21n, available: 20n }],
    });
    account.commits(held, 20n);
  });

  it('may become debt where overage is allow_debt, up to the limit', () => {
    const { account, held } = late({ overage: 'allow_debt' });
    account.does(limits({ credits: 5n }));
    expect(account.refuses(commit(held, 26n)).code).toBe('insufficient_credits');
    account.commits(held, 25n);
    expect(account.balance()).toEqual(balance({ granted: 20n, spent: 25n, debt: 5n }));
  });

  it('finds only what nobody else holds or has spent', () => {
    const { account, held } = late({});
    account.does(charge(12n));
    account.does(reserve(5n));
    expect(account.refuses(commit(held, 10n))).toMatchObject({
      shortfall: [{ required: 10n, available: 3n, held: 5n, openReservations: 1 }],
    });
  });

  it('goes on while the account is frozen', () => {
    const { account, held } = late({});
    account.does(FREEZE);
    account.commits(held, 1n);
    expect(account.balance().spent).toBe(1n);
  });

  it('keeps metadata and provider cost', () => {
    const { account, held } = late({});
    const providerCost = { amount: '0.01', currency: 'usd' };
    const entries = account.does(commit(held, 1n, { providerCost, metadata: { model: 'large' } }));
    expect(entries).toMatchObject([{ providerCost, metadata: { model: 'large' }, closes: true }]);
  });

  it('is amount_too_large where all that was ever committed of a line could not be counted', () => {
    const account = new GivenAccount();
    account.grants(MAX_AMOUNT);
    const held = account.reserves(MAX_AMOUNT, { ttlMs: MINUTE, graceMs: 0, late: 'charge' });
    account.commits(held, MAX_AMOUNT, { final: false });
    account.does(refund(held));
    account.at(MINUTE);
    expect(account.refuses(commit(held, 1n)).code).toBe('amount_too_large');
  });

  it('can be refunded', () => {
    const { account, held } = late({});
    account.commits(held, 7n);
    account.does(refund(held, 5n));
    expect(account.balance()).toEqual(balance({ granted: 20n, available: 18n, spent: 2n }));
  });
});

function expiring(more: Parameters<GivenAccount['reserves']>[1]) {
  const account = new GivenAccount();
  account.grants(20n);
  return { account, held: account.reserves(10n, { ttlMs: MINUTE, graceMs: 5 * SECOND, ...more }) };
}

function late(more: Parameters<GivenAccount['reserves']>[1]) {
  const { account, held } = expiring({ late: 'charge', ...more });
  account.at(2 * MINUTE);
  return { account, held };
}
