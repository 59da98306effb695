import type { OveragePolicy, SpendContext } from '../../src/ledger/domain/account.js';
import type { Line } from '../../src/ledger/domain/command.js';
import {
  ABOVE_EVERY_AMOUNT,
  applies,
  endOf,
  firstOf,
  isOver,
  sizeOf,
  total,
  type NaiveReservation,
  type Pile,
} from './credits.js';
import type { NaiveAccount } from './naive-account.js';
import { limitStateOf } from './naive-limits.js';
import { overBudgets } from './naive-members.js';
import { refuse, type NaiveShortfall } from './naive-refusal.js';

/** A spend that asks for credits, and the reservation it asks for. */
export interface Ask {
  readonly spend: SpendContext;
  readonly overage: OveragePolicy;
  readonly asking: NaiveReservation | null;
  readonly now: number;
}

/** How a spend beyond a hold is paid, or that it is short. */
export interface Cover {
  readonly piles: readonly Pile[];
  readonly debt: bigint;
  readonly short: boolean;
}

/** What a spend can take, in burn order. */
export function spendable(account: NaiveAccount, unit: string, spend: SpendContext): Pile[] {
  return account.availablePiles(unit).filter(pile => applies(pile.lot, spend));
}

/**
 * Where `amount` comes from beyond a hold: the lots the spend may use, and under `allow_debt` whatever else is
 * available (debt exists only where nothing is), then debt up to the overdraft limit.
 */
export function cover(account: NaiveAccount, { unit, amount }: Line, { spend, overage }: Ask): Cover {
  const own = firstOf(spendable(account, unit, spend), amount);
  if (sizeOf(own) === amount) return { piles: own, debt: 0n, short: false };
  if (overage !== 'allow_debt') return { piles: [], debt: 0n, short: true };
  const foreign = account.availablePiles(unit).filter(pile => !applies(pile.lot, spend));
  const piles = [...own, ...firstOf(foreign, amount - sizeOf(own))];
  const debt = amount - sizeOf(piles);
  const limit = account.overdraftLimits.get(unit) ?? 0n;
  return { piles, debt, short: debt > 0n && account.debtOf(unit) + debt > limit };
}

/**
 * Refuses where lines are short, or budgets have no room: what is missing, and whether waiting helps.
 * @param counted what budgets are to have room for, beside what they count already
 */
export function requireCovered(
  account: NaiveAccount,
  short: readonly Line[],
  counted: readonly Line[],
  ask: Ask,
): void {
  const over = overBudgets(account, counted, ask.spend.member, ask.asking, ask.now);
  if (short.length === 0 && over.length === 0) return;
  if (short.length > 0 && over.length > 0) account.witness('budget and credits lacking together');
  const shortfalls = [...short.map(line => shortfall(account, line, ask)), ...over];
  const isReset = ({ limit, required }: NaiveShortfall): boolean =>
    limit !== null && limit.resetsAt !== null && required <= limit.refill;
  const reservation = ask.asking?.no ?? null;
  if (shortfalls.every(isReset)) refuse('limit_reached', { shortfall: shortfalls, retryable: true, reservation });
  const isFreed = ({ available, held, required }: NaiveShortfall): boolean => available + held >= required;
  const retryable =
    short.every((line, i) => isReset(shortfalls[i]!) || wouldBeCovered(account, line, ask)) &&
    over.every(budget => isReset(budget) || isFreed(budget));
  account.witness(retryable ? 'denial that waiting cures' : 'denial that waiting does not cure');
  refuse('insufficient_credits', {
    shortfall: shortfalls,
    retryable,
    reservation,
  });
}

/** What the account was ever given and what it owes must fit an amount. */
export function requireRoom(account: NaiveAccount, unit: string, more: bigint): void {
  const counted = account.grantedOf(unit) + account.debtOf(unit);
  if (counted + more >= ABOVE_EVERY_AMOUNT) refuse('amount_too_large');
}

/** What a spend needs and does not have: what is available to it, and what it could use once other holds end. */
function shortfall(account: NaiveAccount, { unit, amount }: Line, ask: Ask): NaiveShortfall {
  const others = heldByOthers(account, unit, ask).map(({ endsAt, held }) => ({
    endsAt,
    held: sizeOf(held.filter(pile => applies(pile.lot, ask.spend))),
  }));
  const holding = others.filter(other => other.held > 0n);
  return {
    unit,
    required: amount,
    available: sizeOf(spendable(account, unit, ask.spend)),
    held: total(holding.map(other => other.held)),
    openReservations: holding.length,
    nextReleaseAt: holding.length === 0 ? null : Math.min(...holding.map(other => other.endsAt)),
    limit: limitStateOf(account, unit, ask.now),
  };
}

/**
 * Whether only what other holds have is missing: with all of it back, the debt it pays first set aside, and what may
 * be owed under `allow_debt`, which also takes lots the spend may not use, the spend would be covered.
 */
function wouldBeCovered(account: NaiveAccount, { unit, amount }: Line, ask: Ask): boolean {
  const owing = ask.overage === 'allow_debt';
  const counts = (pile: Pile): boolean => owing || applies(pile.lot, ask.spend);
  const held = heldByOthers(account, unit, ask).flatMap(other => other.held);
  const all = sizeOf([...account.availablePiles(unit), ...held].filter(counts));
  const limit = owing ? (account.overdraftLimits.get(unit) ?? 0n) : 0n;
  const debt = account.debtOf(unit);
  const covered = all + limit - debt >= amount;
  if (covered && all < amount) account.witness('denial cured by what may be owed');
  if (!covered && all + limit >= amount) account.witness('denial where debt would swallow what comes back');
  return covered;
}

/** What comes back when they end; credits of a lot that is over do not. */
function heldByOthers(account: NaiveAccount, unit: string, ask: Ask): { endsAt: number; held: Pile[] }[] {
  return account
    .openReservations()
    .filter(reservation => reservation !== ask.asking)
    .map(reservation => ({
      endsAt: endOf(reservation),
      held: reservation.lines
        .filter(line => line.unit === unit)
        .flatMap(line => line.held)
        .filter(pile => !isOver(pile.lot, ask.now)),
    }));
}
