import { describe, expect, it } from '@jest/globals';
import { balance, FREEZE, GivenAccount, MINUTE, release, revoke } from '../../../test/model/given-account.js';

describe('a release', () => {
  it('returns everything to the lots it came from', () => {
    const account = new GivenAccount();
    const first = account.grants(10n, { priority: 1 });
    const second = account.grants(10n);
    const held = account.reserves(15n);
    const [entry] = account.does(release(held, 'aborted'));
    expect(entry).toMatchObject({ type: 'release', amount: 15n, reservation: held, closes: true, reason: 'aborted' });
    expect(account.lots()).toEqual([
      { no: first, remaining: 10n, held: 0n },
      { no: second, remaining: 10n, held: 0n },
    ]);
    expect(account.reservation(held)).toMatchObject({ status: 'closed', lines: [{ reserved: 15n, released: 15n }] });
  });

  it('returns what captures left', () => {
    const account = new GivenAccount();
    account.grants(10n);
    const held = account.reserves(10n);
    account.commits(held, 4n, { final: false });
    account.does(release(held));
    expect(account.balance()).toEqual(balance({ granted: 10n, available: 6n, spent: 4n }));
  });

  it('ends a hold of which nothing is left', () => {
    const account = new GivenAccount();
    account.grants(10n);
    const held = account.reserves(10n);
    account.commits(held, 10n, { final: false });
    expect(account.does(release(held))).toMatchObject([{ type: 'release', amount: 0n, closes: true }]);
    expect(account.reservation(held).status).toBe('closed');
  });

  it('pays what is owed first, in burn order', () => {
    const account = new GivenAccount();
    const first = account.grants(10n, { priority: 1 });
    const second = account.grants(10n);
    const held = account.reserves(20n);
    account.does(revoke(second, 10n));
    account.does(release(held));
    expect(account.balance()).toEqual(balance({ granted: 20n, available: 10n, revoked: 10n }));
    expect(account.lot(first).remaining).toBe(0n);
    expect(account.lot(second).remaining).toBe(10n);
  });

  it('lets expire what belongs to a lot that ended meanwhile, and that pays no debt', () => {
    const account = new GivenAccount();
    const lot = account.grants(10n, { expiresAt: MINUTE });
    const held = account.reserves(10n);
    account.does(revoke(lot, 3n));
    account.at(MINUTE).does(release(held));
    expect(account.balance()).toEqual(balance({ granted: 10n, expired: 10n, revoked: 3n, debt: 3n }));
  });

  it('carries what its lot would have carried, and that pays the debt', () => {
    const account = new GivenAccount();
    const lot = account.grants(10n, { expiresAt: MINUTE, rollover: { percent: 50, cap: null, carryMs: MINUTE } });
    const held = account.reserves(10n);
    account.does(revoke(lot, 3n));
    account.at(MINUTE).does(release(held));
    expect(account.balance()).toEqual(balance({ granted: 10n, available: 2n, expired: 5n, revoked: 3n }));
    const [carried] = account.lots();
    expect(account.lot(carried?.no ?? 0)).toMatchObject({ granted: 5n, carriedFrom: lot, expiresAt: 2 * MINUTE });
  });

  it('carries nothing any more once the carried lot would be over', () => {
    const account = new GivenAccount();
    account.grants(10n, { expiresAt: MINUTE, rollover: { percent: 100, cap: null, carryMs: MINUTE } });
    const held = account.reserves(10n);
    account.at(2 * MINUTE).does(release(held));
    expect(account.balance()).toEqual(balance({ granted: 10n, expired: 10n }));
  });

  it('goes on while the account is frozen', () => {
    const account = new GivenAccount();
    account.grants(10n);
    const held = account.reserves(10n);
    account.does(FREEZE);
    account.does(release(held));
    expect(account.balance().available).toBe(10n);
  });

  it('is refused where there is no such reservation', () => {
    expect(new GivenAccount().refuses(release(1)).code).toBe('reservation_not_found');
  });

  it('is refused a second time', () => {
    const account = new GivenAccount();
    account.grants(10n);
    const held = account.reserves(10n);
    account.does(release(held));
    expect(account.refuses(release(held)).code).toBe('reservation_closed');
  });

  it('is refused once the hold has ended by itself', () => {
    const account = new GivenAccount();
    account.grants(10n);
    const held = account.reserves(10n, { ttlMs: MINUTE, graceMs: 0 });
    account.at(MINUTE);
    expect(account.refuses(release(held)).code).toBe('reservation_expired');
    expect(account.balance()).toEqual(balance({ granted: 10n, available: 10n }));
  });
});
