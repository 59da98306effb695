import { describe, expect, it } from '@jest/globals';
import { charge, commit, GivenAccount, grant, release, reserve } from '../../../test/model/given-account.js';
import { limit, on, plan, subscribe } from '../../../test/model/given-plan.js';
import type { Commit, Reserve } from './command.js';
import type { PlanLimit } from './plan-terms.js';
import type { PricedEvent } from './priced-event.js';

const render = (properties: Record<string, string> = {}, quantity: PricedEvent['quantity'] = '1'): PricedEvent => {
  const lines = [{ unit: 'credits', amount: 5n }];
  return { meter: 'render', quantity, properties, card: 'default', version: 1, lines };
};

const ALL = limit('total_renders', 10n, { match: [{ meters: ['render'] }] });
const PREMIUM = limit('premium_renders', 3n, { match: [{ meters: ['render'], properties: { quality: 'premium' } }] });

function subscribed(...limits: PlanLimit[]): GivenAccount {
  const account = new GivenAccount().at(on('2026-01-01T12:00:00Z'));
  account.does(grant(100n));
  account.does(subscribe(plan('maker', { limits })));
  return account;
}

describe('an event', () => {
  it('counts against every limit that it matches, in one decision with its price', () => {
    const account = subscribed(ALL, PREMIUM);
    const entries = account.does(reserve(5n, { event: render({ quality: 'premium' }) }));
    expect(entries.map(({ unit, amount }) => [unit, amount])).toEqual([
      ['credits', 5n],
      ['total_renders', 1n],
      ['premium_renders', 1n],
    ]);
    account.does(reserve(5n, { event: render({ quality: 'plain' }) }));
    expect(account.balance('premium_renders').held).toBe(1n);
    expect(account.balance('total_renders').held).toBe(2n);
  });

  it('is refused whole where one of its limits is reached, with used, cap and when it resets', () => {
    const account = subscribed(ALL, PREMIUM);
    for (let i = 0; i < 3; i++) account.does(charge(1n, { event: render({ quality: 'premium' }) }));
    const refusal = account.refuses(reserve(5n, { event: render({ quality: 'premium' }) }));
    expect(refusal).toMatchObject({
      code: 'limit_reached',
      retryable: true,
      retryAfterMs: 12 * 3_600_000,
      shortfall: [{ unit: 'premium_renders', limit: { used: 3n, cap: 3n, resetsAt: on('2026-01-02') } }],
    });
    account.does(reserve(5n, { event: render() }));
    account.at(on('2026-01-02')).does(reserve(5n, { event: render({ quality: 'premium' }) }));
  });

  it('that is short of credits too is told so: waiting for the limit alone would not help', () => {
    const account = subscribed(limit('total_renders', 1n, { match: [{ meters: ['render'] }] }));
    account.does(charge(95n, { event: render() }));
    expect(account.refuses(charge(6n, { event: render() })).code).toBe('insufficient_credits');
  });

  it('that is more than its whole limit is not told to come again', () => {
    const account = subscribed(limit('seconds', 10n, { match: [{}], counts: 'quantity' }));
    const refusal = account.refuses(charge(1n, { event: render({}, '10.5') }));
    expect(refusal).toMatchObject({ code: 'insufficient_credits', retryable: false, shortfall: [{ required: 11n }] });
  });

  it('counts by its quantity, in digits of the unit, where the limit says so', () => {
    const account = subscribed(limit('seconds', 1000n, { match: [{}], counts: 'quantity', scale: 1 }));
    account.does(charge(1n, { event: render({}, { input: '2.25', output: '3' }) }));
    expect(account.balance('seconds').spent).toBe(53n);
  });

  it('is never refused for a soft limit', () => {
    const account = subscribed(limit('total_renders', 2n, { match: [{}], soft: true }));
    for (let i = 0; i < 5; i++) account.does(charge(1n, { event: render() }));
    expect(account.balance('total_renders')).toMatchObject({ spent: 2n, available: 0n });
  });

  it('whose model is none of those that a limit names does not count', () => {
    const account = subscribed(limit('opus', 1n, { match: [{ models: ['opus'] }] }));
    account.does(charge(1n, { event: render({ model: 'haiku' }) }));
    account.does(charge(1n, { event: render() }));
    account.does(charge(1n, { event: render({ model: 'opus' }) }));
    expect(account.balance('opus').spent).toBe(1n);
  });
});

describe('a hold that counts against limits', () => {
  it('is committed by the amount of its own line; the limits go with it', () => {
    const account = subscribed(ALL, PREMIUM);
    const held = account.does(reserve(5n, { event: render({ quality: 'premium' }) }))[0]!.seq;
    account.does(commit(held, 3n));
    expect(account.balance('total_renders')).toMatchObject({ spent: 1n, held: 0n });
    expect(account.balance('credits')).toMatchObject({ spent: 3n, held: 0n });
  });

  it('counts nothing where the work cost nothing, or was released', () => {
    const account = subscribed(ALL);
    account.does(commit(account.does(reserve(5n, { event: render() }))[0]!.seq, 0n));
    account.does(release(account.does(reserve(5n, { event: render() }))[0]!.seq));
    expect(account.balance('total_renders')).toMatchObject({ spent: 0n, available: 10n });
  });

  describe('and is committed by event', () => {
    const SECONDS = limit('seconds', 100n, { match: [{ meters: ['render'] }], counts: 'quantity' });
    const LIMITS = [ALL, PREMIUM, SECONDS];
    const begun = (quantity: string, more: Partial<Reserve> = {}, limits = LIMITS): [GivenAccount, number] => {
      const account = subscribed(...limits);
      return [account, account.does(reserve(5n, { event: render({ quality: 'premium' }, quantity), ...more }))[0]!.seq];
    };
    const done = (held: number, event: PricedEvent, more: Partial<Commit> = {}) =>
      commit(held, [{ unit: 'credits', amount: 4n }], { event, ...more });
    const spent = (account: GivenAccount): bigint[] =>
      LIMITS.map(({ unit }) => account.balance(unit)).map(({ spent: amount, held }) => (held === 0n ? amount : -held));

    it('counts what happened: less returns', () => {
      const [account, held] = begun('60');
      account.does(done(held, render({ quality: 'premium' }, '20')));
      expect(spent(account)).toEqual([1n, 1n, 20n]);
    });

    it('counts against what it matches now, and no more against what it does not', () => {
      const [account, held] = begun('60');
      account.does(done(held, render({ quality: 'plain' }, '60')));
      expect(spent(account)).toEqual([1n, 0n, 60n]);
      const plain = account.does(reserve(5n, { event: render({ quality: 'plain' }, '1') }))[0]!.seq;
      account.does(done(plain, render({ quality: 'premium' }, '1')));
      expect(spent(account)).toEqual([2n, 1n, 61n]);
      expect(account.reservation(plain).lines.map(({ unit, committed }) => [unit, committed])).toEqual([
        ['credits', 4n],
        ['total_renders', 1n],
        ['seconds', 1n],
        ['premium_renders', 1n],
      ]);
    });

    it('takes more than was held from what is available', () => {
      const [account, held] = begun('60');
      account.does(done(held, render({ quality: 'premium' }, '100')));
      expect(spent(account)).toEqual([1n, 1n, 100n]);
    });

    it('is refused where more is not there, with the hold left open', () => {
      const [account, held] = begun('60');
      const refusal = account.refuses(done(held, render({ quality: 'premium' }, '101')));
      expect(refusal).toMatchObject({
        code: 'limit_reached',
        shortfall: [{ unit: 'seconds', required: 41n, available: 40n, limit: { used: 60n, cap: 100n } }],
        reservation: { no: held, status: 'open' },
      });
    });

    it('is refused where the overage policy is to reject more, and goes into debt where it may', () => {
      const [account, held] = begun('60', { overage: 'reject' });
      expect(account.refuses(done(held, render({ quality: 'premium' }, '61'))).code).toBe('commit_exceeds_reservation');
      const [owing, mayOwe] = begun('60', { overage: 'allow_debt' });
      owing.does({ type: 'configure', overdraftLimits: new Map([['seconds', 50n]]), metadata: null });
      owing.does(done(mayOwe, render({ quality: 'premium' }, '101')));
      expect(owing.balance('seconds')).toMatchObject({ spent: 101n, debt: 1n });
    });

    it('is never refused for a soft limit: it takes what there is', () => {
      const soft = limit('seconds', 100n, { match: [{}], counts: 'quantity', soft: true });
      const [account, held] = begun('60', {}, [soft]);
      account.does(done(held, render({}, '500')));
      expect(account.balance('seconds')).toMatchObject({ spent: 100n, available: 0n });
    });

    it('counts quantities of each part, and the event once, at the end', () => {
      const [account, held] = begun('60');
      account.does(done(held, render({ quality: 'premium' }, '20'), { final: false }));
      expect(account.balance('seconds')).toMatchObject({ spent: 20n, held: 40n });
      expect(account.balance('total_renders')).toMatchObject({ spent: 0n, held: 1n });
      account.does(done(held, render({ quality: 'premium' }, '10')));
      expect(spent(account)).toEqual([1n, 1n, 30n]);
    });

    it('counts what cost nothing, and nothing where nothing happened', () => {
      const [account, held] = begun('60');
      account.does(commit(held, [{ unit: 'credits', amount: 0n }], { event: render({ quality: 'premium' }, '5') }));
      expect(spent(account)).toEqual([1n, 1n, 5n]);
      const [other, again] = begun('60');
      other.does(commit(again, [{ unit: 'credits', amount: 0n }], { event: render({ quality: 'premium' }, '0') }));
      expect(spent(other)).toEqual([0n, 0n, 0n]);
    });

    it('uses what was held of a limit that nobody has a rule for any more', () => {
      const [account, held] = begun('60');
      account.does(subscribe(plan('other')));
      account.does(done(held, render({ quality: 'premium' }, '20')));
      expect(spent(account)).toEqual([1n, 1n, 60n]);
    });

    it('late, counts in the window that is current then, as far as that has room', () => {
      const [account, held] = begun('60', { late: 'charge' });
      account.at(on('2026-01-02T12:00:00Z')).does(charge([{ unit: 'seconds', amount: 90n }]));
      account.does(done(held, render({ quality: 'plain' }, '30')));
      expect(spent(account)).toEqual([1n, 0n, 100n]);
    });
  });

  it('is charged late in the window that is current then, and not refused for it', () => {
    const account = subscribed(ALL);
    const held = account.does(reserve(5n, { event: render(), late: 'charge' }))[0]!.seq;
    account.at(on('2026-01-02T12:00:00Z')).does(commit(held, 4n));
    expect(account.balance('total_renders')).toMatchObject({ spent: 1n, available: 9n });
  });
});
