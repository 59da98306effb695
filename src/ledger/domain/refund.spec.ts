import { describe, expect, it } from '@jest/globals';
import {
  balance,
  charge,
  DAY,
  FREEZE,
  GivenAccount,
  grant,
  limits,
  MINUTE,
  refund,
  refundEntry,
  revoke,
} from '../../../test/model/given-account.js';
import { MAX_AMOUNT } from '../../shared/amount.js';

describe('a refund', () => {
  it('gives back to the lots that paid, last drawn first', () => {
    const { account, held, first, second } = spent();
    account.does(refund(held, 7n));
    expect(account.lot(second)).toMatchObject({ remaining: 10n });
    expect(account.lot(first)).toMatchObject({ remaining: 2n });
    expect(account.balance()).toEqual(balance({ granted: 20n, available: 12n, spent: 8n }));
    expect(account.reservation(held).lines).toMatchObject([{ committed: 15n, refunded: 7n }]);
  });

  it('without an amount gives back all that was committed and not yet refunded', () => {
    const { account, held } = spent();
    account.does(refund(held, 4n));
    account.does(refund(held));
    expect(account.balance()).toEqual(balance({ granted: 20n, available: 20n }));
  });

  it('is possible while the hold is open', () => {
    const account = new GivenAccount();
    account.grants(10n);
    const held = account.reserves(10n);
    account.commits(held, 6n, { final: false });
    account.does(refund(held, 5n));
    expect(account.balance()).toEqual(balance({ granted: 10n, available: 5n, held: 4n, spent: 1n }));
  });

  it('reverses the latest commit first, and points at each commit that it reverses', () => {
    const account = new GivenAccount();
    account.grants(10n);
    const held = account.reserves(10n);
    const first = account.commits(held, 4n, { final: false });
    const second = account.commits(held, 3n);
    const entries = account.does(refund(held, 5n));
    expect(entries.map(({ type, target, amount, reservation }) => [type, target, amount, reservation])).toEqual([
      ['refund', second, 3n, held],
      ['refund', first, 2n, held],
    ]);
  });

  it('of several lines gives every unit back, or the one it names', () => {
    const { account, held } = spentTwo();
    account.does(refund(held, null, 'images'));
    expect(account.balance('images').spent).toBe(0n);
    expect(account.balance().spent).toBe(5n);
    account.does(refund(held));
    expect(account.balance().spent).toBe(0n);
  });

  it('goes on while the account is frozen', () => {
    const { account, held } = spent();
    account.does(FREEZE);
    account.does(refund(held));
    expect(account.balance().spent).toBe(0n);
  });

  it('pays what is still owed with what comes back', () => {
    const { account, held, first } = spent();
    account.does(revoke(first, 10n));
    expect(account.balance()).toMatchObject({ available: 0n, debt: 5n });
    account.does(refund(held, 7n));
    expect(account.balance()).toEqual(balance({ granted: 20n, available: 2n, spent: 8n, revoked: 10n }));
  });
});

describe('a refund of several commits', () => {
  it('pays what is owed with the first of them and goes on with what the next returns', () => {
    const account = new GivenAccount();
    const lot = account.grants(10n);
    const held = account.reserves(10n);
    account.commits(held, 4n, { final: false });
    account.commits(held, 6n);
    account.does(revoke(lot, 8n));
    const entries = account.does(refund(held));
    expect(entries.map(({ amount, deltas }) => [amount, deltas.debt, deltas.available])).toEqual([
      [6n, -6n, 0n],
      [4n, -2n, 2n],
    ]);
    expect(account.balance()).toEqual(balance({ granted: 10n, available: 2n, revoked: 8n }));
  });
});

describe('a refund to a lot that is over', () => {
  it('makes a lot of the same category, priority, cost and conditions that lives for thirty days', () => {
    const account = new GivenAccount();
    const terms = {
      category: 'paid',
      priority: 20,
      cost: { amount: '5', currency: 'eur' },
      appliesTo: { meters: ['chat'] },
    } as const;
    account.grants(10n, { ...terms, expiresAt: MINUTE, rollover: { percent: 100, cap: null, carryMs: null } });
    const held = account.reserves(10n, { meter: 'chat' });
    account.commits(held, 10n);
    account.at(MINUTE).does(refund(held, 4n));
    const [made] = account.lots();
    expect(account.lot(made?.no ?? 0)).toMatchObject({
      ...terms,
      granted: 4n,
      remaining: 4n,
      expiresAt: MINUTE + 30 * DAY,
      rollover: null,
    });
    expect(account.balance()).toEqual(balance({ granted: 10n, available: 4n, spent: 6n }));
  });

  it('gives back to it in the last millisecond of its life', () => {
    const account = new GivenAccount();
    const lot = account.grants(10n, { expiresAt: MINUTE });
    const held = account.reserves(10n);
    account.commits(held, 10n);
    account.at(MINUTE - 1).does(refund(held));
    expect(account.lots()).toEqual([{ no: lot, remaining: 10n, held: 0n }]);
    account.at(MINUTE).settles();
    expect(account.balance()).toEqual(balance({ granted: 10n, expired: 10n }));
  });
});

describe('a refund of what had become debt', () => {
  it('lowers what is still owed before anything goes back to a lot', () => {
    const { account, held } = indebted();
    account.does(refund(held, 3n));
    expect(account.balance()).toEqual(balance({ granted: 10n, spent: 12n, debt: 2n }));
    account.does(refund(held, 4n));
    expect(account.balance()).toEqual(balance({ granted: 10n, available: 2n, spent: 8n }));
  });

  it('that is paid by now becomes a compensation of thirty days', () => {
    const { account, held } = indebted();
    const later = account.grants(7n, { expiresAt: MINUTE });
    account.does(refund(held, 5n));
    const made = account.lots().find(({ no }) => no !== later);
    expect(account.lot(made?.no ?? 0)).toMatchObject({
      category: 'compensation',
      priority: 50,
      granted: 5n,
      remaining: 5n,
      expiresAt: 30 * DAY,
      appliesTo: null,
    });
    expect(account.balance()).toEqual(balance({ granted: 17n, available: 7n, spent: 10n }));
  });

  it('comes first over all commits, so that no compensation is made while something is owed', () => {
    const account = new GivenAccount();
    account.does(limits({ credits: 5n }));
    account.grants(10n);
    const held = account.reserves(2n, { overage: 'allow_debt' });
    account.commits(held, 15n, { final: false });
    const other = account.grants(5n);
    expect(account.balance().debt).toBe(0n);
    account.grants(4n);
    account.commits(held, 4n, { final: false });
    account.does(revoke(other, 3n));
    expect(account.balance()).toMatchObject({ available: 0n, debt: 3n });
    account.does(refund(held, 9n));
    expect(account.balance()).toEqual(balance({ granted: 19n, available: 6n, spent: 10n, revoked: 3n }));
    expect(account.lots().map(({ no }) => account.lot(no).category)).toEqual(['compensation', 'promotional']);
  });
});

describe('a refund of an entry', () => {
  it('gives a charge back', () => {
    const account = new GivenAccount();
    account.grants(10n);
    const [entry] = account.does(charge(6n));
    const charged = entry?.seq ?? 0;
    account.does(refundEntry(charged, null, 2n));
    account.does(refundEntry(charged, null));
    expect(account.balance()).toEqual(balance({ granted: 10n, available: 10n }));
    expect(account.refuses(refundEntry(charged, null)).code).toBe('refund_exceeds_commit');
  });

  it('gives one commit of a reservation back', () => {
    const account = new GivenAccount();
    account.grants(10n);
    const held = account.reserves(10n);
    const first = account.commits(held, 4n, { final: false });
    account.commits(held, 3n);
    account.does(refundEntry(first, held));
    expect(account.balance()).toMatchObject({ available: 7n, spent: 3n });
    expect(account.refuses(refundEntry(first, held, 1n)).code).toBe('refund_exceeds_commit');
    account.does(refund(held));
    expect(account.balance().spent).toBe(0n);
  });

  it("is entry_not_found where the entry is no commit, or another reservation's", () => {
    const { account, held } = spent();
    const other = account.reserves(1n);
    const commit = account.commits(other, 1n);
    expect(account.refuses(refundEntry(1, null)).code).toBe('entry_not_found');
    expect(account.refuses(refundEntry(held, held)).code).toBe('entry_not_found');
    expect(account.refuses(refundEntry(commit, held)).code).toBe('entry_not_found');
    expect(account.refuses(refundEntry(commit, null)).code).toBe('entry_not_found');
    expect(account.refuses(refundEntry(99, null)).code).toBe('entry_not_found');
  });
});

describe('a refund is refused', () => {
  it('where there is no such reservation', () => {
    expect(new GivenAccount().refuses(refund(1)).code).toBe('reservation_not_found');
  });

  it('where it is more than was committed and not yet refunded', () => {
    const { account, held } = spent();
    expect(account.refuses(refund(held, 16n)).code).toBe('refund_exceeds_commit');
    account.does(refund(held, 14n));
    expect(account.refuses(refund(held, 2n)).code).toBe('refund_exceeds_commit');
  });

  it('where nothing is left to give back', () => {
    const { account, held } = spent();
    account.does(refund(held));
    expect(account.refuses(refund(held)).code).toBe('refund_exceeds_commit');
    expect(account.refuses(refund(account.reserves(1n))).code).toBe('refund_exceeds_commit');
  });

  it('where several lines leave open what the amount is of, or do not have its unit', () => {
    const { account, held } = spentTwo();
    expect(account.refuses(refund(held, 1n)).code).toBe('invalid_request');
    expect(account.refuses(refund(held, 1n, 'tokens')).code).toBe('invalid_request');
  });

  it.each([
    [0n, 'invalid_request'],
    [-1n, 'invalid_request'],
    [MAX_AMOUNT + 1n, 'amount_too_large'],
  ])('where its amount is %s', (amount, code) => {
    const { account, held } = spent();
    expect(account.refuses(refund(held, amount)).code).toBe(code);
  });
});

/** 15 of 20 spent: 10 of the first lot, 5 of the second. */
function spent() {
  const account = new GivenAccount();
  const first = account.grants(10n, { priority: 40 });
  const second = account.grants(10n, { priority: 60 });
  const held = account.reserves(15n);
  account.commits(held, 15n);
  return { account, held, first, second };
}

function spentTwo() {
  const account = new GivenAccount();
  account.grants(10n);
  account.does(grant(10n, { unit: 'images' }));
  const held = account.reserves(['credits', 'images'].map(unit => ({ unit, amount: 5n })));
  account.commits(held, null);
  return { account, held };
}

/** 15 spent of 10: 5 are owed. */
function indebted() {
  const account = new GivenAccount();
  account.does(limits({ credits: 5n }));
  account.grants(10n);
  const held = account.reserves(10n, { overage: 'allow_debt' });
  account.commits(held, 15n);
  return { account, held };
}
