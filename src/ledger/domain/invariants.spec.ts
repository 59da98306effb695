import { describe, expect, it } from '@jest/globals';
import { charge, GivenAccount, grant, MINUTE, release, reserve } from '../../../test/model/given-account.js';
import { newAccount, unitOf, type AccountState } from './account.js';
import { decide } from './decide.js';
import type { Command } from './command.js';
import type { Entry } from './entry.js';
import { evolve } from './evolve.js';
import { balanceViolations, StreamAudit } from './invariants.js';

describe('the audit of a stream', () => {
  it('finds nothing where all is well', () => {
    const { audit, state } = audited(STORY);
    expect(audit.state(state)).toEqual([]);
  });

  it.each<[string, string, (entry: Entry) => Entry]>([
    ['deltas that do not balance', 'do not balance', entry => ({ ...entry, deltas: { ...entry.deltas, spent: 9n } })],
    ['lots that move other than the balance', 'its lots move', entry => ({ ...entry, lots: [] })],
    ['a gap in seq', 'does not follow seq', entry => ({ ...entry, seq: entry.seq + 1 })],
    ['time that goes backwards', 'takes effect before', entry => ({ ...entry, effectiveAt: -1 })],
    ['an amount that is not what moved', 'moves spent by', entry => ({ ...entry, amount: entry.amount + 1n })],
    [
      'lots that bear other than the amount',
      'bear other shares',
      entry => ({ ...entry, lots: entry.lots.map(change => ({ ...change, amount: 0n })) }),
    ],
    [
      'a lot that nobody made',
      'which no entry made',
      entry => ({ ...entry, lots: entry.lots.map(change => ({ ...change, lot: 7 })) }),
    ],
  ])('finds %s', (_what, text, change) => {
    const { audit, state } = audited(STORY);
    const decision = decide(state, charge(1n), MINUTE, MINUTE);
    const [entry] = decision.ok ? decision.entries : [];
    expect(audit.entry(state, change(entry!)).join('; ')).toContain(text);
  });

  it.each<[string, string, (state: AccountState) => void]>([
    ['a negative sum', 'is negative', state => (unitOf(state, 'credits').balance.spent = -1n)],
    ['a balance that lost a credit', 'granted is not', state => (unitOf(state, 'credits').balance.available -= 1n)],
    ['a lot that lost a credit', 'is not the lots', state => (unitOf(state, 'credits').lots[0]!.remaining -= 1n)],
    ['a hold that forgot its lots', 'its open holds have', state => state.holds.clear()],
    [
      'a hold that ended and is still there',
      'is expired and held',
      state => {
        for (const hold of state.holds.values()) hold.status = 'expired';
      },
    ],
    [
      'a line that disagrees with its entries',
      'the line disagrees',
      state => {
        for (const hold of state.holds.values()) hold.lines[0]!.reserved += 1n;
      },
    ],
  ])('finds %s', (_what, text, breakIt) => {
    const { audit, state } = audited(STORY);
    breakIt(state);
    expect(audit.state(state).join('; ')).toContain(text);
  });

  it('finds a reservation that ends twice', () => {
    const { audit, state, does } = audited(STORY);
    const [first] = does(release(2));
    expect(audit.entry(state, { ...first!, seq: state.seq + 1 }).join('; ')).toContain(
      'ends reservation 2, which is not open',
    );
  });

  it('finds a reservation whose lines do not add up at its end', () => {
    const { audit, state } = audited(STORY);
    const decision = decide(state, release(2), MINUTE, MINUTE);
    const [entry] = decision.ok ? decision.entries : [];
    const short = {
      ...entry!,
      amount: 2n,
      deltas: { ...entry!.deltas, available: 2n, held: -2n },
      lots: entry!.lots.map(change => ({ ...change, remaining: 2n, held: -2n })),
    };
    expect(audit.entry(state, short).join('; ')).toContain('is not reserved');
  });
});

describe('a balance', () => {
  it('may owe only where nothing is available', () => {
    const owing = { granted: 1n, available: 2n, held: 0n, spent: 0n, expired: 0n, revoked: 0n, debt: 1n };
    expect(balanceViolations(owing)).toEqual(['owes 1 with 2 available']);
    expect(balanceViolations(new GivenAccount().balance())).toEqual([]);
  });

  it('may not exceed what an amount can be', () => {
    const sum = 2n ** 63n;
    const huge = { granted: sum, available: sum, held: 0n, spent: 0n, expired: 0n, revoked: 0n, debt: 0n };
    expect(balanceViolations(huge).join('; ')).toContain('more than an amount can be');
  });
});

const STORY: readonly Command[] = [grant(10n), reserve(3n)];

function audited(story: readonly Command[]) {
  const state = newAccount();
  const audit = new StreamAudit();
  const does = (command: Command): readonly Entry[] => {
    const decision = decide(state, command, 0, 0);
    if (!decision.ok) throw new Error(decision.refusal.message);
    for (const entry of decision.entries) {
      expect(audit.entry(state, entry)).toEqual([]);
      evolve(state, entry);
    }
    return decision.entries;
  };
  for (const command of story) does(command);
  return { audit, state, does };
}
