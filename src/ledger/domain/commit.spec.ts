import { describe, expect, it } from '@jest/globals';
import {
  balance,
  charge,
  commit,
  extend,
  FREEZE,
  GivenAccount,
  limits,
  MINUTE,
  refund,
  release,
  revoke,
} from '../../../test/model/given-account.js';
import { MAX_AMOUNT } from '../../shared/amount.js';

describe('a commit', () => {
  it('of less returns the rest', () => {
    const { account, held } = holding(100n, 75n);
    account.commits(held, 60n);
    expect(account.balance()).toEqual(balance({ granted: 100n, available: 40n, spent: 60n }));
    expect(account.reservation(held)).toMatchObject({
      status: 'closed',
      lines: [{ reserved: 75n, committed: 60n, released: 15n, held: [] }],
    });
  });

  it('consumes the lots of the hold in burn order, and what returns was drawn last', () => {
    const account = new GivenAccount();
    const last = account.grants(10n, { priority: 60 });
    const first = account.grants(10n, { priority: 40 });
    account.commits(account.reserves(20n), 13n);
    expect(account.lots()).toEqual([{ no: last, remaining: 7n, held: 0n }]);
    expect(account.lot(first).remaining).toBe(0n);
  });

  it('consumes in burn order also what the hold drew later', () => {
    const account = new GivenAccount();
    account.grants(10n, { priority: 60 });
    const held = account.reserves(10n);
    const better = account.grants(10n, { priority: 40 });
    account.does(extend(held, { add: { amount: 10n, unit: null } }));
    account.commits(held, 10n);
    expect(account.lot(better)).toMatchObject({ remaining: 0n, held: 0n });
    expect(account.balance().available).toBe(10n);
  });

  it('without an amount takes all that is held', () => {
    const { account, held } = holding(100n, 75n);
    account.commits(held, null);
    expect(account.balance()).toEqual(balance({ granted: 100n, available: 25n, spent: 75n }));
  });

  it('of nothing closes the hold at no cost', () => {
    const { account, held } = holding(100n, 75n);
    account.commits(held, 0n);
    expect(account.balance()).toEqual(balance({ granted: 100n, available: 100n }));
    expect(account.reservation(held).status).toBe('closed');
  });

  it('that is not final captures a part and keeps the hold open', () => {
    const { account, held } = holding(100n, 75n);
    account.commits(held, 30n, { final: false });
    account.commits(held, 20n, { final: false });
    expect(account.balance()).toEqual(balance({ granted: 100n, available: 25n, held: 25n, spent: 50n }));
    expect(account.reservation(held)).toMatchObject({ status: 'open', lines: [{ committed: 50n, released: 0n }] });
    account.commits(held, 5n);
    expect(account.balance()).toEqual(balance({ granted: 100n, available: 45n, spent: 55n }));
  });

  it('that is not final and takes nothing leaves no entry', () => {
    const { account, held } = holding(100n, 75n);
    expect(account.does(commit(held, 0n, { final: false }))).toEqual([]);
  });

  it('that is not final keeps the hold open even when it took all of it', () => {
    const { account, held } = holding(100n, 75n);
    account.commits(held, 75n, { final: false });
    expect(account.reservation(held).status).toBe('open');
    account.commits(held, null);
    expect(account.reservation(held)).toMatchObject({ status: 'closed', lines: [{ committed: 75n, released: 0n }] });
  });

  it('pays what is owed with what it returns', () => {
    const account = new GivenAccount();
    const lot = account.grants(20n);
    const held = account.reserves(20n);
    account.does(revoke(lot, 5n));
    account.commits(held, 8n);
    expect(account.balance()).toEqual(balance({ granted: 20n, available: 7n, spent: 8n, revoked: 5n }));
  });

  it('goes on while the account is frozen', () => {
    const { account, held } = holding(100n, 75n);
    account.does(FREEZE);
    account.commits(held, 80n);
    expect(account.balance().spent).toBe(80n);
  });

  it('keeps what it cost the provider on its first entry', () => {
    const { account, held } = holding(100n, 75n);
    const providerCost = { amount: '0.0031', currency: 'usd' };
    const [entry] = account.does(commit(held, 1n, { providerCost, metadata: { model: 'large' } }));
    expect(entry).toMatchObject({ providerCost, metadata: { model: 'large' }, reservation: held, closes: true });
  });
});

describe('more than was held', () => {
  it('is refused under reject, and the hold stays open', () => {
    const { account, held } = holding(100n, 75n, { overage: 'reject' });
    const refusal = account.refuses(commit(held, 76n));
    expect(refusal).toMatchObject({ code: 'commit_exceeds_reservation', reservation: { no: held, status: 'open' } });
    account.commits(held, 75n);
  });

  it('comes out of available under allow_available', () => {
    const { account, held } = holding(100n, 75n);
    account.commits(held, 100n);
    expect(account.balance()).toEqual(balance({ granted: 100n, spent: 100n }));
    expect(account.reservation(held).lines).toMatchObject([{ reserved: 75n, committed: 100n, released: 0n }]);
  });

  it('is all there or refused: the shortfall is the excess, and the hold can still be committed', () => {
    const { account, held } = holding(100n, 75n);
    expect(account.refuses(commit(held, 101n))).toMatchObject({
      code: 'insufficient_credits',
      retryable: false,
      shortfall: [{ unit: 'credits', required: 26n, available: 25n, held: 0n, openReservations: 0 }],
      reservation: { no: held },
    });
    account.commits(held, 75n);
  });

  it('says try again where other reservations hold the rest', () => {
    const { account, held } = holding(100n, 75n);
    account.reserves(20n);
    expect(account.refuses(commit(held, 90n))).toMatchObject({
      retryable: true,
      shortfall: [{ required: 15n, available: 5n, held: 20n, openReservations: 1 }],
    });
  });

  it('becomes debt under allow_debt once nothing is available, up to the overdraft limit and not beyond', () => {
    const { account, held } = holding(100n, 75n, { overage: 'allow_debt' });
    account.does(limits({ credits: 10n }));
    expect(account.refuses(commit(held, 111n)).code).toBe('insufficient_credits');
    account.commits(held, 110n);
    expect(account.balance()).toEqual(balance({ granted: 100n, spent: 110n, debt: 10n }));
  });

  it('says try again where returning holds and the overdraft together would cover it', () => {
    const { account, held } = holding(100n, 75n, { overage: 'allow_debt' });
    account.does(limits({ credits: 10n }));
    account.reserves(25n);
    expect(account.refuses(commit(held, 110n))).toMatchObject({ retryable: true });
    expect(account.refuses(commit(held, 111n))).toMatchObject({ retryable: false });
  });

  it('cannot be owed where no overdraft was agreed', () => {
    const { account, held } = holding(100n, 100n, { overage: 'allow_debt' });
    expect(account.refuses(commit(held, 101n)).code).toBe('insufficient_credits');
  });

  it('is owed only where nothing is available: credits that it may not use pay before that', () => {
    const account = new GivenAccount();
    account.does(limits({ credits: 10n }));
    account.grants(10n);
    account.grants(4n, { appliesTo: { meters: ['image'] } });
    const held = account.reserves(10n, { overage: 'allow_debt', meter: 'chat' });
    account.commits(held, 16n);
    expect(account.balance()).toEqual(balance({ granted: 14n, spent: 16n, debt: 2n }));
  });

  it('does not use credits it may not use without debt', () => {
    const account = new GivenAccount();
    account.grants(10n);
    account.grants(4n, { appliesTo: { meters: ['image'] } });
    const held = account.reserves(10n, { meter: 'chat' });
    expect(account.refuses(commit(held, 11n))).toMatchObject({ shortfall: [{ required: 1n, available: 0n }] });
  });

  it('is amount_too_large where the debt could not be counted', () => {
    const account = new GivenAccount();
    account.does(limits({ credits: MAX_AMOUNT }));
    account.grants(MAX_AMOUNT);
    const held = account.reserves(1n, { overage: 'allow_debt' });
    account.does(charge(MAX_AMOUNT - 1n));
    expect(account.refuses(commit(held, 2n)).code).toBe('amount_too_large');
    account.commits(held, 1n);
  });
});

describe('a commit of several lines', () => {
  it('takes all of them or none', () => {
    const { account, held } = holdingTwo();
    const actual = [
      { unit: 'credits', amount: 5n },
      { unit: 'images', amount: 4n },
    ];
    expect(account.refuses(commit(held, actual)).shortfall).toMatchObject([{ unit: 'images', required: 2n }]);
    expect(account.balance()).toMatchObject({ held: 5n, spent: 0n });
  });

  it('takes nothing of a unit that it does not name', () => {
    const { account, held } = holdingTwo();
    account.commits(held, [{ unit: 'images', amount: 1n }]);
    expect(account.balance()).toEqual(balance({ granted: 10n, available: 10n }));
    expect(account.balance('images')).toEqual(balance({ granted: 3n, available: 2n, spent: 1n }));
  });

  it('leaves one entry for each unit it moves; the last one closes', () => {
    const { account, held } = holdingTwo();
    const entries = account.does(commit(held, null));
    expect(entries.map(({ unit, amount, closes }) => [unit, amount, closes])).toEqual([
      ['credits', 5n, false],
      ['images', 2n, true],
    ]);
  });

  it('keeps metadata and provider cost on the first of its entries', () => {
    const { account, held } = holdingTwo();
    const providerCost = { amount: '0.01', currency: 'usd' };
    const entries = account.does(commit(held, null, { providerCost, metadata: { model: 'large' } }));
    expect(entries.map(entry => entry.metadata)).toEqual([{ model: 'large' }, null]);
    expect(entries.map(entry => entry.providerCost)).toEqual([providerCost, null]);
  });

  it.each([
    ['an amount for no unit in particular', 1n],
    ['a unit that is not held', [{ unit: 'tokens', amount: 1n }]],
    ['a unit twice', [1n, 2n].map(amount => ({ unit: 'images', amount }))],
    ['a negative amount', [{ unit: 'images', amount: -1n }]],
    ['no line at all', []],
  ])('is invalid_request with %s', (_what, actual) => {
    const { account, held } = holdingTwo();
    expect(account.refuses(commit(held, actual)).code).toBe('invalid_request');
  });
});

describe('a commit is refused', () => {
  it('where there is no such reservation', () => {
    expect(new GivenAccount().refuses(commit(1, 1n)).code).toBe('reservation_not_found');
  });

  it('where the reservation was committed or released', () => {
    const { account, held } = holding(100n, 75n);
    const other = account.reserves(1n);
    account.commits(held, 1n);
    account.does(release(other));
    expect(account.refuses(commit(held, 1n)).code).toBe('reservation_closed');
    expect(account.refuses(commit(other, 1n)).code).toBe('reservation_closed');
  });

  it('where its amount is negative or larger than an amount can be', () => {
    const { account, held } = holding(100n, 75n);
    expect(account.refuses(commit(held, -1n)).code).toBe('invalid_request');
    expect(account.refuses(commit(held, MAX_AMOUNT + 1n)).code).toBe('amount_too_large');
  });

  it('where all that was ever committed of a line could not be counted', () => {
    const { account, held } = holding(MAX_AMOUNT, MAX_AMOUNT);
    account.commits(held, MAX_AMOUNT, { final: false });
    account.does(refund(held));
    expect(account.refuses(commit(held, 1n)).code).toBe('amount_too_large');
  });
});

describe('a lot that ended while it was held', () => {
  it('can still be spent by that hold', () => {
    const account = new GivenAccount();
    account.grants(10n, { expiresAt: MINUTE });
    const held = account.reserves(10n);
    account.at(2 * MINUTE).commits(held, 10n);
    expect(account.balance()).toEqual(balance({ granted: 10n, spent: 10n }));
  });

  it('lets expire what the commit does not take', () => {
    const account = new GivenAccount();
    account.grants(10n, { expiresAt: MINUTE });
    const held = account.reserves(8n);
    account.at(2 * MINUTE).commits(held, 5n);
    expect(account.balance()).toEqual(balance({ granted: 10n, spent: 5n, expired: 5n }));
  });

  it('carries what the commit does not take, up to what is left of the cap', () => {
    const account = new GivenAccount();
    account.grants(10n, { expiresAt: MINUTE, rollover: { percent: 100, cap: 4n, carryMs: null } });
    const held = account.reserves(7n);
    account.at(2 * MINUTE).commits(held, 2n);
    // 3 of the cap of 4 were carried at the boundary, so 1 of the 5 that return is.
    expect(account.balance()).toEqual(balance({ granted: 10n, available: 4n, spent: 2n, expired: 4n }));
  });
});

function holding(granted: bigint, reserved: bigint, more: Parameters<GivenAccount['reserves']>[1] = {}) {
  const account = new GivenAccount();
  account.grants(granted);
  return { account, held: account.reserves(reserved, more) };
}

function holdingTwo() {
  const account = new GivenAccount();
  account.grants(10n);
  account.grants(3n, { unit: 'images' });
  const held = account.reserves([
    { unit: 'credits', amount: 5n },
    { unit: 'images', amount: 2n },
  ]);
  return { account, held };
}
