import { describe, expect, it } from '@jest/globals';
import {
  charge,
  commit,
  extend,
  GivenAccount,
  grant,
  limits,
  release,
  refund,
  refundEntry,
  reserve,
} from '../../../test/model/given-account.js';
import { budget, member, noMember } from '../../../test/model/given-member.js';
import { on } from '../../../test/model/given-plan.js';
import { usedOf } from './budgets.js';
import { MAX_BUDGETS_PER_MEMBER } from './member.js';

const MONTH = { every: 'month', count: 1, anchor: 'calendar', timeZone: 'UTC' } as const;

function given(credits = 1000n): GivenAccount {
  const account = new GivenAccount().at(on('2026-01-10T12:00:00Z'));
  account.does(grant(credits));
  return account;
}

/** Of the first budget. */
function used(account: GivenAccount, id: string, place = 0): bigint {
  return usedOf(account.state, account.state.members.get(id)!, place, account.now);
}

describe('a budget', () => {
  it('refuses what it has no room for while the account has credits, and tells whose it is and when it begins anew', () => {
    const account = given();
    account.does(member('ada', [budget(10n)]));
    account.does(charge(9n, { member: 'ada' }));
    expect(account.refuses(reserve(2n, { member: 'ada' }))).toMatchObject({
      code: 'limit_reached',
      retryable: true,
      retryAfterMs: 12 * 3_600_000,
      message: expect.stringContaining('in the budget of ada'),
      shortfall: [
        {
          unit: 'credits',
          member: 'ada',
          required: 2n,
          available: 1n,
          limit: { used: 9n, cap: 10n, resetsAt: on('2026-01-11') },
        },
      ],
    });
    account.does(charge(1n, { member: 'ada' }));
    account.does(charge(5n, { member: 'bob' }));
    account.does(charge(5n));
  });

  it('counts what is held, and gives back what a release, a smaller commit or the end of the hold returns', () => {
    const account = given();
    account.does(member('ada', [budget(10n)]));
    const [first, second] = [account.reserves(6n, { member: 'ada' }), account.reserves(4n, { member: 'ada' })];
    expect(account.refuses(charge(1n, { member: 'ada' }))).toMatchObject({
      shortfall: [{ available: 0n, held: 10n, openReservations: 2 }],
    });
    account.does(release(first));
    expect(used(account, 'ada')).toBe(4n);
    account.commits(second, 1n);
    expect(used(account, 'ada')).toBe(1n);
    account.reserves(9n, { member: 'ada', ttlMs: 1000, graceMs: 0 });
    expect(used(account, 'ada')).toBe(10n);
    account.at(account.now + 1000).settles();
    expect(used(account, 'ada')).toBe(1n);
  });

  it('begins anew with its window: what is committed counts in the window of its commit, what is held as long as it is', () => {
    const account = given();
    account.does(member('ada', [budget(10n)]));
    account.does(charge(4n, { member: 'ada' }));
    const held = account.reserves(6n, { member: 'ada', ttlMs: 24 * 3_600_000 });
    account.at(on('2026-01-11'));
    expect(used(account, 'ada')).toBe(6n);
    account.commits(held, 5n);
    expect(used(account, 'ada')).toBe(5n);
    expect(account.refuses(charge(6n, { member: 'ada' })).code).toBe('limit_reached');
    account.at(on('2026-01-12'));
    expect(used(account, 'ada')).toBe(0n);
    account.does(charge(10n, { member: 'ada' }));
  });

  it('is of the calendar in its time zone, or counted from a moment, month ends right', () => {
    const account = new GivenAccount().at(on('2026-01-31T14:59:59Z'));
    account.does(grant(1000n));
    const tokyo = budget(5n, { window: { ...MONTH, timeZone: 'Asia/Tokyo' } });
    const anchored = { every: 'month', count: 1, anchor: 'subscription' } as const;
    account.does(member('tokyo', [tokyo]));
    account.does(member('late', [budget(5n, { window: anchored, anchor: on('2026-01-31T15:00:00Z') })]));
    account.does(charge(5n, { member: 'tokyo' }));
    account.does(charge(5n, { member: 'late' }));
    account.at(on('2026-01-31T15:00:00Z')).does(charge(5n, { member: 'tokyo' }));
    account.does(charge(5n, { member: 'late' }));
    account.at(on('2026-02-28T14:59:59Z')).refuses(charge(1n, { member: 'late' }));
    account.at(on('2026-02-28T15:00:00Z')).does(charge(5n, { member: 'late' }));
  });

  it('gives back what is refunded of its own window, and nothing of an earlier one', () => {
    const account = given();
    account.does(member('ada', [budget(10n)]));
    const reservation = account.reserves(4n, { member: 'ada' });
    account.commits(reservation, 4n);
    const [charged] = account.does(charge(6n, { member: 'ada' }));
    account.does(refund(reservation, 3n));
    expect(used(account, 'ada')).toBe(7n);
    account.at(on('2026-01-11')).does(charge(1n, { member: 'ada' }));
    account.does(refundEntry(charged!.seq, null));
    expect(used(account, 'ada')).toBe(1n);
  });

  it('that never begins anew is not told to come again', () => {
    const account = given();
    account.does(member('ada', [budget(10n, { window: { every: 'lifetime' } })]));
    account.does(charge(10n, { member: 'ada' }));
    expect(account.at(on('2030-01-01')).refuses(charge(1n, { member: 'ada' }))).toMatchObject({
      code: 'insufficient_credits',
      retryable: false,
      message: 'not enough credits in the budget of ada',
    });
  });

  it('that only other holds fill is told to be retried; one that is smaller than what is asked is not', () => {
    const account = given();
    account.does(member('ada', [budget(10n, { window: { every: 'lifetime' } })]));
    account.reserves(8n, { member: 'ada' });
    expect(account.refuses(charge(3n, { member: 'ada' }))).toMatchObject({
      retryable: true,
      shortfall: [{ held: 8n }],
    });
    expect(account.refuses(charge(11n, { member: 'ada' })).retryable).toBe(false);
  });

  it('short together with the account is a matter of credits', () => {
    const account = given(5n);
    account.does(member('ada', [budget(3n)]));
    const refusal = account.refuses(charge(6n, { member: 'ada' }));
    expect(refusal.code).toBe('insufficient_credits');
    expect(refusal.shortfall!.map(({ member: whose }) => whose)).toEqual([undefined, 'ada']);
  });

  it('that is soft warns and counts on', () => {
    const account = given();
    account.does(member('ada', [budget(3n, { soft: true })]));
    account.does(charge(30n, { member: 'ada' }));
    expect(used(account, 'ada')).toBe(30n);
  });

  it('bounds what a commit takes beyond its hold, and the growth of a hold, which stay open', () => {
    const account = given();
    account.does(limits({ credits: 1000n }));
    account.does(member('ada', [budget(10n)]));
    const held = account.reserves(8n, { member: 'ada', overage: 'allow_debt' });
    expect(account.refuses(extend(held, { add: { amount: 3n, unit: null } })).code).toBe('limit_reached');
    expect(account.refuses(commit(held, 11n))).toMatchObject({
      code: 'limit_reached',
      reservation: { status: 'open' },
      shortfall: [{ required: 3n, available: 2n, held: 0n, member: 'ada' }],
    });
    account.does(commit(held, 10n));
    expect(used(account, 'ada')).toBe(10n);
  });

  it('lets a late commit take what was reserved, as limits do, and no more', () => {
    const account = given();
    account.does(member('ada', [budget(10n)]));
    const held = account.reserves(8n, { member: 'ada', late: 'charge', ttlMs: 1000 });
    account.at(account.now + 60_000);
    account.does(charge(9n, { member: 'ada' }));
    expect(account.refuses(commit(held, 9n)).code).toBe('limit_reached');
    account.does(commit(held, 8n));
    expect(used(account, 'ada')).toBe(17n);
  });

  it('refuses nothing that costs nothing, also where it was lowered to less than is used', () => {
    const account = given();
    account.does(member('ada', [budget(10n)]));
    account.does(charge(9n, { member: 'ada' }));
    account.does(member('ada', [budget(5n)]));
    const lines = [{ unit: 'credits', amount: 0n }];
    const event = { meter: 'chat', quantity: '0', properties: {}, card: 'default', version: 1, lines };
    account.does(charge(lines, { member: 'ada', event }));
    account.does(reserve(lines, { member: 'ada', event }));
    account.refuses(charge(1n, { member: 'ada' }));
  });

  it('keeps what was spent when its amount changes, and forgets it with its window', () => {
    const account = given();
    account.does(member('ada', [budget(10n)]));
    account.does(charge(7n, { member: 'ada' }));
    account.does(member('ada', [budget(100n, { window: MONTH }), budget(5n)]));
    expect([used(account, 'ada', 0), used(account, 'ada', 1)]).toEqual([0n, 7n]);
    expect(account.refuses(charge(1n, { member: 'ada' })).shortfall).toMatchObject([
      { available: 0n, limit: { used: 7n } },
    ]);
  });
});

describe('a team', () => {
  function org(): GivenAccount {
    const account = given();
    account.does(member('acme', [budget(20n)]));
    account.does(member('design', [budget(12n)], 'acme'));
    account.does(member('ada', [budget(10n)], 'design'));
    account.does(member('bob', [], 'design'));
    return account;
  }

  it('counts what everybody below spends, all in one decision', () => {
    const account = org();
    account.does(charge(9n, { member: 'ada' }));
    expect(account.refuses(charge(4n, { member: 'bob' })).shortfall).toMatchObject([
      { member: 'design', available: 3n },
    ]);
    account.does(charge(3n, { member: 'bob' }));
    account.does(charge(8n, { member: 'acme' }));
    expect(account.refuses(charge(2n, { member: 'ada' })).shortfall!.map(({ member: whose }) => whose)).toEqual([
      'ada',
      'design',
      'acme',
    ]);
    expect(['ada', 'design', 'acme'].map(id => used(account, id))).toEqual([9n, 12n, 20n]);
  });

  it('loses what is held by who leaves it, and keeps what they spent; a refund of that gives nothing back elsewhere', () => {
    const account = org();
    account.does(member('sales', [budget(12n)], 'acme'));
    account.does(charge(1n, { member: 'sales' }));
    const [spent] = account.does(charge(4n, { member: 'ada' }));
    const held = account.reserves(5n, { member: 'ada' });
    account.does(member('ada', [budget(10n)], 'sales'));
    expect(['ada', 'design', 'sales', 'acme'].map(id => used(account, id))).toEqual([9n, 4n, 6n, 10n]);
    account.does(refundEntry(spent!.seq, null));
    account.commits(held, 2n);
    expect(['ada', 'design', 'sales', 'acme'].map(id => used(account, id))).toEqual([2n, 4n, 3n, 7n]);
  });

  it('is at most four members deep, without circles, of members that are there', () => {
    const account = org();
    account.does(member('desk', [], 'ada'));
    expect(account.refuses(member('drawer', [], 'desk')).code).toBe('invalid_request');
    account.does(member('root'));
    expect(account.refuses(member('acme', [], 'root')).message).toMatch(/at most 4/);
    expect(account.refuses(member('acme', [], 'desk')).message).toMatch(/below it/);
    expect(account.refuses(member('acme', [], 'acme')).code).toBe('invalid_request');
    expect(account.refuses(member('new', [], 'nobody')).code).toBe('member_not_found');
    expect(account.refuses(noMember('design'))).toMatchObject({ code: 'member_in_use' });
    expect(account.refuses(noMember('nobody')).code).toBe('member_not_found');
    account.does(noMember('desk'));
  });

  it('changes nothing when what is so already is said again', () => {
    expect(org().does(member('ada', [budget(10n)], 'design'))).toEqual([]);
  });

  it('takes at most ten budgets a member, none that counts what another does, none that cannot be counted', () => {
    const account = given();
    const many = Array.from({ length: MAX_BUDGETS_PER_MEMBER + 1 }, (_, i) => budget(1n, { unit: `u${i}` }));
    expect(account.refuses(member('ada', many)).code).toBe('invalid_request');
    expect(account.refuses(member('ada', [budget(1n), budget(2n)])).message).toMatch(/counts the same/);
    expect(account.refuses(member('ada', [budget(-1n)])).code).toBe('invalid_request');
    expect(account.refuses(member('ada', [budget(1n << 63n)])).code).toBe('amount_too_large');
  });
});
