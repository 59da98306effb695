import { describe, expect, it } from '@jest/globals';
import { charge, commit, GivenAccount } from '../../../test/model/given-account.js';
import { limitState } from './limit-state.js';
import { credits, limit, on, paidPlan, subscribe } from '../../../test/model/given-plan.js';

const types = (entries: readonly { type: string }[]) => entries.map(({ type }) => type);

describe("amounts of an account's own that change within a period", () => {
  const pro = paidPlan('pro', {
    grants: [credits(100n), { ...credits(20n), unit: 'tokens', allowance: true }],
    limits: [limit('images', 10n)],
  });
  const own = (overrides: Record<string, bigint>, more: Parameters<typeof subscribe>[1] = {}) =>
    subscribe(pro, { overrides: new Map(Object.entries(overrides)), adjusts: true, ...more });
  const begun = () => {
    const account = new GivenAccount().at(on('2026-01-01'));
    account.does(subscribe(pro, { start: on('2026-01-01'), end: on('2026-02-01') }));
    return account.at(on('2026-01-10'));
  };

  it('raise a limit at once, what was used kept', () => {
    const account = begun();
    account.does(charge([{ unit: 'images', amount: 10n }]));
    expect(types(account.does(own({ images: 15n })))).toEqual(['subscribe', 'grant']);
    expect(account.balance('images')).toMatchObject({ available: 5n, spent: 10n });
    expect(types(account.does(own({ images: 15n }, { start: on('2026-01-01') })))).toEqual([]);
  });

  it('lower a limit at once as far as it is not used or held, and raise it again by no more', () => {
    const account = begun();
    account.does(charge([{ unit: 'images', amount: 4n }]));
    const held = account.reserves([{ unit: 'images', amount: 3n }]);
    account.does(own({ images: 5n }));
    expect(account.balance('images')).toMatchObject({ available: 0n, held: 3n, spent: 4n });
    account.does(commit(held, 0n));
    account.does(own({ images: 10n }));
    expect(account.balance('images').available).toBe(6n);
  });

  it('give what a period gives from the next one on, and count what this one gave as it was', () => {
    const account = begun();
    account.does(charge([{ unit: 'tokens', amount: 5n }]));
    expect(types(account.does(own({ credits: 300n, tokens: 50n })))).toEqual(['subscribe']);
    expect(account.balance().available).toBe(100n);
    expect(limitState(account.state, 'tokens', on('2026-01-10'))).toMatchObject({ used: 5n, cap: 20n });
    account.does(own({ tokens: 60n }));
    expect(limitState(account.state, 'tokens', on('2026-01-10'))).toMatchObject({ used: 5n, cap: 20n });
    account.at(on('2026-02-01')).does(subscribe(pro, { start: on('2026-02-01'), end: on('2026-03-01') }));
    expect(account.balance().available).toBe(300n);
    expect(limitState(account.state, 'tokens', on('2026-02-01'))).toMatchObject({ used: 0n, cap: 60n });
  });

  it('reach a renewal that is paid for ahead', () => {
    const account = begun();
    account.does(subscribe(pro, { start: on('2026-02-01'), end: on('2026-03-01') }));
    account.does(own({ credits: 300n, images: 7n }));
    account.at(on('2026-02-02')).settles();
    expect(account.balance().available).toBe(300n);
    expect(account.balance('images').available).toBe(7n);
  });

  it('past the end of the period wait for its renewal', () => {
    const account = begun().at(on('2026-02-02'));
    account.settles();
    expect(types(account.does(own({ images: 15n, credits: 5n })))).toEqual(['subscribe']);
    account.does(subscribe(pro, { start: on('2026-02-01'), end: on('2026-03-01') }));
    expect(account.balance().available).toBe(5n);
    expect(account.balance('images').available).toBe(15n);
  });

  it('are refused where the version that the account has knows no such unit, and an older start changes nothing', () => {
    const account = begun();
    const newer = { ...pro, version: 2, limits: [...pro.limits, limit('calls', 3n)] };
    const asked = subscribe(newer, { overrides: new Map([['calls', 1n]]), adjusts: true });
    expect(account.refuses(asked)).toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('calls'),
    });
    expect(account.does(own({ images: 1n }, { start: on('2025-12-01') }))).toEqual([]);
  });

  it('leave a period alone that somebody only says was paid for', () => {
    const account = begun();
    const asked = subscribe(pro, { start: on('2026-01-01'), overrides: new Map([['images', 1n]]) });
    expect(account.does(asked)).toEqual([]);
  });
});
