import type { Charge, RemoveMember, Reserve, SetMember } from '../../src/ledger/domain/command.js';
import type { Budget, BudgetWindow } from '../../src/ledger/domain/member.js';
import type { Draws } from './draws.js';
import { HOSTILE_AMOUNTS } from './genes.js';
import { budget, member, noMember } from './given-member.js';
import type { NaiveMember } from './member-words.js';
import { membersFrom, usedOf } from './naive-members.js';

/** The first ones spend most, the last ones stand above them. */
const NAMES = ['ann', 'cy', 'bob', 'team', 'org', '\u{1F9D1}\u200D\u{1F680}'] as const;

const WINDOWS: readonly BudgetWindow[] = [
  { every: 'day', count: 1, anchor: 'calendar', timeZone: 'UTC' },
  { every: 'lifetime' },
  { every: 'hour', count: 1, anchor: 'calendar', timeZone: 'America/New_York' },
  { every: 'month', count: 1, anchor: 'calendar', timeZone: 'Asia/Tokyo' },
  { every: 'day', count: 1, anchor: 'calendar', timeZone: 'America/New_York' },
  { every: 'hour', count: 6, anchor: 'calendar', timeZone: 'America/New_York' },
  { every: 'day', count: 1, anchor: 'subscription' },
  { every: 'month', count: 1, anchor: 'subscription' },
  { every: 'week', count: 1, anchor: 'calendar', timeZone: 'Australia/Lord_Howe' },
];

/** Puts somebody on record, changes what is, or takes somebody off. */
export function memberCommand(d: Draws): SetMember | RemoveMember {
  const { target, account } = d;
  const id = target.pick(NAMES) ?? 'ann';
  if (target.oneIn(10)) return noMember(target.pick([...account.members.keys()]) ?? id);
  const mover = target.oneIn(3) ? lastSpender(d) : undefined;
  if (mover !== undefined) {
    const others = [...account.members.keys()].filter(other => other !== mover.id && other !== mover.parent);
    return member(mover.id, mover.budgets.map(termsOf), target.pick(others) ?? null);
  }
  const known = account.members.get(id);
  const parent = drawParent(d, known?.parent ?? null);
  if (known !== undefined && target.oneIn(3)) {
    // As it is but for one amount, for who warns, or for nothing.
    const [first, ...rest] = known.budgets.map(termsOf);
    const changed = first === undefined ? [] : [{ ...first, amount: cap(d), soft: target.oneIn(4) }, ...rest];
    return member(id, target.oneIn(4) ? [first ?? budget(cap(d)), ...rest] : changed, parent);
  }
  return member(id, Array.from({ length: 1 + target.below(3) }, () => drawBudget(d)), parent); // prettier-ignore
}

function termsOf({ unit, amount, window, anchor, soft }: Budget): Budget {
  return { unit, amount, window, anchor, soft };
}

/** Who spent something that can still be refunded: it may meet a member that has moved to another team. */
function lastSpender({ account }: Draws): NaiveMember | undefined {
  const last = account.takings.findLast(({ amount, undone, member: spender }) => {
    return amount > undone && spender !== null && account.members.has(spender);
  });
  return account.members.get(last?.member ?? '');
}

/** Often another one, so that holds meet a member that has moved. */
function drawParent({ target, account }: Draws, current: string | null): string | null {
  const kind = target.below(16);
  if (kind < 6) return current;
  if (kind < 8) return null;
  if (kind === 15) return 'nobody';
  return target.pick([...account.members.keys()].toReversed()) ?? null;
}

function drawBudget(d: Draws): Budget {
  const { target, now } = d;
  const window = target.pick(WINDOWS) ?? WINDOWS[0]!;
  const isCounted = 'anchor' in window && window.anchor === 'subscription';
  return budget(cap(d), {
    unit: target.weighted([
      [12, 'credits'],
      [3, 'images'],
      [2, 'calls'],
      [1, 'tokens'],
    ]),
    window,
    anchor: isCounted ? Date.UTC(2027, 0, 31, 10, 30) + ((target.below(3) * now) % 1_000) : 0,
    soft: target.oneIn(5),
  });
}

function cap({ terms: dice }: Draws): bigint {
  const kind = dice.below(40);
  if (kind === 39) return dice.pick(HOSTILE_AMOUNTS) ?? 0n;
  return kind === 38 ? 0n : BigInt(2 + dice.below(kind < 24 ? 20 : 90));
}

/** Spends of somebody on record, about as much as some budget has room for. */
export function ofMember<C extends Reserve | Charge>(d: Draws, command: C): C {
  const names = [...d.account.members.keys()];
  if (names.length === 0 || d.terms.oneIn(4)) return command;
  const spender = d.terms.pick(names)!;
  const lines = command.lines.map(line => {
    if (!d.terms.oneIn(3)) return line;
    const rooms = membersFrom(d.account, spender).flatMap(above =>
      above.budgets
        .filter(({ unit }) => unit === line.unit)
        .map(each => each.amount - usedOf(d.account, above, each, d.now)),
    );
    const room = d.terms.pick(rooms.filter(left => left > 0n && left < 10_000n));
    return room === undefined ? line : { ...line, amount: room + BigInt(d.terms.below(2)) };
  });
  return { ...command, member: spender, lines };
}
