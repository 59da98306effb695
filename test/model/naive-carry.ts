import type { PlanTerms } from '../../src/ledger/domain/plan-terms.js';
import { least, total, type NaiveLot } from './credits.js';
import { stretchAt } from './naive-calendar.js';
import type { NaiveSubscription } from './plan-words.js';

/** Of an account, what carrying asks. */
interface Holder {
  readonly lots: readonly NaiveLot[];
  heldOf(lot: NaiveLot): bigint;
}

/** What is left of a period lives so much longer than it. */
export const withGrace = (terms: PlanTerms, end: number): number => (terms.paid ? end + terms.renewalGraceMs : end);

/** An empty lot that is over, or that was carried for ever, is nobody's any more. */
export function forget(account: Holder, subscription: NaiveSubscription, at: number): void {
  for (const lot of account.lots) {
    if (lot.plan?.owner !== subscription || lot.available > 0n) continue;
    const isOver = lot.expiresAt === null ? lot.plan.carried : lot.expiresAt <= at;
    if (isOver && account.heldOf(lot) === 0n) lot.plan = null;
  }
}

/** How much of `left` the plan carries when the lot's period closes (or closed), and until when. */
export function carriedByPlan(
  account: Holder,
  lot: NaiveLot,
  left: bigint,
  at: number,
  nextEnd: number | null,
  already: bigint,
): { amount: bigint; expiresAt: number | null; through: number | null } | null {
  const { owner, through, rollover: rule } = lot.plan!;
  if (rule === null || through === null) return null;
  const last = rule.periods === null ? null : through + rule.periods;
  if (last !== null && last <= owner.closedNo) return null;
  const ends: number[] = [];
  if (rule.carryMs !== null) {
    const closed = through <= owner.closedNo ? owner.closedAt : at;
    ends.push(Math.min(closed, lot.expiresAt ?? closed) + rule.carryMs);
  }
  if (last !== null) ends.push(foreseenEnd(owner, last, nextEnd));
  const expiresAt = ends.length === 0 ? null : Math.min(...ends);
  if (expiresAt !== null && expiresAt <= at) return null;
  let amount = (left * BigInt(rule.percent)) / 100n;
  if (rule.cap !== null) {
    const alive = account.lots.filter(
      other =>
        other.unit === lot.unit && other.plan?.owner === owner && other.plan.carried &&
        (other.plan.through === null || other.plan.through > through) && (other.expiresAt === null || other.expiresAt > at),
    ); // prettier-ignore
    const together = total(alive.map(other => other.available + account.heldOf(other))) + already;
    amount = least(amount, rule.cap - lot.carried, rule.cap - together);
  }
  return amount <= 0n ? null : { amount, expiresAt, through: last };
}

/** When the period of this number will be over, as things stand. */
function foreseenEnd({ no, end, terms, anchor }: NaiveSubscription, wanted: number, nextEnd: number | null): number {
  const ends = [end];
  if (nextEnd !== null) ends.push(nextEnd);
  while (ends.length <= wanted - no) ends.push(stretchAt(terms.period, anchor, ends.at(-1)!).end);
  return withGrace(terms, ends[Math.max(0, wanted - no)]!);
}
