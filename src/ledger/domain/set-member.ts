import { MAX_AMOUNT } from '../../shared/amount.js';
import type { AccountState, Moment } from './account.js';
import { membersAbove } from './budgets.js';
import type { RemoveMember, SetMember } from './command.js';
import { makeEntry } from './entry.js';
import {
  isSameBudget,
  MAX_BUDGETS_PER_MEMBER,
  MAX_MEMBER_LEVELS,
  MAX_MEMBERS,
  type Budget,
  type Member,
  type MemberTerms,
} from './member.js';
import { accept, refuse, type Decision, type Refused } from './refusal.js';

/** Puts a member on record, or replaces what is. Saying what is so already changes nothing. */
export function setMember(state: AccountState, command: SetMember, now: Moment, recordedAt: Moment): Decision {
  const { member: id, parent } = command;
  const before = state.members.get(id);
  const wrong = placeRefusal(state, id, parent) ?? budgetsRefusal(command.budgets);
  if (wrong !== null) return wrong;
  if (before === undefined && state.members.size >= MAX_MEMBERS) {
    return refuse('too_many_members', `the account already has ${MAX_MEMBERS} members on record: remove some`);
  }
  const { budgets } = command;
  const [first, second] = sameTwice(budgets);
  if (first !== undefined) {
    return refuse('invalid_request', `budgets[${second}] counts the same as budgets[${first}]: give one of them`);
  }
  if (before !== undefined && isSame(before, command)) return accept([]);
  return accept([entryOf(state, id, { parent, budgets }, now, recordedAt)]);
}

/** Takes a member off the record: what it spends counts against nothing but the account from then on. */
export function removeMember(state: AccountState, command: RemoveMember, now: Moment, recordedAt: Moment): Decision {
  const { member: id } = command;
  if (!state.members.has(id)) return refuse('member_not_found', 'no such member is on record');
  for (const other of state.members.values()) {
    if (other.parent === id) return refuse('member_in_use', `it stands above ${other.id}: move or remove that first`);
  }
  return accept([entryOf(state, id, null, now, recordedAt)]);
}

function entryOf(state: AccountState, member: string, terms: MemberTerms | null, now: Moment, recordedAt: Moment) {
  const settings = { member: terms };
  return makeEntry(state.seq + 1, now, recordedAt, { type: 'configure', unit: null, amount: 0n, settings, member });
}

/** A parent is on record, and neither the member itself nor below it, nor so deep that there were too many levels. */
function placeRefusal(state: AccountState, id: string, parent: string | null): Refused | null {
  if (parent === null) return null;
  const above = membersAbove(state, parent);
  if (above.some(member => member.id === id) || parent === id) {
    return refuse('invalid_request', 'parent is the member itself, or below it');
  }
  if (above.length === 0) return refuse('member_not_found', `no member ${parent} is on record: put it there first`);
  if (above.length + levelsFrom(state, id) > MAX_MEMBER_LEVELS) {
    return refuse('invalid_request', `parent: there may be at most ${MAX_MEMBER_LEVELS} members above one another`);
  }
  return null;
}

/** Itself, and the most there are below it one under the other. */
function levelsFrom(state: AccountState, id: string): number {
  let deepest = 1;
  if (!state.members.has(id)) return deepest;
  for (const { id: other } of state.members.values()) {
    const place = membersAbove(state, other).findIndex(member => member.id === id);
    if (place + 1 > deepest) deepest = place + 1;
  }
  return deepest;
}

function budgetsRefusal(budgets: readonly Budget[]): Refused | null {
  if (budgets.length > MAX_BUDGETS_PER_MEMBER) {
    return refuse('invalid_request', `budgets: at most ${MAX_BUDGETS_PER_MEMBER}`);
  }
  for (const { amount } of budgets) {
    if (amount < 0n) return refuse('invalid_request', 'a budget must not be negative');
    if (amount > MAX_AMOUNT) return refuse('amount_too_large', 'a budget is more than 2^63-1 base units');
  }
  return null;
}

function sameTwice(budgets: readonly Budget[]): readonly [number, number] | readonly [] {
  for (let i = 0; i < budgets.length; i++) {
    for (let j = 0; j < i; j++) if (isSameBudget(budgets[i]!, budgets[j]!)) return [j, i];
  }
  return [];
}

function isSame({ parent, budgets }: Member, terms: MemberTerms): boolean {
  if (parent !== terms.parent || budgets.length !== terms.budgets.length) return false;
  return budgets.every((budget, place) => {
    const other = terms.budgets[place]!;
    return isSameBudget(budget, other) && budget.amount === other.amount && budget.soft === other.soft;
  });
}
