import type { AccountState, LotPart, Recalled, Reservation, Spend } from '../../src/ledger/domain/account.js';
import { heldUnder as domainHeldUnder, usedOf as domainUsedOf } from '../../src/ledger/domain/budgets.js';
import type { Entry } from '../../src/ledger/domain/entry.js';
import type { Member } from '../../src/ledger/domain/member.js';
import type { Subscription } from '../../src/ledger/domain/subscription.js';
import { asGivenAnew } from '../../src/ledger/domain/overrides.js';
import type { Decision } from '../../src/ledger/domain/refusal.js';
import { warningsOf } from '../../src/ledger/domain/warnings.js';
import { lotsInBurnOrder, type NaiveLot, type NaiveReservation, type Pile, type Taking } from './credits.js';
import type { NaiveMember } from './member-words.js';
import { heldUnder, usedOf } from './naive-members.js';
import { byId } from './naive-plans.js';
import type { NaiveSubscription } from './plan-words.js';
import type { History } from './history.js';
import type { Booking, NaiveAccount } from './naive-account.js';
import type { NaiveRefusal } from './naive-refusal.js';

/** The model and the domain in one shape, to be compared field by field. */
type View = Readonly<Record<string, unknown>>;

export function naiveView(account: NaiveAccount, now: number): View {
  const live = account.liveLots();
  return {
    seq: account.seq,
    createdAt: account.journal[0]?.at ?? 0,
    lastEffectiveAt: account.journal.at(-1)?.at ?? 0,
    frozen: account.frozen,
    overdraftLimits: account.overdraftLimits,
    metadata: account.metadata,
    units: account
      .units()
      .toSorted()
      .map(unit => ({
        unit,
        balance: account.balance(unit),
        lots: lotsInBurnOrder(live.filter(lot => lot.unit === unit)).map(lot => naiveLot(account, lot)),
      })),
    holds: account.openReservations().map(naiveReservation),
    subscriptions: byId(account).map(naiveSubscription),
    members: inNames([...account.members.values()]).map(member => naiveMember(account, member, now)),
  };
}

export function domainView(state: AccountState, now: number): View {
  return {
    seq: state.seq,
    createdAt: state.createdAt,
    lastEffectiveAt: state.lastEffectiveAt,
    frozen: state.frozen,
    overdraftLimits: state.overdraftLimits,
    metadata: state.metadata,
    units: [...state.units.keys()].toSorted().map(unit => ({
      unit,
      balance: state.units.get(unit)?.balance,
      lots: state.units.get(unit)?.lots,
    })),
    holds: [...state.holds.values()].map(domainReservation),
    subscriptions: inNames([...state.subscriptions.values()]).map(domainSubscription),
    members: inNames([...state.members.values()]).map(member => domainMember(state, member, now)),
  };
}

/** What left the state: every reservation, and everything that can be given back. */
export function naiveHistoryView(account: NaiveAccount): View {
  const takings = account.takings.filter(taking => taking.amount > 0n);
  return {
    reservations: account.reservations.map(naiveReservation),
    commits: takings.filter(taking => taking.kind === 'commit').map(naiveTaking),
    revocations: takings.filter(taking => taking.kind === 'revoke').map(naiveTaking),
  };
}

export function domainHistoryView(history: History): View {
  const { reservations, commits, revocations } = history.all();
  return {
    reservations: reservations.map(domainReservation),
    commits: commits.filter(spend => spend.amount > 0n).map(domainSpend),
    revocations: revocations.map(domainSpend),
  };
}

/** What the model knows of all that the domain has recalled: evolve must have kept it current. */
export function naiveRecalled(account: NaiveAccount, recalled: Recalled): View {
  const commits = account.takings.filter(taking => taking.kind === 'commit');
  return {
    reservations: account.reservations.filter(({ no }) => recalled.reservations.has(no)).map(naiveReservation),
    lots: account.lots.filter(({ no }) => recalled.lots.has(no)).map(lot => exhausted(naiveLot(account, lot))),
    commits: commits
      .filter(({ seq, reservation }) => {
        return reservation === null ? recalled.charges.has(seq) : recalled.spends.has(reservation.no);
      })
      .map(naiveTaking),
    revocations: account.takings.filter(({ seq }) => recalled.revocations.has(seq)).map(naiveTaking),
  };
}

export function domainRecalled({ reservations, lots, spends, charges, revocations }: Recalled): View {
  const commits = [...charges.values(), ...[...spends.values()].flat()];
  return {
    reservations: inOrder(reservations).map(domainReservation),
    lots: inOrder(lots).map(exhausted),
    commits: commits.toSorted((a, b) => a.seq - b.seq).map(domainSpend),
    revocations: inOrder(revocations).map(domainSpend),
  };
}

function inOrder<T>(byNumber: ReadonlyMap<number, T>): T[] {
  return [...byNumber].toSorted(([a], [b]) => a - b).map(([, value]) => value);
}

/** A lot that is rebuilt from entries does not know what it carried: nothing asks an exhausted lot. */
function exhausted<L extends object>(lot: L): View {
  return { ...lot, carried: null };
}

export function naiveEntry(booking: Booking): View {
  const { seq, type, unit, amount, reservation, target, closes, member, at, lots } = booking;
  return { seq, type, unit, amount, reservation, target, closes, member, at, lots };
}

export function domainEntry(entry: Entry): View {
  const { seq, type, unit, amount, reservation, target, closes, member, effectiveAt, made } = entry;
  return { seq, type, unit, amount, reservation, target, closes, member, at: effectiveAt, lots: made.length };
}

export function naiveAnswer(refusal: NaiveRefusal | null): View | null {
  return refusal === null ? null : { ...refusal };
}

export function domainAnswer(decision: Decision): View | null {
  if (decision.ok) return null;
  const { code, retryable, shortfall, reservation } = decision.refusal;
  return { code, retryable, shortfall: shortfall ?? [], reservation: reservation?.no ?? null };
}

function naiveMember(account: NaiveAccount, member: NaiveMember, now: number): View {
  const { id, parent, placedAt, budgets } = member;
  return {
    id,
    parent,
    placedAt,
    budgets: budgets.map(budget => ({
      cap: budget.amount,
      soft: budget.soft,
      used: usedOf(account, member, budget, now),
      held: heldUnder(account, id, budget.unit),
    })),
  };
}

function domainMember(state: AccountState, member: Member, now: number): View {
  const { id, parent, placedAt, budgets } = member;
  return {
    id,
    parent,
    placedAt,
    budgets: budgets.map((budget, place) => ({
      cap: budget.amount,
      soft: budget.soft,
      used: domainUsedOf(state, member, place, now),
      held: domainHeldUnder(state, id, budget.unit),
    })),
  };
}

/** Of soft budgets; those of limits of plans follow from the lines. */
export function domainWarnings(state: AccountState, entries: readonly Entry[], now: number): View[] {
  const touched = entries.map(({ unit }) => ({ unit: unit!, amount: 0n }));
  return warningsOf(state, [], touched, entries[0]?.member ?? null, now).map(({ member, unit, used, cap }) => {
    return { member, unit, used, cap };
  });
}

function inNames<S extends { readonly id: string }>(subscriptions: readonly S[]): S[] {
  return subscriptions.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function naiveSubscription(subscription: NaiveSubscription): View {
  const { id, terms, anchor, no, start, end, status, cancelAtEnd, next, closedNo, closedAt, buckets, gave } =
    subscription;
  return {
    id, terms, anchor, period: { no, start, end }, status, cancelAtEnd, closedNo, closedAt,
    next: next === null ? null : { terms: next.terms, start: next.start, end: next.end },
    windows: buckets,
    given: terms.grants.map(({ unit, amount }) => (gave?.of === terms ? gave.amounts.get(unit) : amount)),
  }; // prettier-ignore
}

function domainSubscription(subscription: Subscription): View {
  const { id, terms, anchor, period, status, cancelAtEnd, next, closedThrough, closedAt, windows } = subscription;
  return {
    id, terms: asGivenAnew(terms), anchor, period, status, cancelAtEnd, closedNo: closedThrough, closedAt,
    next: next === null ? null : {
      terms: asGivenAnew(next.terms), start: next.period?.start ?? null, end: next.period?.end ?? null,
    },
    windows,
    given: terms.grants.map(({ amount, given = amount }) => given),
  }; // prettier-ignore
}

function naiveLot(account: NaiveAccount, lot: NaiveLot): View {
  return {
    no: lot.no,
    unit: lot.unit,
    category: lot.category,
    priority: lot.priority,
    granted: lot.granted,
    expiresAt: lot.expiresAt,
    appliesTo: lot.appliesTo,
    cost: lot.cost,
    rollover: lot.rollover,
    carriedFrom: lot.carriedFrom,
    createdAt: lot.createdAt,
    remaining: lot.available,
    held: account.heldOf(lot),
    carried: lot.carried,
    revoked: lot.revoked,
  };
}

function naiveReservation(reservation: NaiveReservation): View {
  const lines = reservation.lines.map(line => ({ ...line, held: merged(line.held.map(asPart).toSorted(byLot)) }));
  return { ...reservation, lines };
}

function domainReservation({ metadata: _metadata, ...reservation }: Reservation): View {
  const lines = reservation.lines.map(line => ({ ...line, held: merged(line.held.toSorted(byLot)) }));
  return { ...reservation, lines };
}

function naiveTaking(taking: Taking): View {
  const { seq, unit, amount, debt, undone } = taking;
  return {
    seq,
    unit,
    amount,
    debt,
    undone,
    reservation: taking.reservation?.no ?? null,
    piles: merged(taking.piles.map(asPart)),
  };
}

function domainSpend(spend: Spend): View {
  const { seq, unit, amount, debt, refunded, reservation } = spend;
  return { seq, unit, amount, debt, undone: refunded, reservation, piles: merged(spend.parts) };
}

function asPart(pile: Pile): LotPart {
  return { lot: pile.lot.no, amount: pile.amount };
}

function byLot(a: LotPart, b: LotPart): number {
  return a.lot - b.lot;
}

/** Neighbours of one lot are one part, parts of nothing are none: how they are cut up means nothing. */
function merged(parts: readonly LotPart[]): LotPart[] {
  const whole: LotPart[] = [];
  for (const { lot, amount } of parts) {
    const last = whole.at(-1);
    if (amount === 0n) continue;
    if (last?.lot === lot) last.amount += amount;
    else whole.push({ lot, amount });
  }
  return whole;
}
