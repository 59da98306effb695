import { least } from '../../ledger/domain/burn-order.js';
import type { MoneyState, PurchasedLot, ReinstateStep, RevokeStep, Step } from './payment.js';

type NewStep = Omit<RevokeStep, 'booked'> | Omit<ReinstateStep, 'booked'>;

/**
 * What is still to be done so that the ledger says what Stripe says: of every lot of the payment, granted × money returned
 * ÷ money paid is revoked, rounded down. It looks at the money as it is now and at what was booked so far, so the order
 * in which refunds and disputes came, and how often anybody was told of them, is nothing to it.
 * @param granted of each of the payment's lots
 * @param steps all of them, from 1 on, every one booked
 * @returns null where nothing is left to do
 */
export function nextStep(granted: readonly PurchasedLot[], steps: readonly Step[], money: MoneyState): NewStep | null {
  const no = steps.length + 1;
  for (const [lot, { amount }] of granted.entries()) {
    const { revoked, most } = bookedOf(steps, lot, amount);
    const wanted = least(shareOf(amount, money), most);
    if (wanted > revoked) return { kind: 'revoke', no, lot, amount: wanted - revoked, reason: reasonOf(money) };
    if (wanted < revoked) return reinstatement(steps, lot, revoked - wanted, money);
  }
  return null;
}

/** Rounded down. A payment of nothing returns nothing; nobody returns more than was paid. */
export function shareOf(granted: bigint, { paid, returned }: MoneyState): bigint {
  if (paid <= 0n || returned <= 0n) return 0n;
  return returned >= paid ? granted : (granted * returned) / paid;
}

/** What of a lot is revoked by the steps, and the most that ever can be: what others revoked is not there to be taken. */
function bookedOf(steps: readonly Step[], lot: number, granted: bigint): { revoked: bigint; most: bigint } {
  let revoked = 0n;
  let most = granted;
  for (const step of steps) {
    if (step.kind === 'grant' || step.lot !== lot) continue;
    const { amount } = step.booked!;
    revoked += step.kind === 'revoke' ? amount : -amount;
    if (step.kind === 'revoke' && amount < step.amount) most = revoked;
  }
  return { revoked, most };
}

/** Of the newest revoke that has something left to undo. */
function reinstatement(steps: readonly Step[], lot: number, amount: bigint, money: MoneyState): NewStep {
  for (const step of steps.toReversed()) {
    if (step.kind !== 'revoke' || step.lot !== lot) continue;
    const left = step.booked!.amount - undone(steps, step.no);
    if (left <= 0n) continue;
    const no = steps.length + 1;
    return { kind: 'reinstate', no, lot, undoes: step.no, amount: least(left, amount), reason: reasonOf(money) };
  }
  throw new Error(`lot ${lot} has more revoked than its steps tell of`);
}

function undone(steps: readonly Step[], revoke: number): bigint {
  let sum = 0n;
  for (const step of steps) if (step.kind === 'reinstate' && step.undoes === revoke) sum += step.booked!.amount;
  return sum;
}

function reasonOf({ paid, returned }: MoneyState): string {
  return `${returned} of ${paid} returned`;
}
