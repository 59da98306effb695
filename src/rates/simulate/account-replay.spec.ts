import { describe, expect, it } from '@jest/globals';
import { AccountReplay } from './account-replay.js';
import type { PastEntry } from './past-entry.js';

const PLAIN: PastEntry = {
  seq: 0,
  type: 'grant',
  unit: 'credits',
  amount: 0n,
  available: 0n,
  reservation: null,
  closes: false,
  event: null,
  providerCost: null,
};

/** Tells a story of one account in credits: what it really cost, and what it would have. */
class Story {
  private seq = 0;
  private readonly replay: AccountReplay;
  readonly refused: number[] = [];

  constructor(available: bigint) {
    this.replay = new AccountReplay(new Map([['credits', available]]));
  }

  private follow(entry: Partial<PastEntry>, cost: { actual: bigint; candidate: bigint } | null): void {
    const event =
      cost === null
        ? null
        : {
            meter: 'm',
            quantity: '1',
            properties: {},
            card: 'c',
            version: 1,
            lines: [{ unit: 'credits', amount: cost.actual }],
          };
    const candidate = cost === null ? null : new Map([['credits', cost.candidate]]);
    const found = this.replay.follow({ ...PLAIN, seq: ++this.seq, ...entry, event }, candidate);
    if (found !== null) this.refused.push(found.seq);
  }

  reserve(actual: bigint, candidate: bigint): number {
    this.follow({ type: 'reserve', available: -actual, reservation: this.seq + 1 }, { actual, candidate });
    return this.seq;
  }

  /** @param back what of the hold comes back */
  commit(reservation: number, actual: bigint, candidate: bigint, back = 0n): void {
    this.follow({ type: 'commit', available: back, reservation, closes: true }, { actual, candidate });
  }

  release(reservation: number, back: bigint): void {
    this.follow({ type: 'release', available: back, reservation, closes: true }, null);
  }

  charge(actual: bigint, candidate: bigint): void {
    this.follow({ type: 'commit', available: -actual }, { actual, candidate });
  }
}

describe('an account at other prices', () => {
  it('is never refused what is free', () => {
    const story = new Story(1n);
    story.commit(story.reserve(1n, 1n), 1n, 5n);
    story.charge(0n, 0n);
    expect(story.refused).toEqual([]);
  });

  it('could have paid for exactly what it had, and not for more', () => {
    const story = new Story(10n);
    story.charge(1n, 5n);
    story.charge(1n, 5n);
    story.charge(1n, 1n);
    expect(story.refused).toEqual([3]);
  });

  it('has the more for what costs less', () => {
    const story = new Story(10n);
    story.charge(9n, 2n);
    story.charge(1n, 8n);
    expect(story.refused).toEqual([]);
  });

  it('is left alone by what it could not pay for: that is never held and never spent', () => {
    const story = new Story(20n);
    const refused = story.reserve(4n, 21n);
    const fine = story.reserve(1n, 10n);
    story.commit(refused, 4n, 21n);
    story.commit(fine, 1n, 10n);
    story.charge(1n, 10n);
    expect(story.refused).toEqual([refused]);
  });

  it('has what is open under hold at the other price, and gets it back', () => {
    const story = new Story(10n);
    const held = story.reserve(1n, 8n);
    story.charge(1n, 3n);
    story.release(held, 1n);
    story.charge(1n, 9n);
    story.charge(1n, 3n);
    expect(story.refused).toEqual([2, 5]);
  });

  it('spends of a hold what was used of it', () => {
    const story = new Story(10n);
    story.commit(story.reserve(4n, 8n), 1n, 2n, 3n);
    story.charge(1n, 8n);
    story.charge(1n, 1n);
    expect(story.refused).toEqual([4]);
  });
});
