import { heldOf, type AccountState } from './account.js';
import { membersAbove } from './budgets.js';
import type { Entry } from './entry.js';
import { isSameBudget, type BudgetCount, type Member, type MemberTerms } from './member.js';

/** What an entry does to members and their budgets; called once the entry has moved its reservation. */
export function evolveMembers(state: AccountState, entry: Entry): void {
  const { member, settings, unit } = entry;
  if (member === null) return;
  if (settings?.member !== undefined) return setMember(state, entry, member, settings.member);
  if (state.members.size > 0 && unit !== null) count(state, entry, unit, membersAbove(state, member));
}

function setMember(state: AccountState, { seq }: Entry, id: string, terms: MemberTerms | null): void {
  const before = state.members.get(id);
  state.recalled.members.add(id);
  if (terms === null) {
    state.members.delete(id);
    return countHolds(state);
  }
  const counts = terms.budgets.map(budget => {
    const place = before?.budgets.findIndex(other => isSameBudget(budget, other)) ?? -1;
    return place < 0 ? null : before!.counts[place]!;
  });
  const isPlaced = before !== undefined && before.parent === terms.parent;
  state.members.set(id, { id, ...terms, placedAt: isPlaced ? before.placedAt : seq, counts });
  if (!isPlaced) countHolds(state);
}

/** Commits count when they happen, what is held as long as it is. */
function count(state: AccountState, entry: Entry, unit: string, members: readonly Member[]): void {
  const { deltas, type, amount } = entry;
  let placedAt = 0;
  for (const member of members) {
    if (deltas.held !== 0n) hold(state, member.id, unit, deltas.held);
    if (type === 'commit' && amount > 0n) {
      put(state, member, unit, (known, place) => spent(known, entry, member.id, place));
    } else if (type === 'refund' && entry.target! > placedAt) {
      // It gives back to the windows that counted its commit.
      put(state, member, unit, known => givenBack(known, entry));
    }
    placedAt = Math.max(placedAt, member.placedAt);
  }
}

function spent(
  known: BudgetCount | null,
  { seq, amount, opens }: Entry,
  id: string,
  place: number,
): BudgetCount | null {
  const opened = opens?.find(window => window.member === id && window.place === place);
  if (opened !== undefined) return { start: opened.start, end: opened.end, from: seq, spent: amount };
  return known === null ? null : { ...known, spent: known.spent + amount };
}

function givenBack(known: BudgetCount | null, { target, amount, effectiveAt }: Entry): BudgetCount | null {
  if (known === null || target! < known.from || (known.end !== null && known.end <= effectiveAt)) return known;
  return { ...known, spent: known.spent - amount };
}

function put(
  state: AccountState,
  member: Member,
  unit: string,
  counted: (known: BudgetCount | null, place: number) => BudgetCount | null,
): void {
  let changed = false;
  const counts = member.counts.map((known, place) => {
    if (member.budgets[place]!.unit !== unit) return known;
    const after = counted(known, place);
    changed ||= after !== known;
    return after;
  });
  if (!changed) return;
  state.members.set(member.id, { ...member, counts });
  state.recalled.members.add(member.id);
}

/** What open holds have for whom: kept current entry by entry, and counted anew where members move. */
export function countHolds(state: AccountState): void {
  state.heldByMember.clear();
  if (state.members.size === 0) return;
  for (const { member, lines } of state.holds.values()) {
    for (const { id } of membersAbove(state, member)) {
      for (const line of lines) hold(state, id, line.unit, heldOf(line));
    }
  }
}

function hold({ heldByMember }: AccountState, id: string, unit: string, delta: bigint): void {
  const units = heldByMember.get(id) ?? new Map<string, bigint>();
  const held = (units.get(unit) ?? 0n) + delta;
  if (held === 0n) units.delete(unit);
  else units.set(unit, held);
  if (units.size === 0) heldByMember.delete(id);
  else heldByMember.set(id, units);
}
