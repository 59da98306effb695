import { endOf } from './credits.js';
import { Dice, type Gene } from './genes.js';
import type { NaiveAccount } from './naive-account.js';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/** When the command comes: mostly at once, often just around a moment at which something falls due. */
export function nextMoment(gene: Gene, account: NaiveAccount, now: number): number {
  const dice = new Dice(gene.time);
  const leap = dice.weighted([
    [140, 'none'],
    [16, 'a little'],
    [28, 'due'],
    [8, 'promise'],
    [3, 'long'],
    [1, 'refund grace'],
  ] as const);
  switch (leap) {
    case 'none':
      return now;
    case 'a little':
      return now + 1 + dice.below(900);
    case 'due':
      return Math.max(now, (near(dice, dueMoments(account, now)) ?? now) + (dice.pick([0, 0, -1, 1]) ?? 0));
    case 'promise':
      return near(dice, promises(account, now)) ?? now;
    case 'long':
      return now + MINUTE + dice.below(60 * MINUTE);
    case 'refund grace':
      return now + 30 * DAY + dice.below(2 * DAY);
  }
}

/** When holds are promised to be done; their grace begins. */
function promises(account: NaiveAccount, now: number): number[] {
  return account
    .openReservations()
    .map(hold => hold.expiresAt)
    .filter(at => at > now);
}

/** The ends of holds and lots, also of lots that have nothing left but what is held. */
export function dueMoments(account: NaiveAccount, now: number): number[] {
  const holds = account.openReservations().map(endOf);
  const lots = account.lots.flatMap(lot => lot.expiresAt ?? []);
  return [...new Set([...holds, ...lots])].filter(at => at > now).sort((a, b) => a - b);
}

/** One of the first of them, so that a jump rarely skips everything. */
export function near(dice: Dice, moments: readonly number[]): number | undefined {
  return dice.pick(moments.slice(0, 3));
}
