import { MAX_AMOUNT } from '../../shared/amount.js';
import type { Reservation, ReservationLine } from './account.js';
import type { Commit } from './command.js';
import { refuse, type Refused } from './refusal.js';

type Amounts = { readonly ok: true; readonly amounts: readonly bigint[] } | Refused;

/** What a commit asks of each line of its reservation, in their order. Zero is fine: it costs nothing. */
export function actualAmounts(
  reservation: Reservation,
  actual: Commit['actual'],
  allOf: (line: ReservationLine) => bigint,
): Amounts {
  const { lines } = reservation;
  if (actual === null) return { ok: true, amounts: lines.map(allOf) };
  if (typeof actual === 'bigint') {
    if (lines.length > 1) return refuse('invalid_request', 'amount: the reservation has several lines, use lines');
    return inRange(actual) ?? { ok: true, amounts: [actual] };
  }
  if (actual.length === 0) return refuse('invalid_request', 'lines must not be empty: leave them out to commit it all');
  const named = new Map<string, bigint>();
  for (const { unit, amount } of actual) {
    const wrong = inRange(amount);
    if (wrong !== null) return wrong;
    if (named.has(unit)) return refuse('invalid_request', `unit ${unit} is named twice`);
    if (!lines.some(line => line.unit === unit)) {
      return refuse('invalid_request', `unit ${unit} is not part of the reservation`);
    }
    named.set(unit, amount);
  }
  return { ok: true, amounts: lines.map(({ unit }) => named.get(unit) ?? 0n) };
}

function inRange(amount: bigint): Refused | null {
  if (amount < 0n) return refuse('invalid_request', 'amount must not be negative');
  return amount > MAX_AMOUNT ? refuse('amount_too_large', 'amount is more than 2^63-1 base units') : null;
}
