import { describe, expect, it } from '@jest/globals';
import { LOTS_PER_ENTRY, MAX_LIVE_LOTS_AFTER_REFUND } from '../../src/ledger/domain/account.js';
import type { Command } from '../../src/ledger/domain/command.js';
import { charge, DAY, grant, limits, refundEntry, reinstate, revoke } from './given-account.js';
import { NaiveLedger } from './naive-ledger.js';
import { REAL_DOMAIN, RecordingAccount } from './recording-account.js';
import { domainEntry, domainView, naiveEntry, naiveView } from './views.js';

/** Random commands never come to a thousand lots: here model and domain are led there. */
class ManyLots {
  readonly model = new NaiveLedger();
  readonly account = new RecordingAccount(REAL_DOMAIN);
  now = 0;

  /** What both say: the refusal's code, or the `seq` of the first entry. */
  tries(command: Command): string | number {
    const booked = this.model.account.seq;
    const refusal = this.model.execute(command, this.now);
    const { decision, entries } = this.account.execute(command, this.now);
    expect(entries.map(domainEntry)).toEqual(this.model.account.journal.slice(booked).map(naiveEntry));
    expect(decision.ok ? null : decision.refusal.code).toBe(refusal?.code ?? null);
    for (const { made } of entries) expect(made.length).toBeLessThanOrEqual(LOTS_PER_ENTRY);
    return decision.ok ? decision.entries[0]!.seq : decision.refusal.code;
  }

  does(command: Command): number {
    const said = this.tries(command);
    if (typeof said === 'string') throw new Error(said);
    return said;
  }

  /** Lots of one credit, and what is owed where there are not so many. */
  grants(count: number, expiresAt: number | null): void {
    for (let i = 0; i < count; i++) this.does(grant(1n, { expiresAt }));
  }

  get liveLots(): number {
    return this.account.state.units.get('credits')?.lots.length ?? 0;
  }

  agrees(): void {
    expect(this.account.violations).toEqual([]);
    expect(this.account.foldDiffers()).toBe(false);
    expect(domainView(this.account.state, this.now)).toEqual(naiveView(this.model.account, this.now));
  }
}

describe('credits that come back to more lots than an account may have', () => {
  it.each([
    ['that are over', DAY],
    ['that were used up', null],
  ])('%s are refused, and taken as far as there is room', (_, expiresAt) => {
    const account = new ManyLots();
    account.grants(300, expiresAt);
    const spent = account.does(charge(300n));
    account.now = 2 * DAY;
    account.grants(800, null);
    expect(account.tries(refundEntry(spent, null))).toBe('too_many_lots');
    const room = BigInt(MAX_LIVE_LOTS_AFTER_REFUND - 800);
    expect(account.tries(refundEntry(spent, null, room + 1n))).toBe('too_many_lots');
    account.does(refundEntry(spent, null, room));
    expect(account.liveLots).toBe(MAX_LIVE_LOTS_AFTER_REFUND);
    expect(account.tries(refundEntry(spent, null, 1n))).toBe('too_many_lots');
    account.does(charge(300n));
    account.does(refundEntry(spent, null));
    account.agrees();
  });

  it('never make one entry make more lots than it has numbers for, a compensation for paid debt included', () => {
    expect(MAX_LIVE_LOTS_AFTER_REFUND).toBeLessThanOrEqual(LOTS_PER_ENTRY);
    const account = new ManyLots();
    account.does(limits({ credits: 5n }));
    account.grants(24, DAY);
    const first = account.does(charge(24n));
    account.grants(1000, DAY);
    account.does(refundEntry(first, null));
    const all = account.does(charge(BigInt(LOTS_PER_ENTRY) + 5n, { overage: 'allow_debt' }));
    account.does(grant(5n, { expiresAt: DAY }));
    account.now = 2 * DAY;
    expect(account.tries(refundEntry(all, null))).toBe('too_many_lots');
    account.does(refundEntry(all, null, BigInt(LOTS_PER_ENTRY) + 4n));
    expect(account.liveLots).toBe(LOTS_PER_ENTRY);
    account.agrees();
  });

  it('are refused to a reinstatement as to a refund', () => {
    const account = new ManyLots();
    account.grants(200, null);
    const own = account.does(grant(200n, { priority: 0 }));
    account.does(charge(200n));
    const revoked = account.does(revoke(own * LOTS_PER_ENTRY, 200n));
    account.grants(900, null);
    const room = BigInt(MAX_LIVE_LOTS_AFTER_REFUND - 900);
    expect(account.tries(reinstate(revoked, null))).toBe('too_many_lots');
    expect(account.tries(reinstate(revoked, room + 1n))).toBe('too_many_lots');
    account.does(reinstate(revoked, room));
    expect(account.liveLots).toBe(MAX_LIVE_LOTS_AFTER_REFUND);
    account.agrees();
  });
});
