import { describe, expect, it } from '@jest/globals';
import {
  balance,
  charge,
  extend,
  GivenAccount,
  limits,
  MINUTE,
  release,
  reserve,
  revoke,
  SECOND,
} from '../../../test/model/given-account.js';
import { newAccount } from './account.js';
import { nextDueAt, settleDue } from './settle-due.js';

describe('a lot', () => {
  it('can be spent until the last millisecond, and is over at the moment it ends', () => {
    const account = new GivenAccount();
    account.grants(10n, { expiresAt: MINUTE });
    account.at(MINUTE - 1).does(charge(1n));
    account.at(MINUTE);
    expect(account.refuses(charge(1n)).code).toBe('insufficient_credits');
    expect(account.balance()).toEqual(balance({ granted: 10n, spent: 1n, expired: 9n }));
  });

  it('ends when it was due, however late somebody looks', () => {
    const account = new GivenAccount();
    account.grants(10n, { expiresAt: MINUTE });
    expect(account.at(99 * MINUTE).settles()).toMatchObject([{ type: 'expire', effectiveAt: MINUTE, amount: 10n }]);
  });

  it('ends although the command that met it is refused', () => {
    const account = new GivenAccount();
    account.grants(10n, { expiresAt: MINUTE });
    account.at(MINUTE);
    expect(account.refuses(charge(11n)).code).toBe('insufficient_credits');
    expect(account.balance().expired).toBe(10n);
  });

  it('of which everything is held ends without an entry, and what comes back before its end ends with it', () => {
    const account = new GivenAccount();
    account.grants(10n, { expiresAt: 3 * MINUTE });
    const held = account.reserves(10n, { ttlMs: 10 * MINUTE });
    account.grants(1n, { expiresAt: MINUTE });
    account.at(MINUTE).settles();
    account.at(2 * MINUTE).does(release(held));
    account.at(3 * MINUTE).settles();
    expect(account.balance()).toEqual(balance({ granted: 11n, expired: 11n }));
  });
});

describe('a lot with a rollover rule', () => {
  it('carries what is left into a lot of its own that is like it', () => {
    const account = new GivenAccount();
    const terms = { category: 'included', priority: 7, appliesTo: { meters: ['chat'] } } as const;
    const old = account.grants(10n, {
      ...terms,
      expiresAt: MINUTE,
      rollover: { percent: 100, cap: null, carryMs: MINUTE },
    });
    expect(account.at(MINUTE).settles()).toMatchObject([{ type: 'rollover', amount: 10n, effectiveAt: MINUTE }]);
    const [next] = account.lots();
    expect(account.lot(next?.no ?? 0)).toMatchObject({
      ...terms,
      granted: 10n,
      remaining: 10n,
      expiresAt: 2 * MINUTE,
      carriedFrom: old,
      rollover: null,
    });
    expect(account.balance()).toEqual(balance({ granted: 10n, available: 10n }));
    account.at(2 * MINUTE).settles();
    expect(account.balance()).toEqual(balance({ granted: 10n, expired: 10n }));
  });

  it('carries its percentage of what is left, rounded down, and the rest expires', () => {
    const account = new GivenAccount();
    account.grants(10n, { expiresAt: MINUTE, rollover: { percent: 33, cap: null, carryMs: null } });
    account.does(charge(3n));
    const entries = account.at(MINUTE).settles();
    expect(entries).toMatchObject([
      { type: 'rollover', amount: 2n },
      { type: 'expire', amount: 5n },
    ]);
  });

  it('carries no more than its cap, what comes back later included', () => {
    const account = new GivenAccount();
    account.grants(10n, { expiresAt: MINUTE, rollover: { percent: 100, cap: 6n, carryMs: null } });
    account.does(reserve(5n, { ttlMs: 2 * MINUTE, graceMs: 0 }));
    account.at(MINUTE).settles();
    expect(account.balance()).toMatchObject({ available: 5n, held: 5n, expired: 0n });
    account.at(2 * MINUTE).settles();
    expect(account.balance()).toEqual(balance({ granted: 10n, available: 6n, expired: 4n }));
  });

  it('that is carried and over by now passes through its next life', () => {
    const account = new GivenAccount();
    account.grants(10n, { expiresAt: MINUTE, rollover: { percent: 100, cap: null, carryMs: SECOND } });
    const entries = account.at(5 * MINUTE).settles();
    expect(entries.map(({ type, effectiveAt }) => [type, effectiveAt])).toEqual([
      ['rollover', MINUTE],
      ['expire', MINUTE + SECOND],
    ]);
  });
});

describe('a hold', () => {
  it('returns its credits when its grace is over', () => {
    const account = new GivenAccount();
    account.grants(10n);
    const held = account.reserves(10n, { ttlMs: MINUTE, graceMs: 5 * SECOND });
    account.at(MINUTE + 5 * SECOND - 1).settles();
    expect(account.balance().held).toBe(10n);
    expect(account.at(MINUTE + 5 * SECOND).settles()).toMatchObject([
      { type: 'expire', reservation: held, amount: 10n, closes: true, effectiveAt: MINUTE + 5 * SECOND },
    ]);
    expect(account.balance()).toEqual(balance({ granted: 10n, available: 10n }));
    expect(account.reservation(held)).toMatchObject({ status: 'expired', lines: [{ released: 10n }] });
  });

  it('that was prolonged ends later', () => {
    const account = new GivenAccount();
    account.grants(10n);
    const held = account.reserves(10n, { ttlMs: MINUTE, graceMs: 0 });
    account.does(extend(held, { ttlMs: 2 * MINUTE }));
    account.at(MINUTE).settles();
    expect(account.balance().held).toBe(10n);
    account.at(2 * MINUTE).settles();
    expect(account.balance().held).toBe(0n);
  });

  it('of several lines returns each, the last of its entries ends it', () => {
    const account = new GivenAccount();
    account.grants(10n);
    account.grants(10n, { unit: 'images' });
    account.does(
      reserve(
        ['credits', 'images'].map(unit => ({ unit, amount: 4n })),
        { ttlMs: MINUTE, graceMs: 0 },
      ),
    );
    expect(
      account
        .at(MINUTE)
        .settles()
        .map(({ unit, closes }) => [unit, closes]),
    ).toEqual([
      ['credits', false],
      ['images', true],
    ]);
  });

  it('that returns credits pays what is owed first', () => {
    const account = new GivenAccount();
    const lot = account.grants(10n);
    account.does(reserve(10n, { ttlMs: MINUTE, graceMs: 0 }));
    account.does(revoke(lot, 4n));
    account.at(MINUTE).settles();
    expect(account.balance()).toEqual(balance({ granted: 10n, available: 6n, revoked: 4n }));
  });

  it('ends before the lots of the same moment: what returns takes part in their end', () => {
    const account = new GivenAccount();
    account.grants(10n, { expiresAt: MINUTE, rollover: { percent: 50, cap: null, carryMs: null } });
    account.does(reserve(5n, { ttlMs: MINUTE, graceMs: 0 }));
    const entries = account.at(MINUTE).settles();
    expect(entries.map(({ type, amount }) => [type, amount])).toEqual([
      ['expire', 5n],
      ['rollover', 5n],
      ['expire', 5n],
    ]);
    expect(account.balance()).toEqual(balance({ granted: 10n, available: 5n, expired: 5n }));
  });
});

describe('what time does', () => {
  it('happens in the order of its moments, so that debt meets what was there then', () => {
    const account = new GivenAccount();
    account.does(limits({ credits: 10n }));
    account.grants(5n, { expiresAt: 2 * MINUTE });
    account.does(reserve(5n, { ttlMs: MINUTE, graceMs: 0 }));
    account.does(charge(3n, { overage: 'allow_debt' }));
    const entries = account.at(3 * MINUTE).settles();
    expect(entries.map(({ type, amount, effectiveAt }) => [type, amount, effectiveAt])).toEqual([
      ['expire', 5n, MINUTE],
      ['expire', 2n, 2 * MINUTE],
    ]);
    expect(account.balance()).toEqual(balance({ granted: 5n, spent: 3n, expired: 2n }));
  });

  it('is the same whether somebody looked in between or not', () => {
    const story = () => {
      const account = new GivenAccount();
      account.grants(9n, { expiresAt: 3 * MINUTE, rollover: { percent: 50, cap: 3n, carryMs: 2 * MINUTE } });
      account.grants(4n, { expiresAt: 2 * MINUTE });
      account.does(reserve(6n, { ttlMs: MINUTE, graceMs: 0 }));
      account.does(reserve(5n, { ttlMs: 4 * MINUTE, graceMs: 0 }));
      return account;
    };
    const often = story();
    for (let now = 0; now <= 6 * MINUTE; now += SECOND) often.at(now).settles();
    const once = story().at(6 * MINUTE);
    once.settles();
    expect(once.state.units).toEqual(often.state.units);
    expect(once.seq).toBe(often.seq);
  });

  it('is foretold: the next due moment is the earliest end of a hold or of a lot with something left', () => {
    const account = new GivenAccount();
    expect(nextDueAt(account.state)).toBeNull();
    account.grants(10n);
    expect(nextDueAt(account.state)).toBeNull();
    account.grants(10n, { expiresAt: 2 * MINUTE });
    expect(nextDueAt(account.state)).toBe(2 * MINUTE);
    account.does(reserve(1n, { ttlMs: MINUTE, graceMs: SECOND }));
    expect(nextDueAt(account.state)).toBe(MINUTE + SECOND);
  });

  it('comes to the same in parts, each of which ends at a whole hold or lot', () => {
    const story = () => {
      const account = new GivenAccount();
      account.grants(30n, { expiresAt: MINUTE, rollover: { percent: 50, cap: null, carryMs: MINUTE } });
      account.grants(30n, { unit: 'images' });
      const lines = ['credits', 'images'].map(unit => ({ unit, amount: 2n }));
      for (let i = 0; i < 5; i++) account.reserves(lines, { ttlMs: 30 * SECOND + i * 10 * SECOND, graceMs: 0 });
      return account.state;
    };
    const [whole, parts] = [story(), story()];
    const expected = settleDue(whole, 3 * MINUTE, 3 * MINUTE);
    const booked = [];
    do {
      const part = settleDue(parts, 3 * MINUTE, 3 * MINUTE, 3);
      expect(part.length).toBeLessThanOrEqual(4);
      booked.push(...part);
    } while (parts.dueBound <= 3 * MINUTE);
    expect(booked).toEqual(expected);
    expect(parts.units).toEqual(whole.units);
  });

  it('is nothing for an account that has nothing', () => {
    expect(settleDue(newAccount(), MINUTE, MINUTE)).toEqual([]);
  });
});
