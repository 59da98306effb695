import { describe, expect, it } from '@jest/globals';
import {
  charge,
  commit,
  extend,
  GivenAccount,
  MINUTE,
  refund,
  release,
  reserve,
} from '../../../test/model/given-account.js';
import { cancel, credits, on, paidPlan, subscribe } from '../../../test/model/given-plan.js';
import type { Entry } from './entry.js';

const METER = 'credits_overage';
const payg = paidPlan('payg', { grants: [credits(10n)], arrears: [{ unit: 'credits', meter: METER }] });

const withPlan = (terms = payg): GivenAccount => {
  const account = new GivenAccount().at(on('2026-01-01'));
  account.does(subscribe(terms, { start: on('2026-01-01'), end: on('2026-02-01') }));
  return account;
};
const shown = (entries: readonly Entry[]) => entries.map(({ type, amount, reason }) => [type, amount, reason]);
const holdOf = (entries: readonly Entry[]) => entries.at(-1)!.reservation!;

describe('a spend under an arrears plan', () => {
  it('is granted what it lacks in the same append, as a paid lot for itself alone', () => {
    const account = withPlan();
    const entries = account.does(charge(15n));
    expect(shown(entries)).toEqual([
      ['grant', 5n, 'overage'],
      ['commit', 15n, null],
    ]);
    expect(entries[0]!.made).toMatchObject([{ category: 'paid', overage: { subscription: 'main', meter: METER } }]);
    expect(account.balance()).toMatchObject({ granted: 15n, available: 0n, spent: 15n, debt: 0n });
  });

  it('holds what there is and what it lacks, and nobody else draws from that', () => {
    const account = withPlan();
    const entries = account.does(reserve(15n));
    expect(shown(entries)).toEqual([
      ['grant', 5n, 'overage'],
      ['reserve', 15n, null],
    ]);
    expect(account.balance()).toMatchObject({ available: 0n, held: 15n });
    expect(shown(account.does(charge(1n)))[0]).toEqual(['grant', 1n, 'overage']);
  });

  it('spends what the account has before what is billed: what returns of the latter expires', () => {
    const account = withPlan();
    account.grants(10n, { priority: 100 });
    const hold = holdOf(account.does(reserve(25n)));
    account.does(commit(hold, 21n));
    expect(account.balance()).toMatchObject({ granted: 25n, available: 0n, held: 0n, spent: 21n, expired: 4n });
  });

  it('is billed last, though it was lent before the account had more', () => {
    const account = withPlan();
    const hold = holdOf(account.does(reserve(15n)));
    account.grants(5n, { category: 'paid', priority: 100 });
    account.does(extend(hold, { add: { unit: null, amount: 5n } }));
    const [spent] = account.does(commit(hold, 16n));
    expect(spent!.lots.map(({ amount }) => amount)).toEqual([10n, 5n, 1n]);
    expect(account.balance()).toMatchObject({ available: 0n, spent: 16n, expired: 4n });
  });

  it('returns nothing that was lent when its hold is released, or ends by itself', () => {
    for (const end of [release, null]) {
      const account = withPlan();
      const hold = holdOf(account.does(reserve(15n)));
      if (end === null) account.at(account.now + 20 * MINUTE).settles();
      else account.does(end(hold));
      expect(account.balance()).toMatchObject({ granted: 15n, available: 10n, held: 0n, spent: 0n, expired: 5n });
    }
  });

  it('is lent what a hold grows by, and what a commit takes beyond it', () => {
    const account = withPlan();
    const hold = holdOf(account.does(reserve(10n)));
    expect(shown(account.does(extend(hold, { add: { unit: null, amount: 3n } })))).toEqual([
      ['grant', 3n, 'overage'],
      ['extend', 3n, null],
    ]);
    expect(shown(account.does(commit(hold, 20n)))).toEqual([
      ['grant', 7n, 'overage'],
      ['commit', 20n, null],
    ]);
    expect(account.balance()).toMatchObject({ granted: 20n, available: 0n, held: 0n, spent: 20n, expired: 0n });
  });

  it('is lent what a late commit lacks', () => {
    const account = withPlan();
    const hold = holdOf(account.does(reserve(10n, { late: 'charge' })));
    account.at(account.now + 20 * MINUTE).does(charge(4n));
    expect(shown(account.does(commit(hold, 10n)))).toEqual([
      ['grant', 4n, 'overage'],
      ['commit', 10n, null],
    ]);
  });

  it('is not lent more than was reserved where its overage policy is reject', () => {
    const account = withPlan();
    const hold = holdOf(account.does(reserve(15n, { overage: 'reject' })));
    expect(account.refuses(commit(hold, 16n)).code).toBe('commit_exceeds_reservation');
  });

  it('gives back what was billed by billing it no more: it expires, and the rest returns', () => {
    const account = withPlan();
    const hold = holdOf(account.does(reserve(15n)));
    account.does(commit(hold, 15n));
    const [refunded] = account.does(refund(hold, 7n));
    expect(refunded!.deltas).toMatchObject({ spent: -7n, expired: 5n, available: 2n });
    expect(refunded!.made).toEqual([]);
    expect(account.balance()).toMatchObject({ granted: 15n, available: 2n, spent: 8n, expired: 5n });
  });

  it('lends each of several lines what it lacks, and refuses all where one has no arrears', () => {
    const two = paidPlan('two', { grants: [credits(1n)], arrears: [{ unit: 'credits', meter: METER }] });
    const account = withPlan(two);
    account.grants(2n, { unit: 'images' });
    const lines = (images: bigint) => [
      { unit: 'credits', amount: 3n },
      { unit: 'images', amount: images },
    ];
    expect(account.refuses(reserve(lines(3n)))).toMatchObject({
      code: 'insufficient_credits',
      shortfall: [{ unit: 'images' }],
    });
    expect(shown(account.does(reserve(lines(2n))))).toEqual([
      ['grant', 2n, 'overage'],
      ['reserve', 3n, null],
      ['reserve', 2n, null],
    ]);
  });
});

describe('who is not lent anything', () => {
  it('is an account that owes', () => {
    const account = withPlan();
    const lot = account.grants(5n, { category: 'paid' });
    account.does(charge(15n));
    account.does({ type: 'revoke', unit: 'credits', lot, amount: 5n, atMost: false, reason: null });
    expect(account.balance().debt).toBe(5n);
    expect(account.refuses(reserve(1n)).code).toBe('insufficient_credits');
    account.grants(5n);
    expect(account.does(reserve(1n))).toHaveLength(2);
  });

  it('is an account in a trial, or whose subscription ended', () => {
    const trial = { lengthMs: 24 * 60 * MINUTE, grants: null };
    const trying = new GivenAccount().at(on('2026-01-01'));
    trying.does(subscribe({ ...payg, trial }, { trial: true, start: on('2026-01-01') }));
    expect(trying.refuses(charge(11n)).code).toBe('insufficient_credits');
    const ended = withPlan();
    ended.does(cancel('now'));
    expect(ended.refuses(charge(1n)).code).toBe('insufficient_credits');
  });

  it('is whoever would have more than can be counted', () => {
    const account = withPlan();
    account.does(charge(2n ** 62n));
    expect(account.refuses(charge(2n ** 62n)).code).toBe('amount_too_large');
  });
});
