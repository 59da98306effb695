import { MAX_AMOUNT } from '../../shared/amount.js';
import { unitOf, type AccountState, type LotPart, type OveragePolicy, type SpendContext } from './account.js';
import { applies, draw, sumOf } from './burn-order.js';
import type { Line } from './command.js';
import type { LotChange } from './entry.js';
import { arrearsOf } from './overage.js';
import { refuse, type Refused } from './refusal.js';

/** How a spend beyond any hold is paid: by lots in the order drawn, what is billed later, and what becomes debt. */
export interface Cover {
  readonly parts: readonly LotPart[];
  /** To be lent before the spend. */
  readonly overage: bigint;
  readonly debt: bigint;
}

/**
 * Finds what pays for `line`, or null where it is not covered. Lots the spend may use come first. Where the plan bills the
 * rest later, that is lent, and no debt. Under `allow_debt` the rest is owed, up to the overdraft limit; what other lots
 * have left pays such debt at once, because an account owes only where nothing is available.
 */
export function cover(
  state: AccountState,
  { unit, amount }: Line,
  spend: SpendContext,
  overage: OveragePolicy,
): Cover | null {
  const { balance } = unitOf(state, unit);
  const usable = draw(unitOf(state, unit), amount, appliesTo => applies(appliesTo, spend));
  const lacking = amount - sumOf(usable);
  if (lacking === 0n) return { parts: usable, overage: 0n, debt: 0n };
  if (arrearsOf(state, unit) !== null) return { parts: usable, overage: lacking, debt: 0n };
  if (overage !== 'allow_debt') return null;
  const others = draw(unitOf(state, unit), lacking, appliesTo => !applies(appliesTo, spend));
  const debt = lacking - sumOf(others);
  const owed = balance.debt + debt;
  const limit = state.overdraftLimits.get(unit) ?? 0n;
  if (debt > 0n && owed > limit) return null;
  return { parts: [...usable, ...others], overage: 0n, debt };
}

/** Refuses debt that could not be counted: all the other sums together come to what was granted and is owed. */
export function debtRefusal(state: AccountState, unit: string, debt: bigint): Refused | null {
  const { balance } = unitOf(state, unit);
  if (balance.granted + balance.debt + debt <= MAX_AMOUNT) return null;
  return refuse('amount_too_large', `the debt in ${unit} would be more than can be counted`);
}

/** The parts once what is lent stands before the spend. */
export function withLent({ parts }: Cover, lent: LotPart | undefined): readonly LotPart[] {
  return lent === undefined ? parts : [...parts, lent];
}

/** What paying from available does to the lots. */
export function takenFrom(parts: readonly LotPart[]): LotChange[] {
  return parts.map(({ lot, amount }) => ({ lot, amount, remaining: -amount, held: 0n }));
}
