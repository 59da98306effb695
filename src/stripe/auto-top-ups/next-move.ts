import type { Attempt } from './attempt.js';
import type { AutoTopUpPolicy } from './policy.js';

/** What of an account a policy looks at, in base units of its unit. */
export interface Standing {
  /** False for one that has no entry yet: nothing was spent of it. */
  readonly exists: boolean;
  readonly frozen: boolean;
  readonly available: bigint;
  readonly held: bigint;
  readonly debt: bigint;
}

/** Whether what is left came down to the threshold. Exactly at it counts; a frozen account spends nothing. */
export function isShort(measure: AutoTopUpPolicy['measure'], threshold: bigint, standing: Standing): boolean {
  return standing.exists && !standing.frozen && leftOf(measure, standing) <= threshold;
}

/** What is missing of the target, with what is owed, because credits that come pay that first. */
export function missingOf(measure: AutoTopUpPolicy['measure'], target: bigint, standing: Standing): bigint {
  return target - leftOf(measure, standing) + standing.debt;
}

function leftOf(measure: AutoTopUpPolicy['measure'], { available, held }: Standing): bigint {
  return measure === 'available' ? available : available + held;
}

/** When the pause after the last attempt is over; null where it is. Milliseconds. */
export function pauseLeft(
  last: Pick<Attempt, 'state' | 'settledAt' | 'readAt'> | undefined,
  cooldownSeconds: number,
): number | null {
  // What was called off is no reason to wait.
  if (last === undefined || last.settledAt === null || last.state === 'canceled') return null;
  const left = last.settledAt + cooldownSeconds * 1_000 - last.readAt;
  return left > 0 ? left : null;
}

export interface Spending {
  /** In the smallest unit of the currency. */
  readonly money: bigint;
  readonly count: number;
}

/** Which limit of the month another payment would exceed; null where none. */
export function limitReached(soFar: Spending, next: bigint, limit: Spending): 'amount' | 'count' | null {
  if (soFar.count + 1 > limit.count) return 'count';
  return soFar.money + next > limit.money ? 'amount' : null;
}

/** When the limits of a month begin anew: with the next month of UTC. */
export function nextMonthAfter(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}
