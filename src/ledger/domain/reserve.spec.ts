import { describe, expect, it } from '@jest/globals';
import {
  balance,
  charge,
  FREEZE,
  GivenAccount,
  grant,
  limits,
  MINUTE,
  release,
  reserve,
  revoke,
  SECOND,
} from '../../../test/model/given-account.js';
import { MAX_AMOUNT } from '../../shared/amount.js';
import { MAX_OPEN_RESERVATIONS, newAccount } from './account.js';
import { decide } from './decide.js';
import { evolve } from './evolve.js';

describe('a reservation', () => {
  it('holds credits and remembers when it must be done', () => {
    const account = new GivenAccount().at(SECOND);
    account.grants(100n);
    const no = account.reserves(75n, { ttlMs: MINUTE, member: 'ann' });
    expect(account.balance()).toEqual(balance({ granted: 100n, available: 25n, held: 75n }));
    expect(account.reservation(no)).toMatchObject({ status: 'open', expiresAt: MINUTE + SECOND, member: 'ann' });
  });

  it('of 75 on 500 succeeds six times, and not a seventh', () => {
    const account = new GivenAccount();
    account.grants(500n);
    for (let i = 0; i < 6; i++) account.reserves(75n);
    for (let i = 6; i < 20; i++) expect(account.refuses(reserve(75n)).code).toBe('insufficient_credits');
    expect(account.balance()).toEqual(balance({ granted: 500n, available: 50n, held: 450n }));
  });

  it('holds all of its lines or none', () => {
    const account = new GivenAccount();
    account.grants(10n);
    account.grants(2n, { unit: 'images' });
    const lines = [
      { unit: 'credits', amount: 5n },
      { unit: 'images', amount: 3n },
    ];
    expect(account.refuses(reserve(lines)).shortfall).toMatchObject([{ unit: 'images', required: 3n, available: 2n }]);
    expect(account.balance().held).toBe(0n);
    const entries = account.does(reserve([lines[0]!, { unit: 'images', amount: 2n }]));
    expect(entries.map(({ unit, reservation }) => [unit, reservation])).toEqual([
      ['credits', entries[0]!.seq],
      ['images', entries[0]!.seq],
    ]);
  });
});

describe('what a reservation was made for', () => {
  it('stands on its first entry, and with the reservation', () => {
    const account = new GivenAccount();
    account.grants(1n);
    account.grants(1n, { unit: 'images' });
    const words = { meter: 'chat', model: 'large', member: 'ann', metadata: { job: '7' } };
    const entries = account.does(reserve([line('credits', 1n), line('images', 1n)], { ...words, late: 'charge' }));
    expect(entries.map(({ metadata, member, terms }) => [metadata, member, terms === null])).toEqual([
      [words.metadata, 'ann', false],
      [null, 'ann', true],
    ]);
    expect(account.reservation(entries[0]!.seq)).toMatchObject({
      ...words,
      late: 'charge',
      overage: 'allow_available',
    });
  });
});

describe('the burn order', () => {
  it('takes the lower priority number first', () => {
    const account = new GivenAccount();
    const later = account.grants(10n, { priority: 60, expiresAt: MINUTE });
    const first = account.grants(10n, { priority: 40 });
    account.reserves(12n);
    expect(account.lot(first)).toMatchObject({ remaining: 0n, held: 10n });
    expect(account.lot(later)).toMatchObject({ remaining: 8n, held: 2n });
  });

  it('takes what ends soonest next, and what never ends last', () => {
    const account = new GivenAccount();
    const never = account.grants(10n);
    const late = account.grants(10n, { expiresAt: 2 * MINUTE });
    const soon = account.grants(10n, { expiresAt: MINUTE });
    account.reserves(15n);
    expect([soon, late, never].map(no => account.lot(no).held)).toEqual([10n, 5n, 0n]);
  });

  it('takes what was paid for after every other category', () => {
    const account = new GivenAccount();
    const paid = account.grants(10n, { category: 'paid' });
    const gift = account.grants(10n, { category: 'compensation' });
    account.reserves(10n);
    expect([paid, gift].map(no => account.lot(no).held)).toEqual([0n, 10n]);
  });

  it('takes the oldest where all else is equal', () => {
    const account = new GivenAccount();
    const old = account.grants(10n);
    const young = account.at(MINUTE).grants(10n);
    account.reserves(10n);
    expect([old, young].map(no => account.lot(no).held)).toEqual([10n, 0n]);
  });
});

describe('a lot with conditions', () => {
  it.each([
    ['meters', { meter: 'chat' }],
    ['models', { model: 'chat' }],
    ['members', { member: 'chat' }],
  ])('is spent only where its %s contain the value of the spend', (list, spend) => {
    const account = new GivenAccount();
    account.grants(10n, { appliesTo: { [list]: ['image', 'chat'] } });
    expect(account.refuses(reserve(1n)).shortfall).toMatchObject([{ available: 0n }]);
    account.reserves(10n, spend);
    expect(account.balance().held).toBe(10n);
  });

  it('is spent only where every list contains its value', () => {
    const account = new GivenAccount();
    account.grants(10n, { appliesTo: { meters: ['chat'], members: ['ann'] } });
    expect(account.refuses(reserve(1n, { meter: 'chat', member: 'bob' })).code).toBe('insufficient_credits');
    account.reserves(1n, { meter: 'chat', member: 'ann' });
  });

  it('is skipped by others, in burn order', () => {
    const account = new GivenAccount();
    account.grants(10n, { priority: 1, appliesTo: { meters: ['chat'] } });
    const open = account.grants(10n);
    account.reserves(4n, { meter: 'image' });
    expect(account.lot(open).held).toBe(4n);
  });

  it('with an empty list is spent nowhere', () => {
    const account = new GivenAccount();
    account.grants(10n, { appliesTo: { meters: [] } });
    expect(account.refuses(reserve(1n, { meter: 'chat' })).code).toBe('insufficient_credits');
  });
});

describe('a denial', () => {
  it('says what is short, what others hold, and when the next of them ends, its grace included', () => {
    const account = new GivenAccount();
    account.grants(10n);
    account.reserves(3n, { ttlMs: 2 * MINUTE, graceMs: 0 });
    account.reserves(4n, { ttlMs: MINUTE, graceMs: 7 * SECOND });
    expect(account.refuses(reserve(5n))).toMatchObject({
      code: 'insufficient_credits',
      retryable: true,
      shortfall: [
        {
          unit: 'credits',
          required: 5n,
          available: 3n,
          held: 7n,
          openReservations: 2,
          nextReleaseAt: MINUTE + 7 * SECOND,
        },
      ],
    });
  });

  it('does not say try again where even everything that is held would not do', () => {
    const account = new GivenAccount();
    account.grants(10n);
    account.reserves(8n);
    expect(account.refuses(reserve(11n))).toMatchObject({ retryable: false });
  });

  it('does not count on credits that the spend may not use', () => {
    const account = new GivenAccount();
    account.grants(10n, { appliesTo: { meters: ['chat'] } });
    account.reserves(10n, { meter: 'chat' });
    expect(account.refuses(reserve(1n))).toMatchObject({ retryable: false, shortfall: [{ held: 0n, available: 0n }] });
  });

  it('does not count on held credits whose lot is over: they will not come back', () => {
    const account = new GivenAccount();
    account.grants(10n, { expiresAt: MINUTE });
    account.reserves(10n, { ttlMs: 2 * MINUTE });
    account.at(MINUTE);
    expect(account.refuses(reserve(1n))).toMatchObject({
      retryable: false,
      shortfall: [{ held: 0n, nextReleaseAt: null }],
    });
  });

  it('does not count on credits that will pay a debt when they come back', () => {
    const account = new GivenAccount();
    const lot = account.grants(10n);
    account.reserves(10n);
    account.does(revoke(lot, 10n));
    expect(account.balance().debt).toBe(10n);
    expect(account.refuses(reserve(1n))).toMatchObject({ retryable: false });
  });

  it('names every unit that is short', () => {
    const account = new GivenAccount();
    const refusal = account.refuses(
      reserve([
        { unit: 'credits', amount: 1n },
        { unit: 'images', amount: 2n },
      ]),
    );
    expect(refusal.shortfall?.map(({ unit }) => unit)).toEqual(['credits', 'images']);
  });

  it('comes although an overdraft would cover it: that serves commits', () => {
    const account = new GivenAccount();
    account.does(limits({ credits: 100n }));
    expect(account.refuses(reserve(1n, { overage: 'allow_debt' })).code).toBe('insufficient_credits');
  });

  it('of a frozen account is account_frozen', () => {
    const account = new GivenAccount();
    account.grants(10n);
    account.does(FREEZE);
    expect(account.refuses(reserve(1n))).toMatchObject({ code: 'account_frozen', retryable: false });
  });

  it.each([
    ['no line', []],
    ['a unit twice', [line('credits', 1n), line('credits', 1n)]],
    ['a line of nothing', [line('credits', 1n), line('images', 0n)]],
    ['a negative line', [line('credits', -1n)]],
  ])('of %s is invalid_request', (_what, lines) => {
    const account = new GivenAccount();
    account.grants(10n);
    expect(account.refuses(reserve(lines)).code).toBe('invalid_request');
  });

  it('of more than an amount can be is amount_too_large', () => {
    expect(new GivenAccount().refuses(reserve(MAX_AMOUNT + 1n)).code).toBe('amount_too_large');
  });

  it(`comes when ${MAX_OPEN_RESERVATIONS} reservations are open, and says try again`, () => {
    const state = newAccount();
    const does = (command: Parameters<typeof decide>[1]) => {
      const decision = decide(state, command, 0, 0);
      if (decision.ok) for (const entry of decision.entries) evolve(state, entry);
      return decision;
    };
    does(grant(BigInt(MAX_OPEN_RESERVATIONS) + 1n));
    for (let i = 0; i < MAX_OPEN_RESERVATIONS; i++) does(reserve(1n));
    expect(does(reserve(1n))).toMatchObject({ ok: false, refusal: { code: 'too_many_reservations', retryable: true } });
    does(release(2));
    expect(does(reserve(1n)).ok).toBe(true);
    expect(does(charge(1n)).ok).toBe(true);
  });
});

function line(unit: string, amount: bigint) {
  return { unit, amount };
}
