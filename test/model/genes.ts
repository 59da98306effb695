import * as fc from 'fast-check';
import { MAX_AMOUNT } from '../../src/shared/amount.js';

/**
 * One random command before it meets an account: plain numbers. What they mean (which of the reservations, how much of
 * what is left) is decided when the command's turn comes, from what is there by then, so that most commands hit
 * something and a sequence stays meaningful while it shrinks. Zero is always the simplest meaning.
 */
export interface Gene {
  readonly kind: number;
  readonly time: number;
  readonly target: number;
  readonly amount: number;
  readonly terms: number;
  readonly account: number;
}

const DICE = fc.nat(2 ** 30 - 1);

export const GENE: fc.Arbitrary<Gene> = fc
  .tuple(DICE, DICE, DICE, DICE, DICE, DICE)
  .map(([kind, time, target, amount, terms, account]) => ({ kind, time, target, amount, terms, account }));

export const GENES: fc.Arbitrary<readonly Gene[]> = fc.array(GENE, { minLength: 1, maxLength: 100, size: 'max' });

/** Draws independent choices from one number; what runs out gives zeros. */
export class Dice {
  constructor(private left: number) {}

  /** 0 to n-1, evenly. */
  below(n: number): number {
    const drawn = this.left % n;
    this.left = (this.left - drawn) / n;
    return drawn;
  }

  /** The first choice is the simplest. */
  pick<T>(choices: readonly T[]): T | undefined {
    return choices.length === 0 ? undefined : choices[this.below(choices.length)];
  }

  /** Choices with weights; the first one is the simplest. */
  weighted<T>(choices: readonly (readonly [number, T])[]): T {
    let rest = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, choice] of choices) {
      if (rest < weight) return choice;
      rest -= weight;
    }
    throw new Error('weights do not add up');
  }

  oneIn(n: number): boolean {
    return this.below(n) === n - 1;
  }
}

export const HOSTILE_AMOUNTS: readonly bigint[] = [
  0n,
  -1n,
  MAX_AMOUNT,
  MAX_AMOUNT + 1n,
  MAX_AMOUNT - 1n,
  MAX_AMOUNT / 2n + 1n,
  -MAX_AMOUNT - 1n,
  2n ** 64n,
  10n ** 30n,
  2n ** 53n + 1n,
];
