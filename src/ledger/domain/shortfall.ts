import {
  endsAt,
  heldOf,
  reservationOf,
  unitOf,
  type AccountState,
  type Lot,
  type Moment,
  type OveragePolicy,
  type Reservation,
  type SpendContext,
} from './account.js';
import { heldUnder, holdsUnder, type OverBudget } from './budgets.js';
import { applies, availableTo } from './burn-order.js';
import type { Line } from './command.js';
import { limitState } from './limit-state.js';
import { isOver } from './plan-carry.js';
import { refuse, type Refusal, type Refused, type Shortfall } from './refusal.js';

/** Which lines the account cannot cover from what the spend may use. */
export function shortLines(state: AccountState, lines: readonly Line[], spend: SpendContext): readonly Line[] {
  return lines.filter(({ unit, amount }) => availableTo(unitOf(state, unit), spend) < amount);
}

/** Lines that the account cannot cover, and members' budgets that have no room for them. */
export interface Lacking {
  readonly short: readonly Line[];
  readonly over: readonly OverBudget[];
}

/**
 * The 402: by how much each line is short and whether waiting helps. It helps only where what other reservations hold
 * would cover the rest, so that nobody is told to top up whose credits are merely in use.
 */
export function insufficient(
  state: AccountState,
  { short, over }: Lacking,
  spend: SpendContext,
  overage: OveragePolicy,
  now: Moment,
  own: number | null = null,
): Refused {
  const shortfall = [
    ...short.map(line => shortfallOf(state, line, spend, now, own)),
    ...over.map(budget => shortfallOfBudget(state, budget, own)),
  ];
  const reservation = own === null ? undefined : reservationOf(state, own);
  const limited = limitReached(shortfall, reservation, now);
  if (limited !== null) return limited;
  const isFree = (line: Shortfall): boolean => isReset(line) || coveredOnceReturned(state, line, overage, now, own);
  const retryable = shortfall.every(isFree);
  const more: Omit<Partial<Refusal>, 'code' | 'message'> = { retryable, shortfall };
  const what = shortfall.map(named).join(', ');
  return refuse(
    'insufficient_credits',
    retryable ? `not enough ${what} free: other reservations hold the rest` : `not enough ${what}`,
    reservation === undefined ? more : { ...more, reservation },
  );
}

function named({ unit, member }: Shortfall): string {
  return member === undefined ? unit : `${unit} in the budget of ${member}`;
}

/** The 429: nothing is short but what windows and periods allow, members' budgets too, and the next ones would allow it. */
function limitReached(
  shortfall: readonly Shortfall[],
  reservation: Reservation | undefined,
  now: Moment,
): Refused | null {
  if (!shortfall.every(isReset)) return null;
  const resetsAt = Math.max(...shortfall.map(({ limit }) => limit!.resetsAt!));
  const what = shortfall.map(named).join(', ');
  const more = {
    retryable: true,
    shortfall,
    retryAfterMs: resetsAt - now,
    ...(reservation === undefined ? {} : { reservation }),
  };
  return refuse('limit_reached', `the limit of ${what} is reached until ${new Date(resetsAt).toISOString()}`, more);
}

/** Whether the next window, or period, has room for all of it. */
function isReset({ limit, required }: Shortfall): boolean {
  return limit !== null && limit.resetsAt !== null && required <= limit.refill;
}

/** What returns pays debt first. A spend that may owe also takes from every lot, and counts on its overdraft. */
function coveredOnceReturned(
  state: AccountState,
  { unit, required, available, held, member }: Shortfall,
  overage: OveragePolicy,
  now: Moment,
  own: number | null,
): boolean {
  if (member !== undefined) return available + held >= required;
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
  const limit = limitState(state, unit, now);
  return { unit, required: amount, available, ...heldByOthers(state, unit, spend, now, own), limit };
}

/** Of a budget: what is available is what it has room for. */
function shortfallOfBudget(state: AccountState, over: OverBudget, own: number | null): Shortfall {
  const { member, budget, used, required, resetsAt } = over;
  const { unit, amount: cap } = budget;
  const others = holdsUnder(state, member.id, unit).filter(({ no }) => no !== own);
  const mine = own === null ? undefined : state.holds.get(own)?.lines.find(line => line.unit === unit);
  const soonest = others.reduce((next, hold) => Math.min(next, endsAt(hold)), Infinity);
  return {
    unit,
    required,
    available: used < cap ? cap - used : 0n,
    held: heldUnder(state, member.id, unit) - (mine === undefined ? 0n : heldOf(mine)),
    openReservations: others.length,
    nextReleaseAt: soonest === Infinity ? null : soonest,
    limit: { used, cap, resetsAt, refill: cap },
    member: member.id,
  };
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
  let held = 0n;
  for (const lot of unitOf(state, unit).lots) {
    if (!mayReturn(state, lot, spend, now)) continue;
    usable.add(lot.no);
    held += lot.held;
  }
  const { count, soonest } = holdersOf(state, usable);
  const mine = own === null ? undefined : state.holds.get(own);
  const heldByMine = mine === undefined ? 0n : heldOfLots(mine, usable);
  const next = soonest.find(hold => hold !== mine);
  return {
    held: held - heldByMine,
    openReservations: heldByMine > 0n ? count - 1 : count,
    nextReleaseAt: next === undefined ? null : endsAt(next),
  };
}

function heldOfLots({ lines }: Reservation, lots: ReadonlySet<number>): bigint {
  let sum = 0n;
  for (const { held } of lines) for (const part of held) if (lots.has(part.lot)) sum += part.amount;
  return sum;
}

/** Open reservations that hold some of certain lots. */
interface Holders {
  readonly seq: number;
  /** The lots' numbers. */
  readonly lots: string;
  readonly count: number;
  /** The two that end first, in that order. */
  readonly soonest: readonly Reservation[];
}

/**
 * What the last denial found. Who runs dry is denied many times over before anything changes, and an account has up to
 * ten thousand reservations to look through. An account's `seq` says whether it changed.
 */
const LAST_FOUND = new WeakMap<AccountState, Holders>();

function holdersOf(state: AccountState, usable: ReadonlySet<number>): Holders {
  const lots = [...usable].join();
  const last = LAST_FOUND.get(state);
  if (last !== undefined && last.seq === state.seq && last.lots === lots) return last;
  let count = 0;
  const soonest: Reservation[] = [];
  for (const hold of state.holds.values()) {
    if (!holdsAny(hold, usable)) continue;
    count++;
    if (soonest.length === 2 && endsAt(hold) >= endsAt(soonest[1]!)) continue;
    soonest.push(hold);
    soonest.sort((a, b) => endsAt(a) - endsAt(b)).splice(2);
  }
  const found = { seq: state.seq, lots, count, soonest };
  LAST_FOUND.set(state, found);
  return found;
}

function holdsAny({ lines }: Reservation, lots: ReadonlySet<number>): boolean {
  for (const { held } of lines) for (const { lot } of held) if (lots.has(lot)) return true;
  return false;
}

/** Credits under hold count only where the spend could use them once they are back. */
function mayReturn(state: AccountState, lot: Lot, spend: SpendContext | null, now: Moment): boolean {
  return lot.held > 0n && !isOver(state, lot, now) && (spend === null || applies(lot.appliesTo, spend));
}
