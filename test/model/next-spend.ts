import type { OveragePolicy, SpendContext } from '../../src/ledger/domain/account.js';
import type { Charge, Commit, Extend, Line, Release, Reserve } from '../../src/ledger/domain/command.js';
import { sizeOf, type NaiveLine, type NaiveReservation } from './credits.js';
import { NOWHERE, UNITS, type Draws } from './draws.js';
import { spendable } from './naive-cover.js';
import { dueMoments, MINUTE, near, SECOND } from './next-moment.js';

export function reserve(d: Draws): Reserve {
  const overage = overagePolicy(d);
  const late = d.terms.pick(['charge', 'reject'] as const) ?? 'charge';
  const spend = d.spend();
  const graceMs = d.terms.pick([5 * SECOND, 0, 1, 30 * SECOND]) ?? 0;
  const withAnother = d.terms.oneIn(3) ? near(d.target, dueMoments(d.account, d.now)) : undefined;
  const ttlMs = withAnother === undefined ? (1 + d.target.below(40)) * SECOND : withAnother - graceMs - d.now;
  return {
    type: 'reserve',
    lines: lines(d, spend),
    ttlMs: ttlMs < 1 ? SECOND : ttlMs,
    graceMs,
    overage,
    late,
    ...spend,
    metadata: null,
  };
}

export function charge(d: Draws): Charge {
  const overage = overagePolicy(d);
  const spend = d.spend();
  return { type: 'charge', lines: lines(d, spend), overage, ...spend, reason: null, metadata: null };
}

export function commit(d: Draws): Commit {
  const reservation = d.reservation();
  const final = !d.terms.oneIn(3);
  const done = {
    type: 'commit',
    reservation: reservation?.no ?? NOWHERE,
    final,
    providerCost: null,
    metadata: null,
  } as const;
  const how = d.terms.weighted([
    [5, 'bare'],
    [2, 'all'],
    [3, 'lines'],
  ] as const);
  const lines = reservation?.lines ?? [];
  if (how === 'all') return { ...done, actual: null };
  if (how === 'bare' && (lines.length === 1 || d.terms.oneIn(8))) {
    return { ...done, actual: amountToCommit(d, reservation, lines[0]) };
  }
  const named = lines.filter(() => !d.terms.oneIn(5));
  const actual: Line[] = named.map(line => ({ unit: line.unit, amount: amountToCommit(d, reservation, line) }));
  if (d.terms.oneIn(20)) actual.push({ unit: d.unit(), amount: 1n });
  return { ...done, actual };
}

export function release(d: Draws): Release {
  return { type: 'release', reservation: d.reservation()?.no ?? NOWHERE, reason: null };
}

export function extend(d: Draws): Extend {
  const reservation = d.reservation();
  const line = d.target.pick(reservation?.lines ?? []);
  const add = d.terms.weighted([
    [3, false],
    [5, true],
  ] as const);
  const ttlMs = d.terms.pick([null, SECOND, 20 * SECOND, 2 * MINUTE]) ?? null;
  const unit = d.terms.weighted<string | null>([
    [3, line?.unit ?? null],
    [3, null],
    [1, 'tokens'],
  ]);
  const own = reservation === undefined || line === undefined ? [] : spendable(d.account, line.unit, reservation);
  return {
    type: 'extend',
    reservation: reservation?.no ?? NOWHERE,
    ttlMs,
    add: add ? { amount: d.amount([sizeOf(own)], 8), unit } : null,
  };
}

function overagePolicy(d: Draws): OveragePolicy {
  return d.terms.weighted<OveragePolicy>([
    [3, 'allow_available'],
    [4, 'allow_debt'],
    [3, 'reject'],
  ]);
}

/** Mostly one line; sometimes several, a unit twice, or none. */
function lines(d: Draws, spend: SpendContext): Line[] {
  const count = d.target.weighted([
    [60, 1],
    [24, 2],
    [9, 3],
    [1, 0],
    [1, -2],
  ] as const);
  const units = Array.from({ length: Math.abs(count) }, () => d.unit());
  const rich = UNITS.filter(unit => spendable(d.account, unit, spend).length > 0);
  if (count === 1 && rich.length > 0 && !d.target.oneIn(5)) units.splice(0, 1, d.target.pick(rich) ?? 'credits');
  if (count === 2 && units[0] === units[1]) units[1] = units[0] === 'images' ? 'credits' : 'images';
  if (count === 3) units.splice(0, 3, 'images', 'credits', 'tokens');
  if (count === -2) units.splice(0, 2, 'credits', 'credits');
  return units.map(unit => ({ unit, amount: d.amount([sizeOf(spendable(d.account, unit, spend))], 5) }));
}

/** Around what is held, and around what it and all that may be added come to. */
function amountToCommit(d: Draws, reservation: NaiveReservation | undefined, line: NaiveLine | undefined): bigint {
  if (reservation === undefined || line === undefined) return d.amount([], 10);
  if (d.terms.oneIn(12)) return 0n;
  const held = reservation.status === 'open' ? sizeOf(line.held) : line.reserved - line.committed;
  const own = sizeOf(spendable(d.account, line.unit, reservation));
  const all = sizeOf(d.account.availablePiles(line.unit));
  const limit = (d.account.overdraftLimits.get(line.unit) ?? 0n) - d.account.debtOf(line.unit);
  const base = reservation.status === 'open' ? held : 0n;
  return d.amount([held, base + own, base + all + limit, base + own + 2n], 10);
}
