import { describe, expect, it } from '@jest/globals';
import { AccountCache, type Account } from './account-cache.js';
import { newAccount } from './domain/account.js';

function account(no: number, seq = 1, openHolds = 0): Account {
  const state = newAccount();
  state.seq = seq;
  for (let hold = 1; hold <= openHolds; hold++) state.holds.set(hold, { metadata: null } as never);
  return { no, mode: 'live', id: `account-${no}`, unnamed: false, state };
}

describe('the cache of accounts', () => {
  it('gives a state away once: what is being changed is not readable', () => {
    const cache = new AccountCache(10);
    cache.put(account(1));
    expect(cache.take(1)?.no).toBe(1);
    expect(cache.take(1)).toBeUndefined();
  });

  it('lets go of what was used longest ago', () => {
    const cache = new AccountCache(3);
    for (const no of [1, 2, 3]) cache.put(account(no));
    cache.put(cache.take(1)!);
    cache.put(account(4));
    expect(cache.take(2)).toBeUndefined();
    expect([1, 3, 4].map(no => cache.take(no)?.no)).toEqual([1, 3, 4]);
  });

  it('counts holds and lots: one large account makes many small ones go', () => {
    const cache = new AccountCache(10);
    for (let no = 1; no <= 5; no++) cache.put(account(no));
    cache.put(account(6, 1, 7));
    expect([1, 2, 3, 4, 5, 6].filter(no => cache.take(no) !== undefined)).toEqual([4, 5, 6]);
  });

  it('counts what is written on an account and its holds: fifty pairs of metadata weigh like fifty holds', () => {
    const cache = new AccountCache(60);
    for (let no = 1; no <= 5; no++) cache.put(account(no));
    const large = account(6, 1, 1);
    const metadata = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`key-${i}`, 'x'.repeat(500)]));
    large.state.holds.set(2, { metadata } as never);
    cache.put(large);
    cache.put(account(7, 1, 5));
    expect(cache.take(1)).toBeUndefined();
    expect(cache.take(6)?.no).toBe(6);
  });

  it('does not keep what is larger than all it may hold', () => {
    const cache = new AccountCache(10);
    cache.put(account(1, 1, 50));
    expect(cache.take(1)).toBeUndefined();
    cache.put(account(2));
    expect(cache.take(2)?.no).toBe(2);
  });

  it('keeps the newer of two states of one account', () => {
    const cache = new AccountCache(10);
    cache.put(account(1, 7));
    cache.put(account(1, 5));
    expect(cache.take(1)?.state.seq).toBe(7);
  });
});
