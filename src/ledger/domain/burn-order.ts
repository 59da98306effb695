import type { AppliesTo, LotPart, LotTerms, SpendContext, UnitState } from './account.js';

type Burning = Pick<LotTerms, 'priority' | 'expiresAt' | 'category' | 'overage'> & { readonly no: number };

/**
 * Which lot burns first: lower priority number, then soonest end (none is last), then `paid` after every other
 * category, then the oldest; what is billed later is last of all. A total order, because lot numbers differ.
 */
export function burnsBefore(a: Burning, b: Burning): number {
  if ((a.overage === undefined) !== (b.overage === undefined)) return a.overage === undefined ? -1 : 1;
  if (a.priority !== b.priority) return a.priority - b.priority;
  if (a.expiresAt !== b.expiresAt) return (a.expiresAt ?? Infinity) < (b.expiresAt ?? Infinity) ? -1 : 1;
  const paidLast = Number(a.category === 'paid') - Number(b.category === 'paid');
  return paidLast !== 0 ? paidLast : a.no - b.no;
}

/** Whether a lot may pay for this spend: every list the lot names must contain the spend's value. */
export function applies(appliesTo: AppliesTo | null, spend: SpendContext): boolean {
  if (appliesTo === null) return true;
  return (
    listed(appliesTo.meters, spend.meter) &&
    listed(appliesTo.models, spend.model) &&
    listed(appliesTo.members, spend.member)
  );
}

function listed(list: readonly string[] | undefined, value: string | null): boolean {
  return list === undefined || (value !== null && list.includes(value));
}

/** What the spend may use right now. */
export function availableTo(unit: UnitState, spend: SpendContext): bigint {
  let sum = 0n;
  for (const lot of unit.lots) if (lot.remaining > 0n && applies(lot.appliesTo, spend)) sum += lot.remaining;
  return sum;
}

/** Draws up to `amount` from what is available, in burn order, from lots the filter lets through. */
export function draw(unit: UnitState, amount: bigint, usable: (appliesTo: AppliesTo | null) => boolean): LotPart[] {
  const parts: LotPart[] = [];
  let left = amount;
  for (const lot of unit.lots) {
    if (left === 0n) break;
    if (lot.remaining === 0n || !usable(lot.appliesTo)) continue;
    const taken = lot.remaining < left ? lot.remaining : left;
    parts.push({ lot: lot.no, amount: taken });
    left -= taken;
  }
  return parts;
}

export function sumOf(parts: readonly LotPart[]): bigint {
  let sum = 0n;
  for (const part of parts) sum += part.amount;
  return sum;
}

export function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
