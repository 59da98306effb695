import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Command } from '../../src/ledger/domain/command.js';
import type { Entry } from '../../src/ledger/domain/entry.js';
import { usedOf } from '../../src/ledger/domain/budgets.js';
import { charge, commit, extend, GivenAccount, grant, refund, refundEntry, release, reserve } from './given-account.js';
import { budget, member, noMember } from './given-member.js';

const RUNS = Number(process.env['MEMBER_RUNS'] ?? 1_000);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NAMES = ['org', 'team', 'lead', 'ada', 'bob'] as const;

/** What a budget is in the naive model: it knows days and months of UTC by their text, and no windows. */
interface Cap {
  readonly amount: bigint;
  readonly every: 'day' | 'month';
  readonly soft: boolean;
  /** It counts what was committed after this entry. */
  readonly since: number;
}

interface Spent {
  readonly seq: number;
  /** Who counted it, in the order of the levels, when it was spent. */
  readonly counted: readonly string[];
  readonly at: number;
  readonly reservation: number | null;
  amount: bigint;
  /** Of it, how much was given back to which name. */
  readonly back: Map<string, bigint>;
}

/** A second, naive account of who may spend what: it looks at every spend there ever was, each time. */
class NaiveMembers {
  readonly parents = new Map<string, string | null>();
  readonly caps = new Map<string, Cap[]>();
  readonly spends: Spent[] = [];
  readonly holds = new Map<number, { member: string | null; amount: bigint }>();

  above(name: string | null): string[] {
    const found: string[] = [];
    for (let next = name; next !== null && this.parents.has(next); next = this.parents.get(next)!) found.push(next);
    return found;
  }

  used(name: string, { every, since }: Cap, now: number): bigint {
    let sum = 0n;
    for (const { seq, counted, at, amount, back } of this.spends) {
      if (seq > since && counted.includes(name) && windowOf(at, every) === windowOf(now, every)) {
        sum += amount - (back.get(name) ?? 0n);
      }
    }
    for (const hold of this.holds.values()) if (this.above(hold.member).includes(name)) sum += hold.amount;
    return sum;
  }

  /** Names whose budgets this would exceed. */
  over(spender: string | null, amount: bigint, now: number): string[] {
    return this.above(spender).flatMap(name =>
      this.caps
        .get(name)!
        .filter(cap => !cap.soft && this.used(name, cap, now) + amount > cap.amount)
        .map(() => name),
    );
  }
}

function windowOf(at: number, every: 'day' | 'month'): string {
  return new Date(at).toISOString().slice(0, every === 'day' ? 10 : 7);
}

const name = fc.constantFrom(...NAMES);
const caps = fc.array(
  fc.record({
    amount: fc.bigInt({ min: 0n, max: 40n }),
    every: fc.constantFrom('day', 'month'),
    soft: fc.boolean(),
  }),
  { maxLength: 3 },
);
const step = fc.record({
  kind: fc.constantFrom('set', 'remove', 'reserve', 'reserve', 'charge', 'commit', 'commit', 'release', 'extend', 'refund', 'wait'), // prettier-ignore
  who: fc.option(name, { nil: null, freq: 6 }),
  parent: fc.option(name, { nil: null, freq: 3 }),
  caps,
  amount: fc.bigInt({ min: 1n, max: 15n }),
  pick: fc.nat(20),
  wait: fc.constantFrom(HOUR, 7 * HOUR, DAY, 20 * DAY),
  part: fc.boolean(),
});
type Step = ReturnType<typeof step.generate> extends { value: infer T } ? T : never;

/** One account with the real domain, and the naive one beside it. */
class Both {
  readonly real = new GivenAccount().at(Date.UTC(2026, 0, 30, 12));
  readonly naive = new NaiveMembers();

  constructor() {
    this.real.does(grant(100_000n));
  }

  take(asked: Step): void {
    const { real, naive } = this;
    if (asked.kind === 'wait') return void this.passes(asked.wait);
    const holds = [...naive.holds.keys()];
    const hold = holds[asked.pick % Math.max(1, holds.length)];
    switch (asked.kind) {
      case 'set':
        return this.set(asked);
      case 'remove': {
        const id = asked.who ?? 'ada';
        const free = naive.parents.has(id) && ![...naive.parents.values()].includes(id);
        if (this.tells(noMember(id), free)) {
          naive.parents.delete(id);
          naive.caps.delete(id);
        }
        return;
      }
      case 'reserve': {
        const { who: spender, amount } = asked;
        const more = { member: spender, ttlMs: DAY, late: 'charge' as const };
        const [entry] = this.tells(reserve(amount, more), naive.over(spender, amount, real.now).length === 0) ?? [];
        if (entry !== undefined) naive.holds.set(entry.seq, { member: spender, amount });
        return;
      }
      case 'charge': {
        const { who: spender, amount } = asked;
        const fits = naive.over(spender, amount, real.now).length === 0;
        const [entry] = this.tells(charge(amount, { member: spender }), fits) ?? [];
        if (entry !== undefined) this.spent(entry, spender, null);
        return;
      }
      case 'commit':
        return hold === undefined ? undefined : this.commit(hold, asked);
      case 'release':
        if (hold === undefined) return;
        this.tells(release(hold), true);
        naive.holds.delete(hold);
        return;
      case 'extend': {
        if (hold === undefined) return;
        const held = naive.holds.get(hold)!;
        const fits = naive.over(held.member, asked.amount, real.now).length === 0;
        const add = { amount: asked.amount, unit: null };
        if (this.tells(extend(hold, { ttlMs: DAY, add }), fits)) held.amount += asked.amount;
        return;
      }
      case 'refund':
        return this.refund(asked);
      default:
        throw new Error(`unknown ${asked.kind}`);
    }
  }

  /** Every budget, as the domain has it and as it is counted naively. */
  differences(): string[] {
    const found: string[] = [];
    for (const [id, all] of this.naive.caps) {
      const known = this.real.state.members.get(id)!;
      all.forEach((cap, place) => {
        const [is, should] = [
          usedOf(this.real.state, known, place, this.real.now),
          this.naive.used(id, cap, this.real.now),
        ];
        if (is !== should) found.push(`${id}[${place}]: ${is}, counted ${should}`);
      });
    }
    return found;
  }

  private set({ who, parent, caps: asked }: Step): void {
    const { real, naive } = this;
    const id = who ?? 'ada';
    const given = asked.filter((cap, i) => asked.findIndex(other => other.every === cap.every) === i);
    const under = naive.above(parent);
    const depth = Math.max(...[...naive.parents.keys()].map(each => naive.above(each).indexOf(id) + 1), 1);
    const fits =
      parent === null || (under.length > 0 && parent !== id && !under.includes(id) && under.length + depth <= 4);
    const budgets = given.map(({ every, amount, soft }) =>
      budget(amount, { window: { every, count: 1, anchor: 'calendar', timeZone: 'UTC' }, soft }),
    );
    const told = this.tells(member(id, budgets, parent), fits);
    if (told === null) return;
    const known = naive.caps.get(id) ?? [];
    const since = (every: Cap['every']): number => known.find(cap => cap.every === every)?.since ?? real.seq;
    naive.caps.set(
      id,
      given.map(cap => ({ ...cap, since: since(cap.every) })),
    );
    naive.parents.set(id, parent);
  }

  private commit(no: number, { amount, part }: Step): void {
    const { real, naive } = this;
    const held = naive.holds.get(no)!;
    const beyond = amount > held.amount ? amount - held.amount : 0n;
    const fits = beyond === 0n || naive.over(held.member, beyond, real.now).length === 0;
    const entries = this.tells(commit(no, amount, { final: !part }), fits);
    if (entries === null) return;
    for (const entry of entries) this.spent(entry, held.member, no);
    held.amount = part && amount < held.amount ? held.amount - amount : 0n;
    if (!part) naive.holds.delete(no);
  }

  private refund({ pick, amount }: Step): void {
    const { naive } = this;
    const open = naive.spends.filter(({ amount: spent, back }) => spent > (back.get('') ?? 0n));
    const spend = open[pick % Math.max(1, open.length)];
    if (spend === undefined) return;
    const left = spend.amount - (spend.back.get('') ?? 0n);
    const given = amount < left ? amount : left;
    const command =
      pick % 2 === 0 || spend.reservation === null
        ? refundEntry(spend.seq, spend.reservation, given)
        : refund(spend.reservation, given);
    const entries = this.tells(command, true)!;
    for (const entry of entries) {
      const reversed = naive.spends.find(({ seq }) => seq === entry.target)!;
      // Who stands above somebody else by now counted nothing; who counted it and is above no more gets nothing back.
      const back = (whose: string): void =>
        void reversed.back.set(whose, (reversed.back.get(whose) ?? 0n) + entry.amount);
      back('');
      for (const whose of this.stillCounting(reversed)) back(whose);
    }
  }

  /** From the spender up, as long as nobody in between was placed elsewhere since. */
  private stillCounting({ counted, seq }: Spent): string[] {
    const found: string[] = [];
    for (const whose of this.naive.above(counted[0] ?? null)) {
      found.push(whose);
      if (this.real.state.members.get(whose)!.placedAt > seq) break;
    }
    return found;
  }

  private spent({ seq, amount, effectiveAt }: Entry, spender: string | null, reservation: number | null): void {
    if (amount === 0n) return;
    const counted = this.naive.above(spender);
    this.naive.spends.push({ seq, counted, at: effectiveAt, reservation, amount, back: new Map() });
  }

  private passes(wait: number): void {
    this.real.at(this.real.now + wait).settles();
    for (const no of this.naive.holds.keys()) if (!this.real.state.holds.has(no)) this.naive.holds.delete(no);
  }

  /** Both agree on whether it may be. */
  private tells(command: Command, expected: boolean): readonly Entry[] | null {
    if (expected) return this.real.does(command);
    this.real.refuses(command);
    return null;
  }
}

test(`what budgets say is what a count of every spend says, in ${RUNS} random stories`, () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), steps => {
      const both = new Both();
      for (const each of steps) {
        both.take(each);
        expect(both.differences()).toEqual([]);
      }
    }),
    { numRuns: RUNS },
  );
});
