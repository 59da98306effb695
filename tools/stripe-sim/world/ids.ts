import { seededRandom, type SeededRandom } from '../../client/seeded-random.js';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const LENGTH = 24;

/** Ids as Stripe's look; the same seed makes the same ids in the same order. */
export class Ids {
  private readonly random: SeededRandom;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  next(prefix: string, length = LENGTH): string {
    let id = '';
    for (let place = 0; place < length; place += 1) id += ALPHABET[this.random.integer(0, ALPHABET.length - 1)]!;
    return `${prefix}_${id}`;
  }
}
