import { describe, expect, it } from '@jest/globals';
import { IdCodec } from '../ids/id-codec.js';
import { AnswerWriter } from './answer.js';
import { newAccount, type Moment } from './domain/account.js';
import type { Command, Reserve } from './domain/command.js';
import { decide } from './domain/decide.js';
import { evolve } from './domain/evolve.js';
import type { AccountView } from './submission.js';

const ids = new IdCodec(Buffer.alloc(16, 1));
const writer = new AnswerWriter(ids, unit => ({ credits: 6, images: 0 })[unit] ?? 2);
const NOW = Date.UTC(2026, 10, 21, 12, 0, 0, 5);
const AT = '2026-11-21T12:00:00.005Z';
const [ENTRY_1, ENTRY_2, ENTRY_3] = [1, 2, 3].map(seq => ids.encode('entry', 7, seq));
const LOT = ids.encode('lot', 7, 1024);
const RESERVATION = ids.encode('reservation', 7, 2);

function account(id = 'user_42'): { view: AccountView; run: (command: Command, now?: Moment) => unknown } {
  const state = newAccount();
  const view: AccountView = { no: 7, mode: 'live', id, state, now: NOW };
  const run = (command: Command) => {
    const decision = decide(state, command, NOW, NOW);
    if (!decision.ok) return writer.refusal(view, decision.refusal);
    for (const entry of decision.entries) evolve(state, entry);
    return JSON.parse(writer.mutation(view, command, decision)) as unknown;
  };
  return { view, run };
}

const grant: Command = {
  type: 'grant',
  unit: 'credits',
  amount: 5_500_000n,
  category: 'paid',
  priority: 10,
  expiresAt: NOW + 1_000,
  appliesTo: { meters: ['m'] },
  cost: { amount: '19.99', currency: 'usd' },
  rollover: null,
  reason: 'he said "hi"\n',
  metadata: { b: '1', a: '2' },
};

const reserve: Reserve = {
  type: 'reserve',
  lines: [{ unit: 'credits', amount: 1_000_001n }],
  ttlMs: 60_000,
  graceMs: 5_000,
  overage: 'reject',
  late: 'charge',
  meter: 'm',
  model: null,
  member: 'bob',
  metadata: null,
};

describe('an answer', () => {
  it('to a grant says everything about entry, balances and lot, amounts as canonical decimals', () => {
    expect(account().run(grant)).toEqual({
      account: 'user_42',
      seq: 1,
      entries: [
        {
          id: ENTRY_1,
          account: 'user_42',
          seq: 1,
          type: 'grant',
          unit: 'credits',
          amount: '5.5',
          deltas: { granted: '5.5', available: '5.5' },
          lots: [{ lot: LOT, amount: '5.5' }],
          reason: 'he said "hi"\n',
          metadata: { a: '2', b: '1' },
          effective_at: AT,
          recorded_at: AT,
        },
      ],
      balances: {
        credits: { available: '5.5', held: '0', debt: '0', granted: '5.5', spent: '0', expired: '0', revoked: '0' },
      },
      lot: {
        id: LOT,
        unit: 'credits',
        category: 'paid',
        priority: 10,
        granted: '5.5',
        remaining: '5.5',
        held: '0',
        expires_at: '2026-11-21T12:00:01.005Z',
        applies_to: { meters: ['m'] },
        cost: { amount: '19.99', currency: 'usd' },
        created_at: AT,
      },
    });
  });

  it('to a reserve and its commit shows the reservation as it is then, and what a refund reverses', () => {
    const { run } = account();
    run(grant);
    expect(run(reserve)).toMatchObject({
      entries: [{ deltas: { available: '-1.000001', held: '1.000001' }, reservation: RESERVATION, member: 'bob' }],
      reservation: {
        id: RESERVATION,
        account: 'user_42',
        status: 'open',
        lines: [{ unit: 'credits', reserved: '1.000001', committed: '0', released: '0', refunded: '0' }],
        expires_at: '2026-11-21T12:01:00.005Z',
        overage: 'reject',
        late: 'charge',
        member: 'bob',
        created_at: AT,
      },
    });
    const commit = {
      type: 'commit',
      reservation: 2,
      actual: 1n,
      final: true,
      providerCost: null,
      metadata: null,
    } as const;
    expect(run(commit)).toMatchObject({
      entries: [{ id: ENTRY_3, amount: '0.000001', lots: [{ lot: LOT, amount: '0.000001' }] }],
      reservation: { status: 'closed', lines: [{ committed: '0.000001', released: '1' }] },
    });
  });

  it('always shows credits, and every unit with an entry in its own scale', () => {
    const { run } = account();
    const answer = run({ ...grant, unit: 'images', amount: 3n, cost: null }) as { balances: object };
    expect(answer.balances).toEqual({
      credits: { available: '0', held: '0', debt: '0', granted: '0', spent: '0', expired: '0', revoked: '0' },
      images: { available: '3', held: '0', debt: '0', granted: '3', spent: '0', expired: '0', revoked: '0' },
    });
  });

  it('of an entry without unit has no amounts', () => {
    expect(account().run({ type: 'freeze', reason: null })).toMatchObject({
      entries: [{ id: ENTRY_1, account: 'user_42', seq: 1, type: 'freeze', effective_at: AT, recorded_at: AT }],
    });
  });

  it('takes any account id through JSON unharmed', () => {
    for (const id of ['"', '\\', 'a/b', 'ü', '\u2028', '😀', '__proto__', '</script>']) {
      expect(account(id).run(grant)).toMatchObject({ account: id, entries: [{ account: id }] });
    }
  });

  it('that refuses carries the shortfall in decimals, and the reservation whose excess was refused', () => {
    const { run } = account();
    run(grant);
    run({ ...reserve, overage: 'allow_available' });
    const commit = {
      type: 'commit',
      reservation: 2,
      actual: 9_000_000n,
      final: true,
      providerCost: null,
      metadata: null,
    } as const;
    expect(run(commit)).toMatchObject({
      code: 'insufficient_credits',
      retryable: false,
      details: {
        shortfall: [{ unit: 'credits', required: '7.999999', available: '4.499999', held: '0', open_reservations: 0 }],
        reservation: { id: RESERVATION, status: 'open' },
      },
    });
    expect(run({ ...reserve, lines: [{ unit: 'credits', amount: 5_000_000n }] })).toMatchObject({
      retryable: true,
      details: { shortfall: [{ held: '1.000001', open_reservations: 1, next_release_at: '2026-11-21T12:01:05.005Z' }] },
    });
  });

  it('names the same things by the same ids everywhere', () => {
    const { run } = account();
    run(grant);
    expect(run(reserve)).toMatchObject({ entries: [{ id: ENTRY_2, lots: [{ lot: LOT }] }] });
  });
});
