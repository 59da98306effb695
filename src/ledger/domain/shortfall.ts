import {
  endsAt,
  reservationOf,
  unitOf,
  type AccountState,
  type Lot,
  type Moment,
  type SpendContext,
} from './account.js';
import { applies, availableTo } from './burn-order.js';
import type { Line } from './command.js';
import { refuse, type Refusal, type Refused, type Shortfall } from './refusal.js';

/** Which lines the account cannot cover from what the spend may use. */
export function shortLines(state: AccountState, lines: readonly Line[], spend: SpendContext): readonly Line[] {
  return lines.filter(({ unit, amount }) => availableTo(unitOf(state, unit), spend) < amount);
}

/**
 * The 402: by how much each line is short and whether waiting helps. It helps only where what other reservations hold
 * would cover the rest, so that nobody is told to top up whose credits are merely in use.
 */
export function insufficient(
  state: AccountState,
  short: readonly Line[],
  spend: SpendContext,
  now: Moment,
  own: number | null = null,
): Refused {
  const shortfall = short.map(line => shortfallOf(state, line, spend, now, own));
  const retryable = shortfall.every(({ required, available, held }) => available + held >= required);
  const more: Omit<Partial<Refusal>, 'code' | 'message'> = { retryable, shortfall };
  const reservation = own === null ? undefined : reservationOf(state, own);
  const units = short.map(({ unit }) => unit).join(', ');
  return refuse(
    'insufficient_credits',
    retryable ? `not enough ${units} free: other reservations hold the rest` : `not enough ${units}`,
    reservation === undefined ? more : { ...more, reservation },
  );
}

function shortfallOf(
  state: AccountState,
  { unit, amount }: Line,
  spend: SpendContext,
  now: Moment,
  own: number | null,
): Shortfall {
  const usable = new Set<number>();
  for (const lot of unitOf(state, unit).lots) if (mayReturn(lot, spend, now)) usable.add(lot.no);
  let held = 0n;
  let openReservations = 0;
  let nextReleaseAt: Moment | null = null;
  for (const hold of state.holds.values()) {
    if (hold.no === own) continue;
    let holds = 0n;
    for (const line of hold.lines) {
      if (line.unit !== unit) continue;
      for (const part of line.held) if (usable.has(part.lot)) holds += part.amount;
    }
    if (holds === 0n) continue;
    held += holds;
    openReservations++;
    if (nextReleaseAt === null || endsAt(hold) < nextReleaseAt) nextReleaseAt = endsAt(hold);
  }
  const available = availableTo(unitOf(state, unit), spend);
  return { unit, required: amount, available, held, openReservations, nextReleaseAt };
}

/** Credits under hold count only where the spend could use them once they are back. */
function mayReturn(lot: Lot, spend: SpendContext, now: Moment): boolean {
  return lot.held > 0n && (lot.expiresAt === null || lot.expiresAt > now) && applies(lot.appliesTo, spend);
}
