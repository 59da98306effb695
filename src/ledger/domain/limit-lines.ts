import { unitOf, type AccountState, type Reservation, type ReservationLine } from './account.js';
import { least } from './burn-order.js';
import type { Commit, Line } from './command.js';
import type { LimitMatch, PlanLimit } from './plan-terms.js';
import { planOf } from './plan-carry.js';
import type { PricedEvent } from './priced-event.js';
import { isLive } from './subscription.js';
import { inOrder, isLimited } from './windows.js';

/** What a spend asks for, with the limits that its event counts against. */
export interface LimitedLines {
  readonly lines: readonly Line[];
  /** Units of soft limits that had less than the event counts. */
  readonly exceeded: readonly string[];
}

const NONE_EXCEEDED: readonly string[] = [];

/** The lines of a spend and those of the limits that its event counts against, in units that it does not name itself. */
export function withLimits(state: AccountState, lines: readonly Line[], event: PricedEvent | undefined): LimitedLines {
  if (event === undefined || state.subscriptions.size === 0) return { lines, exceeded: NONE_EXCEEDED };
  const exceeded: string[] = [];
  const counted: Line[] = [];
  for (const [unit, { amount, limit }] of countedBy(state, event)) {
    if (lines.some(line => line.unit === unit)) continue;
    const { available } = unitOf(state, unit).balance;
    if (limit.soft && amount > available) exceeded.push(unit);
    const taken = limit.soft ? least(amount, available) : amount;
    if (taken > 0n) counted.push({ unit, amount: taken });
  }
  return { lines: counted.length === 0 ? lines : [...lines, ...counted], exceeded };
}

/** How many lines that will come to, most likely: two subscriptions may limit one unit, and a soft limit may have nothing left. */
export function foreseenLines(state: AccountState, lines: readonly Line[], event: PricedEvent | undefined): number {
  let count = lines.length;
  if (event === undefined) return count;
  for (const subscription of state.subscriptions.values()) {
    if (!isLive(subscription)) continue;
    for (const limit of subscription.terms.limits) if (isMatched(limit, event)) count++;
  }
  return count;
}

/** Units of soft limits of which a commit takes less than its event counts. */
export function exceededBy(
  state: AccountState,
  event: PricedEvent | undefined,
  taken: (unit: string) => bigint,
): readonly string[] {
  if (event === undefined || state.subscriptions.size === 0 || !happened(event)) return NONE_EXCEEDED;
  const soft = [...countedBy(state, event)].filter(([, { limit }]) => limit.soft);
  return soft.filter(([unit, { amount }]) => amount > taken(unit)).map(([unit]) => unit);
}

/** Whether a commit by amount may have to warn of what its reservation announced: that is known from its first entry alone. */
export function warnsByAnnounced(
  state: AccountState,
  { meter, status }: Reservation,
  { event, final, actual }: Commit,
): boolean {
  const ends = final || status === 'expired';
  if (event !== undefined || !ends || meter === null || actual === 0n) return false;
  for (const subscription of state.subscriptions.values()) {
    const { limits } = subscription.terms;
    if (isLive(subscription) && limits.some(({ soft, match }) => soft && match !== null)) return true;
  }
  return false;
}

/** The same of a commit by amount, which spends what its reservation was made for. @param taken of each unit, in all */
export function exceededByAnnounced(
  state: AccountState,
  { no }: Reservation,
  taken: (unit: string) => bigint,
): readonly string[] {
  return exceededBy(state, state.recalled.announced.get(no) ?? undefined, taken);
}

/** What an event counts against a limit. */
export interface Counted {
  readonly amount: bigint;
  readonly limit: PlanLimit;
}

/** What an event counts against the limits that it matches, each unit once. */
export function countedBy(
  state: AccountState,
  event: PricedEvent,
  amountOf: (limit: PlanLimit) => bigint = limit => countOf(limit, event),
): ReadonlyMap<string, Counted> {
  const counted = new Map<string, Counted>();
  for (const subscription of inOrder(state)) {
    if (!isLive(subscription)) continue;
    for (const limit of subscription.terms.limits) {
      if (counted.has(limit.unit) || !isMatched(limit, event)) continue;
      counted.set(limit.unit, { amount: amountOf(limit), limit });
    }
  }
  return counted;
}

/** Whether a line is one of a limit: what is used of it follows from what is spent otherwise. */
export function isLimitLine(state: AccountState, { unit, held }: ReservationLine): boolean {
  if (state.subscriptions.size === 0) return false;
  return isLimited(state, unit) || held.some(({ lot }) => (planOf(state, lot)?.plan.window ?? null) !== null);
}

/** Whether a live subscription says what counts in the unit. */
export function hasRule(state: AccountState, unit: string): boolean {
  for (const subscription of state.subscriptions.values()) {
    if (isLive(subscription) && subscription.terms.limits.some(limit => limit.unit === unit)) return true;
  }
  return false;
}

/** What of an event counts against a limit, in base units. */
export function countOf({ counts, scale }: PlanLimit, { quantity }: PricedEvent): bigint {
  if (counts === 'events') return 10n ** BigInt(scale);
  return quantitiesOf(quantity).reduce((sum, each) => sum + inBaseUnits(each, scale), 0n);
}

/** Whether anything was used at all. */
export function happened({ quantity }: PricedEvent): boolean {
  return quantitiesOf(quantity).some(each => /[1-9]/.test(each));
}

function quantitiesOf(quantity: PricedEvent['quantity']): readonly string[] {
  return typeof quantity === 'string' ? [quantity] : Object.values(quantity);
}

function isMatched({ match }: PlanLimit, event: PricedEvent): boolean {
  return match !== null && match.some(each => holds(each, event));
}

function holds({ meters, models, properties }: LimitMatch, event: PricedEvent): boolean {
  if (meters !== undefined && !meters.includes(event.meter)) return false;
  const of = (name: string): string | undefined =>
    Object.hasOwn(event.properties, name) ? event.properties[name] : undefined;
  const model = of('model');
  if (models !== undefined && !models.some(pattern => fits(pattern, model))) return false;
  return Object.entries(properties ?? {}).every(([name, pattern]) => fits(pattern, of(name)));
}

/** As in rate cards: what ends with `*` is any value that begins so, anything else is that very value. */
function fits(pattern: string, value: string | undefined): boolean {
  if (value === undefined) return false;
  return pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern;
}

/** What of a quantity is finer than the unit counts as one. */
function inBaseUnits(quantity: string, scale: number): bigint {
  const [whole = '0', fraction = ''] = quantity.split('.');
  const units = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
  return /[1-9]/.test(fraction.slice(scale)) ? units + 1n : units;
}
