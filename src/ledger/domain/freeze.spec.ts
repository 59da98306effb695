import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { charge, FREEZE, GivenAccount, refund, revoke, UNFREEZE } from '../../../test/model/given-account.js';
import { REAL_DOMAIN, RecordingAccount } from '../../../test/model/recording-account.js';
import type { Freeze } from './command.js';
import { MAX_HOLDERS } from './holders.js';

const by = (type: Freeze['type'], holder?: string): Freeze => ({ type, reason: null, holder });

describe('freezing', () => {
  it('twice changes nothing', () => {
    const account = new GivenAccount();
    expect(account.does({ type: 'freeze', reason: 'fraud' })).toMatchObject([{ type: 'freeze', reason: 'fraud' }]);
    expect(account.does(FREEZE)).toEqual([]);
    expect(account.state.frozen).toBe(true);
  });

  it('ends with an unfreeze, of which a second changes nothing', () => {
    const account = new GivenAccount();
    account.grants(1n);
    account.does(FREEZE);
    expect(account.does(UNFREEZE)).toMatchObject([{ type: 'unfreeze', unit: null, amount: 0n }]);
    expect(account.does(UNFREEZE)).toEqual([]);
    account.does(charge(1n));
  });

  it('does not stop refunds and revokes', () => {
    const account = new GivenAccount();
    const lot = account.grants(10n);
    const held = account.reserves(5n);
    account.commits(held, 5n);
    account.does(FREEZE);
    account.does(refund(held, 2n));
    account.does(revoke(lot, 1n));
    expect(account.balance()).toMatchObject({ available: 6n, spent: 3n, revoked: 1n });
  });
});

describe('an account that several hold frozen', () => {
  it('is frozen until the last of them has let it go', () => {
    const account = new GivenAccount();
    account.does(by('freeze', 'a'));
    expect(account.does(by('freeze', 'b'))).toMatchObject([{ type: 'freeze', settings: { frozenBy: ['a', 'b'] } }]);
    expect(account.does(by('unfreeze', 'a'))).toMatchObject([{ type: 'freeze', settings: { frozenBy: ['b'] } }]);
    expect(account.does(by('unfreeze', 'b'))).toMatchObject([{ type: 'unfreeze', settings: null }]);
  });

  it.each<[string, Freeze[]]>([
    ['before', [by('freeze'), by('freeze', 'a')]],
    ['after', [by('freeze', 'a'), by('freeze')]],
  ])('stays frozen for a caller who froze it %s', (_, freezes) => {
    const account = new GivenAccount();
    account.grants(1n);
    for (const each of freezes) expect(account.does(each)).toHaveLength(1);
    account.does(by('unfreeze', 'a'));
    expect(account.refuses(charge(1n)).code).toBe('account_frozen');
    account.does(UNFREEZE);
    account.does(charge(1n));
  });

  it('is let go by a caller for everybody, and nobody else lifts what a caller holds', () => {
    const account = new GivenAccount();
    for (const each of [by('freeze', 'a'), by('freeze', 'b'), UNFREEZE]) account.does(each);
    expect(account.state.frozen).toBe(false);
    expect(account.does(by('unfreeze', 'a'))).toEqual([]);
    account.does(FREEZE);
    expect(account.does(by('unfreeze', 'b'))).toEqual([]);
    expect(account.state.frozen).toBe(true);
  });

  it('takes so many and no more', () => {
    const account = new GivenAccount();
    for (let i = 0; i < MAX_HOLDERS; i++) account.does(by('freeze', `s${i}`));
    expect(account.refuses(by('freeze', 'one more')).code).toBe('too_many_subscriptions');
    account.does(UNFREEZE);
    expect(account.state.frozen).toBe(false);
  });

  it('is frozen exactly as long as anybody holds it, whatever they do and whatever was forgotten meanwhile', () => {
    const holder = fc.constantFrom(undefined, 'a', 'b', 'c');
    const step = fc.record({ type: fc.constantFrom('freeze', 'unfreeze'), holder, forgets: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), steps => {
        const account = new RecordingAccount(REAL_DOMAIN);
        const holders = new Set<string>();
        steps.forEach(({ type, holder: who, forgets }, at) => {
          const before = [...holders].join();
          if (type === 'freeze') holders.add(who ?? 'caller');
          else if (who === undefined) holders.clear();
          else holders.delete(who);
          const { entries } = account.execute(by(type, who), at);
          expect(entries).toHaveLength(before === [...holders].join() ? 0 : 1);
          expect(account.state.frozen).toBe(holders.size > 0);
          if (forgets) account.endBatch();
        });
        expect(account.foldDiffers()).toBe(false);
        expect(account.violations).toEqual([]);
      }),
    );
  });
});
