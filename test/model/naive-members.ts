import type * as Commands from '../../src/ledger/domain/command.js';
import type { Budget, BudgetWindow } from '../../src/ledger/domain/member.js';
import { endOf, sizeOf, total, type NaiveReservation, type Taking } from './credits.js';
import type { NaiveBudget, NaiveMember } from './member-words.js';
import type { NaiveAccount } from './naive-account.js';
import { stretchAt } from './naive-calendar.js';
import { refuse, requireAmount, type NaiveShortfall } from './naive-refusal.js';

/** The member and whoever is above it, as far as they are on record. */
export function membersFrom(account: NaiveAccount, id: string | null): NaiveMember[] {
  const member = id === null ? undefined : account.members.get(id);
  return member === undefined ? [] : [member, ...membersFrom(account, member.parent)];
}

export function setMember(account: NaiveAccount, command: Commands.SetMember, now: number): void {
  const { member: id, parent, budgets } = command;
  const before = account.members.get(id);
  if (parent !== null) requirePlace(account, id, parent);
  if (budgets.length > 10) refuse('invalid_request');
  for (const { amount } of budgets) requireAmount(amount);
  if (budgets.some((budget, i) => budgets.slice(0, i).some(other => isSame(budget, other)))) refuse('invalid_request');
  if (before !== undefined && before.parent === parent && isAsBefore(before.budgets, budgets)) return;
  const { seq } = account.book('configure', null, 0n, now, { member: id });
  if (before !== undefined && before.parent !== parent && account.openReservations().some(hold => hold.member === id))
    account.witness('hold that moves with its member');
  const since = (budget: Budget): number => before?.budgets.find(other => isSame(budget, other))?.since ?? seq;
  account.members.set(id, {
    id,
    parent,
    placedAt: before !== undefined && before.parent === parent ? before.placedAt : seq,
    budgets: budgets.map(budget => ({ ...budget, since: since(budget) })),
  });
}

export function removeMember(account: NaiveAccount, { member }: Commands.RemoveMember, now: number): void {
  if (!account.members.has(member)) refuse('member_not_found');
  if ([...account.members.values()].some(({ parent }) => parent === member)) refuse('member_in_use');
  account.book('configure', null, 0n, now, { member });
  account.members.delete(member);
}

/** Not itself, nobody below it, somebody on record, and then no more than four above one another. */
function requirePlace(account: NaiveAccount, id: string, parent: string): void {
  const above = membersFrom(account, parent);
  if (parent === id || above.some(member => member.id === id)) refuse('invalid_request');
  if (above.length === 0) refuse('member_not_found');
  const below = [...account.members.keys()].map(other => {
    return membersFrom(account, other).findIndex(member => member.id === id) + 1;
  });
  if (above.length + Math.max(1, ...below) > 4) refuse('invalid_request');
}

const written = (window: BudgetWindow): string =>
  'count' in window
    ? [window.every, window.count, window.anchor === 'calendar' ? window.timeZone : ''].join(' ')
    : window.every;

/** Of the same unit for the same windows: the amount, and whether it is soft, may differ. */
function isSame(a: Budget, b: Budget): boolean {
  const isCounted = 'anchor' in a.window && a.window.anchor === 'subscription';
  return a.unit === b.unit && written(a.window) === written(b.window) && (!isCounted || a.anchor === b.anchor);
}

function isAsBefore(before: readonly Budget[], after: readonly Budget[]): boolean {
  return (
    before.length === after.length &&
    before.every((a, i) => isSame(a, after[i]!) && a.amount === after[i]!.amount && a.soft === after[i]!.soft)
  );
}

function windowOf({ window, anchor }: Budget, now: number): { start: number; end: number | null } {
  return window.every === 'lifetime' ? { start: 0, end: null } : stretchAt(window, anchor, now);
}

/** Everything that was ever committed is looked at, and everything that is on hold. */
export function usedOf(account: NaiveAccount, { id }: NaiveMember, budget: NaiveBudget, now: number): bigint {
  const { unit, since } = budget;
  const { start } = windowOf(budget, now);
  const counted = account.takings.filter(
    taking => taking.seq > since && taking.at >= start && taking.unit === unit && taking.countedBy.includes(id),
  );
  if (counted.length === 0 && account.takings.some(({ countedBy, seq }) => seq > since && countedBy.includes(id)))
    account.witness('budget of a window that is over');
  const left = counted.map(taking => taking.amount - (taking.backTo.get(id) ?? 0n));
  return total(left) + total(holdsUnder(account, id, unit).map(hold => heldIn(hold, unit)));
}

export function heldUnder(account: NaiveAccount, id: string, unit: string): bigint {
  return total(holdsUnder(account, id, unit).map(hold => heldIn(hold, unit)));
}

function holdsUnder(account: NaiveAccount, id: string, unit: string): NaiveReservation[] {
  return account.openReservations().filter(hold => {
    return heldIn(hold, unit) > 0n && membersFrom(account, hold.member).some(member => member.id === id);
  });
}

function heldIn({ lines }: NaiveReservation, unit: string): bigint {
  return total(lines.filter(line => line.unit === unit).map(line => sizeOf(line.held)));
}

/** Who counts a spend, the spender first. */
export function countersOf(account: NaiveAccount, spender: string | null): string[] {
  return membersFrom(account, spender).map(({ id }) => id);
}

/** A refund gives back to the spender, and upwards as long as nobody in between was placed elsewhere since. */
export function giveBackToMembers(account: NaiveAccount, taking: Taking, amount: bigint, now: number): void {
  if (taking.kind !== 'commit') return;
  for (const member of membersFrom(account, taking.member)) {
    taking.backTo.set(member.id, (taking.backTo.get(member.id) ?? 0n) + amount);
    witnessRefund(account, member, taking, now);
    if (member.placedAt <= taking.seq) continue;
    if (taking.countedBy.length > 1)
      account.witness('refund to a budget above, from which the spender was moved away since');
    return;
  }
}

function witnessRefund(account: NaiveAccount, { id, budgets }: NaiveMember, taking: Taking, now: number): void {
  if (!taking.countedBy.includes(id)) return;
  for (const budget of budgets) {
    if (budget.unit !== taking.unit || budget.since > taking.seq) continue;
    const isCurrent = taking.at >= windowOf(budget, now).start;
    account.witness(isCurrent ? 'refund to a budget' : 'refund to a budget of a window that is over');
  }
}

/** What budgets have no room for: those of the spender, then of those above. */
export function overBudgets(
  account: NaiveAccount,
  lines: readonly Commands.Line[],
  spender: string | null,
  asking: NaiveReservation | null,
  now: number,
): NaiveShortfall[] {
  const found: NaiveShortfall[] = [];
  for (const member of membersFrom(account, spender)) {
    for (const budget of member.budgets) {
      const { unit, amount: cap, soft } = budget;
      const required = total(lines.filter(line => line.unit === unit).map(({ amount }) => amount));
      if (soft || required === 0n) continue;
      const used = usedOf(account, member, budget, now);
      if (used + required <= cap) continue;
      account.witness(member.id === spender ? 'budget that has no room' : 'budget above that has no room');
      if (asking !== null) {
        account.witness(
          asking.status === 'open'
            ? 'budget that has no room for what a commit takes beyond its hold'
            : 'budget that has no room for a late commit',
        );
      }
      const others = holdsUnder(account, member.id, unit).filter(hold => hold !== asking);
      if (used <= cap && others.length > 0) account.witness('budget that others hold all of');
      found.push({
        unit,
        required,
        available: used < cap ? cap - used : 0n,
        held: total(others.map(hold => heldIn(hold, unit))),
        openReservations: others.length,
        nextReleaseAt: others.length === 0 ? null : Math.min(...others.map(endOf)),
        limit: { used, cap, refill: cap, resetsAt: windowOf(budget, now).end },
        member: member.id,
      });
    }
  }
  return found;
}

/** What a spend is warned of once it is done: soft budgets that are exceeded by then. */
export function warnings(account: NaiveAccount, units: readonly string[], spender: string | null, now: number) {
  const soft = membersFrom(account, spender).flatMap(member =>
    member.budgets
      .filter(budget => budget.soft && units.includes(budget.unit))
      .map(budget => ({
        member: member.id,
        unit: budget.unit,
        used: usedOf(account, member, budget, now),
        cap: budget.amount,
      })),
  );
  const exceeded = soft.filter(({ used, cap }) => used > cap);
  if (exceeded.length > 0) account.witness('soft budget exceeded');
  return exceeded;
}
