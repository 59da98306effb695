import { MAX_AMOUNT } from '../../shared/amount.js';
import type { ReservationLine } from './account.js';
import type { Commit } from './command.js';
import { refuse, type Refused } from './refusal.js';

type Amounts = { readonly ok: true; readonly amounts: readonly bigint[] } | Refused;

/** What a commit may be about: the lines of its reservation, and those that only what really happened counts against. */
export interface CommitLines {
  readonly lines: readonly ReservationLine[];
  readonly limits: LimitLines;
}

/** Lines of limits, which a commit need not name. */
export interface LimitLines {
  isOne(line: ReservationLine): boolean;
  /** What a commit uses of one that it does not name. */
  used(line: ReservationLine, isSpent: boolean): bigint;
}

/** What a commit asks of each of its lines, in their order. Zero is fine: it costs nothing. */
export function actualAmounts(
  { lines, limits }: CommitLines,
  actual: Commit['actual'],
  allOf: (line: ReservationLine) => bigint,
): Amounts {
  if (actual === null) return { ok: true, amounts: lines.map(allOf) };
  if (typeof actual === 'bigint') {
    const own = lines.length > 1 ? lines.filter(line => !limits.isOne(line)) : lines;
    if (own.length !== 1) return refuse('invalid_request', 'amount: the reservation has several lines, use lines');
    const [spent] = own;
    const amounts = lines.map(line => (line === spent ? actual : limits.used(line, actual > 0n)));
    return inRange(actual) ?? { ok: true, amounts };
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
  const isSpent = actual.some(({ amount }) => amount > 0n);
  const amounts = lines.map(line => named.get(line.unit) ?? (limits.isOne(line) ? limits.used(line, isSpent) : 0n));
  return { ok: true, amounts };
}

function inRange(amount: bigint): Refused | null {
  if (amount < 0n) return refuse('invalid_request', 'amount must not be negative');
  return amount > MAX_AMOUNT ? refuse('amount_too_large', 'amount is more than 2^63-1 base units') : null;
}
