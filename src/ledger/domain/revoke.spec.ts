import { describe, expect, it } from '@jest/globals';
import {
  balance,
  charge,
  DAY,
  FREEZE,
  GivenAccount,
  MINUTE,
  refund,
  reinstate,
  revoke,
} from '../../../test/model/given-account.js';
import { MAX_AMOUNT } from '../../shared/amount.js';

describe('a revoke', () => {
  it('takes from the lot itself first', () => {
    const { account, own, gift } = threeLots();
    const [entry] = account.does(revoke(own, 6n));
    expect(entry).toMatchObject({ type: 'revoke', amount: 6n, target: own, reservation: null });
    expect(account.lot(own)).toMatchObject({ remaining: 4n, revoked: 6n });
    expect(account.lot(gift).remaining).toBe(10n);
    expect(account.balance()).toEqual(balance({ granted: 30n, available: 24n, revoked: 6n }));
  });

  it('takes next from other paid lots, then from the others in burn order, and owes only what is not there', () => {
    const { account, own, paid, gift } = threeLots();
    account.does(charge(8n, { meter: 'own' }));
    account.does(revoke(own, 5n));
    expect([own, paid, gift].map(no => account.lot(no).remaining)).toEqual([0n, 7n, 10n]);
    account.does(revoke(own, 5n));
    account.does(revoke(paid, 10n));
    expect([own, paid, gift].map(no => account.lot(no).remaining)).toEqual([0n, 0n, 2n]);
    account.does(revoke(gift, 10n));
    expect(account.balance()).toEqual(balance({ granted: 30n, spent: 8n, revoked: 30n, debt: 8n }));
  });

  it('leaves credits under hold with their hold, and owes them', () => {
    const account = new GivenAccount();
    const lot = account.grants(10n);
    const held = account.reserves(10n);
    account.does(revoke(lot, 10n));
    expect(account.balance()).toEqual(balance({ granted: 10n, held: 10n, revoked: 10n, debt: 10n }));
    account.commits(held, 4n);
    expect(account.balance()).toEqual(balance({ granted: 10n, spent: 4n, revoked: 10n, debt: 4n }));
  });

  it('without an amount takes what is left of the lot', () => {
    const { account, own } = threeLots();
    account.does(charge(8n, { meter: 'own' }));
    account.does(revoke(own));
    expect(account.balance()).toEqual(balance({ granted: 30n, available: 20n, spent: 8n, revoked: 2n }));
  });

  it('without an amount, where nothing is left, changes nothing', () => {
    const { account, own } = threeLots();
    account.does(revoke(own));
    expect(account.does(revoke(own))).toEqual([]);
  });

  it('reaches a lot that is over, or exhausted', () => {
    const account = new GivenAccount();
    const lot = account.grants(10n, { expiresAt: MINUTE });
    account.grants(10n);
    account.at(MINUTE).does(revoke(lot, 4n));
    expect(account.balance()).toEqual(balance({ granted: 20n, available: 6n, expired: 10n, revoked: 4n }));
  });

  it('goes on while the account is frozen', () => {
    const { account, own } = threeLots();
    account.does(FREEZE);
    account.does(revoke(own));
    expect(account.balance().revoked).toBe(10n);
  });

  it('of more than was granted and not yet revoked is refused', () => {
    const { account, own } = threeLots();
    expect(account.refuses(revoke(own, 11n)).code).toBe('revoke_exceeds_grant');
    account.does(revoke(own, 6n));
    expect(account.refuses(revoke(own, 5n)).code).toBe('revoke_exceeds_grant');
  });

  it('is refused where there is no such lot, or it is of another unit', () => {
    const { account, own } = threeLots();
    expect(account.refuses(revoke(own + 1, 1n)).code).toBe('lot_not_found');
    expect(account.refuses(revoke(own, 1n, 'images')).code).toBe('lot_not_found');
    account.does(revoke(own));
    expect(account.refuses(revoke(own, 1n, 'images')).code).toBe('lot_not_found');
  });

  it.each([
    [0n, 'invalid_request'],
    [-1n, 'invalid_request'],
    [MAX_AMOUNT + 1n, 'amount_too_large'],
  ])('of %s is refused', (amount, code) => {
    const { account, own } = threeLots();
    expect(account.refuses(revoke(own, amount)).code).toBe(code);
  });

  it('is amount_too_large where the debt could not be counted', () => {
    const account = new GivenAccount();
    const lot = account.grants(MAX_AMOUNT);
    account.does(charge(MAX_AMOUNT));
    expect(account.refuses(revoke(lot, 1n)).code).toBe('amount_too_large');
  });
});

describe('a reinstatement', () => {
  it('gives back to the lots that it was taken from', () => {
    const { account, own, paid } = threeLots();
    account.does(charge(8n, { meter: 'own' }));
    const revocation = revoked(account, own, 5n);
    const [entry] = account.does(reinstate(revocation, 4n));
    expect(entry).toMatchObject({ type: 'reinstate', amount: 4n, target: revocation });
    expect([own, paid].map(no => account.lot(no).remaining)).toEqual([1n, 10n]);
    expect(account.lot(own).revoked).toBe(1n);
    expect(account.balance()).toEqual(balance({ granted: 30n, available: 21n, spent: 8n, revoked: 1n }));
  });

  it('lowers what is still owed first', () => {
    const { account, lot } = spentLot();
    const revocation = revoked(account, lot, 10n);
    expect(account.balance().debt).toBe(6n);
    account.does(reinstate(revocation, 5n));
    expect(account.balance()).toEqual(balance({ granted: 10n, spent: 6n, revoked: 5n, debt: 1n }));
    account.does(reinstate(revocation));
    expect(account.balance()).toEqual(balance({ granted: 10n, available: 4n, spent: 6n }));
  });

  it('of what was owed and is paid by now becomes a compensation of thirty days', () => {
    const { account, lot, held } = spentLot();
    const revocation = revoked(account, lot, 10n);
    account.does(refund(held));
    expect(account.balance()).toEqual(balance({ granted: 10n, revoked: 10n }));
    account.does(reinstate(revocation));
    expect(account.balance()).toEqual(balance({ granted: 10n, available: 10n }));
    const lots = account.lots().map(({ no }) => account.lot(no));
    expect(lots).toMatchObject([
      { category: 'compensation', granted: 6n, expiresAt: 30 * DAY },
      { no: lot, remaining: 4n },
    ]);
  });

  it('to a lot that is over makes one like it', () => {
    const account = new GivenAccount();
    const lot = account.grants(10n, { expiresAt: MINUTE, category: 'paid', priority: 20 });
    const revocation = revoked(account, lot, 10n);
    account.at(MINUTE).does(reinstate(revocation));
    const [made] = account.lots();
    expect(account.lot(made?.no ?? 0)).toMatchObject({
      category: 'paid',
      priority: 20,
      granted: 10n,
      expiresAt: MINUTE + 30 * DAY,
    });
  });

  it('makes room for another revoke', () => {
    const { account, own } = threeLots();
    const revocation = revoked(account, own, 10n);
    expect(account.refuses(revoke(own, 1n)).code).toBe('revoke_exceeds_grant');
    account.does(reinstate(revocation, 3n));
    account.does(revoke(own, 3n));
  });

  it('of more than was revoked and not yet reinstated is refused', () => {
    const { account, own } = threeLots();
    const revocation = revoked(account, own, 5n);
    expect(account.refuses(reinstate(revocation, 6n)).code).toBe('reinstate_exceeds_revoke');
    account.does(reinstate(revocation));
    expect(account.refuses(reinstate(revocation)).code).toBe('reinstate_exceeds_revoke');
  });

  it('is refused where the entry is no revoke', () => {
    const { account } = threeLots();
    expect(account.refuses(reinstate(1)).code).toBe('entry_not_found');
    expect(account.refuses(reinstate(99)).code).toBe('entry_not_found');
  });

  it.each([
    [0n, 'invalid_request'],
    [-1n, 'invalid_request'],
    [MAX_AMOUNT + 1n, 'amount_too_large'],
  ])('of %s is refused', (amount, code) => {
    const { account, own } = threeLots();
    expect(account.refuses(reinstate(revoked(account, own, 5n), amount)).code).toBe(code);
  });
});

/** Own and another paid lot, and a gift that would burn before them; only meter `own` may spend the first. */
function threeLots() {
  const account = new GivenAccount();
  const own = account.grants(10n, { category: 'paid', priority: 10, appliesTo: { meters: ['own'] } });
  const paid = account.grants(10n, { category: 'paid' });
  const gift = account.grants(10n, { category: 'promotional' });
  return { account, own, paid, gift };
}

/** A lot of 10, of which 6 are spent. */
function spentLot() {
  const account = new GivenAccount();
  const lot = account.grants(10n);
  const held = account.reserves(6n);
  account.commits(held, 6n);
  return { account, lot, held };
}

function revoked(account: GivenAccount, lot: number, amount: bigint): number {
  return account.does(revoke(lot, amount))[0]?.seq ?? 0;
}
