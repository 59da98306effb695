import { lotOf, unitOf, type AccountState, type Lot, type LotPart, type Moment } from './account.js';
import { least, sumOf } from './burn-order.js';
import type { Reinstate, Revoke } from './command.js';
import { debtRefusal, takenFrom } from './cover.js';
import { makeEntry } from './entry.js';
import { giveBack, lotsRefusal } from './give-back.js';
import { accept, amountRefusal, refuse, type Decision } from './refusal.js';

/**
 * Takes credits back: from the lot itself, then from other paid lots, then from whatever else is available, in burn
 * order; only what is not there becomes debt. Credits under hold stay with their hold.
 */
export function revoke(state: AccountState, command: Revoke, now: Moment, recordedAt: Moment): Decision {
  const lot = lotOf(state, command.unit, command.lot);
  if (lot === undefined) return refuse('lot_not_found', 'no such lot');
  const asked = command.amount ?? lot.remaining;
  if (command.amount === null && asked === 0n) return accept([]);
  const wrong = amountRefusal(asked);
  if (wrong !== null) return wrong;
  const left = lot.granted - lot.revoked;
  const amount = command.atMost ? least(asked, left) : asked;
  if (amount === 0n) return accept([]);
  if (amount > left) {
    return refuse('revoke_exceeds_grant', 'more than the lot was granted and not yet revoked');
  }
  const parts = takeBack(unitOf(state, command.unit).lots, lot, amount);
  const taken = sumOf(parts);
  const debt = amount - taken;
  const tooMuch = debtRefusal(state, command.unit, debt);
  if (tooMuch !== null) return tooMuch;
  return accept([
    makeEntry(state.seq + 1, now, recordedAt, {
      type: 'revoke',
      unit: command.unit,
      amount,
      deltas: { available: -taken, revoked: amount, debt },
      lots: takenFrom(parts),
      target: lot.no,
      reason: command.reason,
    }),
  ]);
}

function takeBack(inBurnOrder: readonly Lot[], own: Lot, amount: bigint): LotPart[] {
  const others = inBurnOrder.filter(lot => lot !== own);
  const order = [
    own,
    ...others.filter(({ category }) => category === 'paid'),
    ...others.filter(({ category }) => category !== 'paid'),
  ];
  const parts: LotPart[] = [];
  let left = amount;
  for (const lot of order) {
    const taken = least(lot.remaining, left);
    if (taken === 0n) continue;
    parts.push({ lot: lot.no, amount: taken });
    left -= taken;
  }
  return parts;
}

/** Undoes (part of) a revoke: what it still owes first, the rest to the lots it took from. */
export function reinstate(state: AccountState, command: Reinstate, now: Moment, recordedAt: Moment): Decision {
  const revocation = state.recalled.revocations.get(command.revocation);
  if (revocation === undefined) return refuse('entry_not_found', 'no such revoke');
  const left = revocation.amount - revocation.refunded;
  const amount = command.amount ?? left;
  const wrong = left === 0n ? null : amountRefusal(amount);
  if (wrong !== null) return wrong;
  if (amount > left || left === 0n) {
    return refuse('reinstate_exceeds_revoke', 'more than was revoked and not yet reinstated');
  }
  const as = { type: 'reinstate', reason: command.reason } as const;
  const entries = giveBack(state, [revocation], amount, as, now, recordedAt);
  return lotsRefusal(state, entries, now) ?? accept(entries);
}
