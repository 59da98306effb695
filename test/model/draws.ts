import type { SpendContext } from '../../src/ledger/domain/account.js';
import type { NaiveReservation } from './credits.js';
import { Dice, HOSTILE_AMOUNTS, type Gene } from './genes.js';
import type { NaiveAccount } from './naive-account.js';

/** Names nothing: no entry, lot or reservation of a test gets this far. */
export const NOWHERE = 999_999;

export const UNITS = ['credits', 'images', 'tokens'] as const;

/** The choices one gene makes about an account at a moment. */
export class Draws {
  readonly target: Dice;
  readonly terms: Dice;
  private readonly amounts: Dice;

  constructor(
    gene: Gene,
    readonly account: NaiveAccount,
    readonly now: number,
  ) {
    this.target = new Dice(gene.target);
    this.amounts = new Dice(gene.amount);
    this.terms = new Dice(gene.terms);
  }

  unit(): string {
    const [credits, images, tokens] = UNITS;
    return this.target.weighted([
      [14, credits],
      [5, images],
      [1, tokens],
    ]);
  }

  /** Mostly an open reservation, often an ended one, now and then none. */
  reservation(): NaiveReservation | undefined {
    const which = this.target.weighted([
      [70, 'open'],
      [27, 'any'],
      [3, 'none'],
    ] as const);
    if (which === 'none') return undefined;
    const open = which === 'open' ? this.account.openReservations() : [];
    return this.target.pick(open.length > 0 ? open : this.account.reservations.toReversed());
  }

  spend(): SpendContext {
    return {
      meter: this.terms.weighted([
        [5, null],
        [3, 'chat'],
        [1, 'image'],
      ] as const),
      model: this.terms.weighted([
        [4, null],
        [1, 'large'],
      ] as const),
      member: this.terms.weighted([
        [3, null],
        [2, 'ann'],
        [1, 'cy'],
      ] as const),
    };
  }

  /** Small, or just around an amount that matters here, or hostile. */
  amount(interesting: readonly bigint[], small: number): bigint {
    const kind = this.amounts.below(100);
    const around = interesting.filter(amount => amount > 0n);
    if (kind >= 98) return this.amounts.pick(HOSTILE_AMOUNTS) ?? 0n;
    if (kind < 65 || around.length === 0) return BigInt(1 + this.amounts.below(small));
    return (this.amounts.pick(around) ?? 0n) + BigInt([0, 0, 0, 1, -1][this.amounts.below(5)] ?? 0);
  }
}
