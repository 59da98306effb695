import { beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reply } from '../client/ledger-client.js';
import { ONE_CREDIT } from './amounts.js';
import { checkAccount } from './check-account.js';
import { History } from './history.js';
import { commit, grant, release, reserve, type Hold, type Operation } from './operation.js';
import { reply, ToyLedger } from './toy-ledger.js';

const ACCOUNT = 'a';
const credits = (n: number): bigint => BigInt(n) * ONE_CREDIT;

let ledger: ToyLedger;
let history: History;

beforeEach(() => {
  ledger = new ToyLedger(ACCOUNT);
  history = new History();
});

/** A client sends and is answered; `later` stands between the two. */
function tell(operation: Operation, answer: () => Reply = () => ledger.accept(operation)): void {
  const sentAt = history.sending(operation);
  history.answered(operation, sentAt, answer());
}

function hold(key: string, amount: number): Hold {
  tell(reserve(key, ACCOUNT, credits(amount)));
  return { account: ACCOUNT, reservation: `res_${key}`, held: credits(amount) };
}

function refuse(operation: Operation, available: string, required = '1000'): void {
  const shortfall = [{ unit: 'credits', required, available, held: '0' }];
  tell(operation, () => reply(402, { code: 'insufficient_credits', shortfall }));
}

function brokenRules(): string[] {
  const found = checkAccount({ told: [...history.all()], reads: history.reads(ACCOUNT) }, ledger.asRead());
  return [...new Set([...history.differences, ...found].map(({ rule }) => rule))];
}

describe('a history that agrees with its ledger', () => {
  it('has no differences', () => {
    tell(grant('g', ACCOUNT, credits(100)));
    tell(commit('c', hold('r1', 40), credits(15)));
    tell(release('e', hold('r2', 20)));
    refuse(reserve('r3', ACCOUNT, credits(1000)), '85');
    expect(brokenRules()).toEqual([]);
  });

  it('accepts what time made without telling anyone', () => {
    tell(grant('g', ACCOUNT, credits(100)));
    ledger.append('expire', { available: -credits(10), expired: credits(10) });
    tell(reserve('r', ACCOUNT, credits(5)));
    expect(brokenRules()).toEqual([]);
  });

  it('accepts a refusal after what time did, of which nobody else was told', () => {
    tell(grant('g', ACCOUNT, credits(100)));
    hold('r1', 40);
    ledger.append('expire', { available: credits(40), held: -credits(40) });
    refuse(reserve('r2', ACCOUNT, credits(1000)), '100');
    expect(brokenRules()).toEqual([]);
  });

  it('accepts what a renewal gave without telling anyone, and no other grant', () => {
    tell(grant('g', ACCOUNT, credits(100)));
    ledger.append('subscribe', {});
    ledger.append('grant', { granted: credits(7), available: credits(7) }, { subscription: 'main' });
    expect(brokenRules()).toEqual([]);
    ledger.append('grant', { granted: credits(7), available: credits(7) });
    expect(brokenRules()).toContain('unannounced_entry');
  });

  it('accepts a replay with the same bytes', () => {
    const operation = grant('g', ACCOUNT, credits(1));
    const first = ledger.accept(operation);
    tell(operation, () => first);
    tell(operation, () => ({ ...first, replayed: true }));
    expect(brokenRules()).toEqual([]);
  });
});

describe('the checker notices', () => {
  it('an acknowledged entry that is gone', () => {
    tell(grant('g', ACCOUNT, credits(100)));
    ledger.entries.pop();
    expect(brokenRules()).toContain('acknowledged_lost');
  });

  it('an acknowledged entry that was changed', () => {
    tell(grant('g', ACCOUNT, credits(100)));
    ledger.entries[0] = { ...ledger.entries[0]!, recorded_at: 'another time' };
    expect(brokenRules()).toEqual(['acknowledged_lost']);
  });

  it('a refused operation that took effect', () => {
    tell(grant('g', ACCOUNT, credits(10)));
    const operation = reserve('r', ACCOUNT, credits(1000));
    refuse(operation, '10');
    ledger.append('reserve', { available: -credits(1), held: credits(1) }, { metadata: { operation: 'r' } });
    expect(brokenRules()).toContain('unannounced_entry');
  });

  it('a key that took effect twice', () => {
    const operation = grant('g', ACCOUNT, credits(10));
    tell(operation);
    tell(operation);
    expect(brokenRules()).toEqual(expect.arrayContaining(['applied_twice', 'replay_differs', 'unannounced_entry']));
  });

  it('a fact that took effect twice', () => {
    tell(grant('g1', ACCOUNT, credits(10), { reference: 'order-17' }));
    tell(grant('g2', ACCOUNT, credits(10), { reference: 'order-17' }));
    expect(brokenRules()).toEqual(['fact_twice']);
  });

  it('two operations that were told the same entry', () => {
    tell(grant('g1', ACCOUNT, credits(10)));
    const other = grant('g2', ACCOUNT, credits(10));
    tell(other, () => {
      const answer = ledger.accept(other);
      ledger.entries.pop();
      return reply(200, { ...JSON.parse(answer.body.toString()), seq: 1, entries: ledger.entries });
    });
    expect(brokenRules()).toContain('applied_twice');
  });

  it('a key that is refused after it was acknowledged', () => {
    const operation = grant('g', ACCOUNT, credits(10));
    tell(operation);
    tell(operation, () => reply(409, { code: 'fact_already_recorded' }));
    expect(brokenRules()).toEqual(['replay_refused']);
  });

  it('an overdraft that nobody allowed', () => {
    tell(grant('g', ACCOUNT, credits(10)));
    hold('r', 11);
    expect(brokenRules()).toEqual(['sums_broken']);
  });

  it('an entry whose deltas do not balance', () => {
    tell(grant('g', ACCOUNT, credits(10)));
    ledger.append('expire', { available: -credits(1) });
    expect(brokenRules()).toEqual(['sums_broken']);
  });

  it('a gap in the seqs', () => {
    tell(grant('g', ACCOUNT, credits(10)));
    tell(grant('h', ACCOUNT, credits(10)));
    ledger.entries.shift();
    expect(brokenRules()).toContain('seq_gap');
  });

  it('balances in an answer that are not those of its seq', () => {
    const operation = grant('g', ACCOUNT, credits(10));
    tell(operation, () => {
      const answer = JSON.parse(ledger.accept(operation).body.toString());
      return reply(201, { ...answer, balances: { credits: { ...answer.balances.credits, available: '11' } } });
    });
    expect(brokenRules()).toEqual(['balances_differ']);
  });

  it('a read from a state older than what had been answered before', async () => {
    tell(grant('g', ACCOUNT, credits(10)));
    const before = { seq: 1, balances: ledger.balances() };
    tell(grant('h', ACCOUNT, credits(10)));
    await sleep(2);
    const sentAt = performance.now();
    history.read(ACCOUNT, { sentAt, answeredAt: sentAt + 1, ...before });
    expect(brokenRules()).toEqual(['stale_answer']);
  });

  it('a refusal from a stale balance', async () => {
    tell(grant('g', ACCOUNT, credits(10)));
    tell(grant('h', ACCOUNT, credits(1000)));
    await sleep(2);
    refuse(reserve('r', ACCOUNT, credits(500)), '10', '500');
    expect(brokenRules()).toEqual(['untrue_refusal']);
  });

  it('a refusal although there was enough', () => {
    tell(grant('g', ACCOUNT, credits(10)));
    refuse(reserve('r', ACCOUNT, credits(5)), '10', '5');
    expect(brokenRules()).toEqual(['untrue_refusal']);
  });

  it('an accepted amount that is not the one that was asked for', () => {
    const operation = grant('g', ACCOUNT, credits(10));
    tell(operation, () => ledger.accept({ ...operation, effect: { granted: credits(9), available: credits(9) } }));
    expect(brokenRules()).toEqual(['arithmetic_differs']);
  });

  it('a server error', () => {
    tell(grant('g', ACCOUNT, credits(10)), () => reply(500, { code: 'internal' }));
    expect(brokenRules()).toEqual(['server_error']);
  });
});
