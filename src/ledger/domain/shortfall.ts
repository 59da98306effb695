import {
  endsAt,
  reservationOf,
  unitOf,
  type AccountState,
  type Lot,
  type Moment,
  type OveragePolicy,
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
  overage: OveragePolicy,
  now: Moment,
  own: number | null = null,
): Refused {
  const shortfall = short.map(line => shortfallOf(state, line, spend, now, own));
  const retryable = shortfall.every(line => coveredOnceReturned(state, line, overage, now, own));
  const more: Omit<Partial<Refusal>, 'code' | 'message'> = { retryable, shortfall };
  const reservation = own === null ? undefined : reservationOf(state, own);
  const units = short.map(({ unit }) => unit).join(', ');
  return refuse(
    'insufficient_credits',
    retryable ? `not enough ${units} free: other reservations hold the rest` : `not enough ${units}`,
    reservation === undefined ? more : { ...more, reservation },
  );
}

/** What returns pays debt first. A spend that may owe also takes from every lot, and counts on its overdraft. */
function coveredOnceReturned(
  state: AccountState,
  { unit, required, available, held }: Shortfall,
  overage: OveragePolicy,
  now: Moment,
  own: number | null,
): boolean {
  const { balance } = unitOf(state, unit);
  if (overage !== 'allow_debt') return available + held - balance.debt >= required;
  const limit = state.overdraftLimits.get(unit) ?? 0n;
  return balance.available + heldByOthers(state, unit, null, now, own).held + limit - balance.debt >= required;
}

function shortfallOf(
  state: AccountState,
  { unit, amount }: Line,
  spend: SpendContext,
  now: Moment,
  own: number | null,
): Shortfall {
  const available = availableTo(unitOf(state, unit), spend);
  return { unit, required: amount, available, ...heldByOthers(state, unit, spend, now, own) };
}

/** What other reservations hold that this spend (null: any spend) could use once it is back. */
function heldByOthers(
  state: AccountState,
  unit: string,
  spend: SpendContext | null,
  now: Moment,
  own: number | null,
): Pick<Shortfall, 'held' | 'openReservations' | 'nextReleaseAt'> {
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
  return { held, openReservations, nextReleaseAt };
}

/** Credits under hold count only where the spend could use them once they are back. */
function mayReturn(lot: Lot, spend: SpendContext | null, now: Moment): boolean {
  const lives = lot.held > 0n && (lot.expiresAt === null || lot.expiresAt > now);
  return lives && (spend === null || applies(lot.appliesTo, spend));
}
