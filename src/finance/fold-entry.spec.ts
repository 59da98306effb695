import { describe, expect, test } from '@jest/globals';
import type { Entry } from '../ledger/domain/entry.js';
import { booksOf } from '../../test/finance/books-of.js';
import {
  charge,
  DAY,
  GivenAccount,
  limits,
  MINUTE,
  refund,
  refundEntry,
  reinstate,
  revoke,
} from '../../test/model/given-account.js';
import { limit, plan, subscribe } from '../../test/model/given-plan.js';
import { moneyOf } from './currency.js';

const TEN_DOLLARS = { category: 'paid', cost: { amount: '10.00', currency: 'USD' } } as const;

/** A story of one account, and its payments' cents as they are at its end, in the order of the grants. */
class Story extends GivenAccount {
  private readonly booked: Entry[] = [];

  override does(command: Parameters<GivenAccount['does']>[0]): readonly Entry[] {
    const timely = super.settles().filter(({ type }) => type !== 'unfreeze');
    const entries = super.does(command);
    this.booked.push(...timely, ...entries);
    return entries;
  }

  cents(): Record<string, number>[] {
    this.does({ type: 'unfreeze', reason: null });
    const bySeq = new Map(this.booked.map(entry => [entry.seq, entry]));
    const sums = booksOf([...bySeq.values()].sort((a, b) => a.seq - b.seq));
    return [...sums.values()].map(each => {
      const moved = Object.entries(each).filter(([, amount]) => amount !== 0n);
      return Object.fromEntries(moved.map(([name, amount]) => [name, Number(amount)]));
    });
  }
}

describe('the money of a payment', () => {
  test('is recognised as its credits are spent, rounded down, and the last spend gets the rest', () => {
    const story = new Story();
    story.grants(3n, TEN_DOLLARS);
    story.does(charge(1n));
    expect(story.cents()).toEqual([{ paid: 1000, recognised: 333, deferred: 667 }]);
    story.does(charge(1n));
    expect(story.cents()).toEqual([{ paid: 1000, recognised: 666, deferred: 334 }]);
    story.does(charge(1n));
    expect(story.cents()).toEqual([{ paid: 1000, recognised: 1000 }]);
  });

  test('stays deferred while credits are only held', () => {
    const story = new Story();
    story.grants(10n, TEN_DOLLARS);
    const hold = story.reserves(6n);
    expect(story.cents()).toEqual([{ paid: 1000, deferred: 1000 }]);
    story.commits(hold, 4n);
    expect(story.cents()).toEqual([{ paid: 1000, recognised: 400, deferred: 600 }]);
  });

  test('is deferred again for a spend that is refunded', () => {
    const story = new Story();
    story.grants(10n, TEN_DOLLARS);
    const hold = story.reserves(6n);
    story.commits(hold, null);
    story.does(refund(hold, 2n));
    expect(story.cents()).toEqual([{ paid: 1000, recognised: 400, refunded: 200, deferred: 600 }]);
  });

  test('is breakage for what expires, and what is refunded later is deferred in the lot that replaces the expired one', () => {
    const story = new Story();
    story.grants(10n, { ...TEN_DOLLARS, expiresAt: 30 * DAY });
    const hold = story.reserves(6n);
    story.commits(hold, null);
    story.at(31 * DAY);
    expect(story.cents()).toEqual([{ paid: 1000, recognised: 600, breakage: 400 }]);
    story.does(refund(hold, 5n));
    expect(story.cents()).toEqual([{ paid: 1000, recognised: 100, refunded: 500, breakage: 400, deferred: 500 }]);
    story.at(70 * DAY);
    expect(story.cents()).toEqual([{ paid: 1000, recognised: 100, refunded: 500, breakage: 900 }]);
  });

  test('goes with what is carried over; what is not carried is breakage', () => {
    const story = new Story();
    const rollover = { percent: 50, cap: 3n, carryMs: 30 * DAY };
    story.grants(10n, { ...TEN_DOLLARS, expiresAt: 30 * DAY, rollover });
    story.does(charge(2n));
    story.at(31 * DAY);
    expect(story.cents()).toEqual([{ paid: 1000, recognised: 200, breakage: 500, deferred: 300 }]);
    story.does(charge(1n));
    story.at(61 * DAY);
    expect(story.cents()).toEqual([{ paid: 1000, recognised: 300, breakage: 700 }]);
  });

  test('of a lot that ends while it is held is breakage once the hold ends, less what is carried then', () => {
    const story = new Story();
    story.grants(10n, { ...TEN_DOLLARS, expiresAt: MINUTE, rollover: { percent: 50, cap: null, carryMs: DAY } });
    const hold = story.reserves(10n);
    story.at(2 * MINUTE);
    expect(story.cents()).toEqual([{ paid: 1000, deferred: 1000 }]);
    story.commits(hold, 2n);
    expect(story.cents()).toEqual([{ paid: 1000, recognised: 200, breakage: 400, deferred: 400 }]);
  });

  test('that pays debt is recognised at once', () => {
    const story = new Story();
    story.does(limits({ credits: 10n }));
    story.does(charge(4n, { overage: 'allow_debt' }));
    story.grants(10n, TEN_DOLLARS);
    expect(story.cents()).toEqual([{ paid: 1000, recognised: 400, deferred: 600 }]);
  });

  test('that is given back for spent credits is no revenue any more; whoever pays the debt pays for the spend', () => {
    const story = new Story();
    const lot = story.grants(10n, TEN_DOLLARS);
    story.does(charge(8n));
    story.does(revoke(lot, 10n));
    expect(story.cents()).toEqual([{ paid: 1000, revoked: 1000 }]);
    story.grants(10n, { ...TEN_DOLLARS, cost: { amount: '20', currency: 'USD' } });
    expect(story.cents()).toEqual([
      { paid: 1000, revoked: 1000 },
      { paid: 2000, recognised: 1600, deferred: 400 },
    ]);
  });

  test('of another lot that a revoke takes from is recognised there, and comes back with the reinstatement', () => {
    const story = new Story();
    const first = story.grants(10n, TEN_DOLLARS);
    story.does(charge(10n));
    story.grants(10n, TEN_DOLLARS);
    const [revocation] = story.does(revoke(first, 4n));
    expect(story.cents()).toEqual([
      { paid: 1000, recognised: 600, revoked: 400 },
      { paid: 1000, recognised: 400, deferred: 600 },
    ]);
    story.does(reinstate(revocation!.seq));
    expect(story.cents()).toEqual([
      { paid: 1000, recognised: 1000 },
      { paid: 1000, deferred: 1000 },
    ]);
  });

  test('that went back does not come back with a refund of the spend', () => {
    const story = new Story();
    const lot = story.grants(10n, TEN_DOLLARS);
    story.grants(10n, { priority: 90 });
    const hold = story.reserves(10n);
    story.commits(hold, null);
    story.does(revoke(lot, 10n));
    story.does(refund(hold));
    expect(story.cents()).toEqual([{ paid: 1000, revoked: 1000 }]);
  });

  test('that bought no credits is earned as it is booked', () => {
    const story = new Story();
    const paid = { amount: '6.88', currency: 'USD' };
    story.does({ type: 'recognise', subscription: 'main', paid, reason: 'Stripe in_1' });
    story.grants(10n, TEN_DOLLARS);
    expect(story.cents()).toEqual([
      { paid: 688, recognised: 688 },
      { paid: 1000, deferred: 1000 },
    ]);
  });

  test('of what is refunded after its end is breakage where a plan limits the unit, because nothing replaces it', () => {
    const story = new Story();
    story.grants(10n, { ...TEN_DOLLARS, unit: 'images', expiresAt: DAY });
    const [spend] = story.does(charge([{ unit: 'images', amount: 6n }]));
    story.does(subscribe(plan('limited', { limits: [limit('images', 5n)] })));
    story.at(2 * DAY);
    story.does(refundEntry(spend!.seq, null));
    expect(story.cents()).toEqual([{ paid: 1000, refunded: 600, breakage: 1000 }]);
  });
});

test('money is counted in the digits of its currency, or in its own where it has more', () => {
  expect(moneyOf({ amount: '19.9', currency: 'usd' })).toEqual({ amount: 1990n, scale: 2, currency: 'USD' });
  expect(moneyOf({ amount: '1500', currency: 'JPY' })).toEqual({ amount: 1500n, scale: 0, currency: 'JPY' });
  expect(moneyOf({ amount: '1.5', currency: 'KWD' })).toEqual({ amount: 1500n, scale: 3, currency: 'KWD' });
  expect(moneyOf({ amount: '0.0005', currency: 'USD' })).toEqual({ amount: 5n, scale: 4, currency: 'USD' });
  const long = '9'.repeat(64);
  expect(moneyOf({ amount: long, currency: 'EUR' }).amount).toBe(BigInt(`${long}00`));
});
