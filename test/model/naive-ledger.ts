import type * as Commands from '../../src/ledger/domain/command.js';
import { burnsBefore, endOf, firstOf, isOver, least, sizeOf, type NaiveLot, type Pile } from './credits.js';
import { NaiveAccount } from './naive-account.js';
import { requireRoom } from './naive-cover.js';
import { endHold, extend, release, reserve } from './naive-holds.js';
import { removeMember, setMember } from './naive-members.js';
import { refuse, Refused, requireAmount, requirePositive, type NaiveRefusal } from './naive-refusal.js';
import { charge, commit } from './naive-spends.js';
import { refundEntry, refundReservation, reinstate } from './naive-undo.js';
import { byId, close, touch } from './naive-plans.js';
import { cancel, dueAt, recognise, settleSubscription, subscribe } from './naive-subscriptions.js';
import type { Situation } from './situations.js';

/**
 * The second opinion: docs/rules.md written down in the plainest way, by somebody who had not read the
 * domain. Every command looks at everything there is; nothing is incremental.
 */
export class NaiveLedger {
  readonly account: NaiveAccount;

  constructor(witness?: (situation: Situation) => void) {
    this.account = new NaiveAccount(witness);
  }

  /** Does the command at this moment, after what time does by then. Null when it was accepted. */
  execute(command: Commands.Command, now: number): NaiveRefusal | null {
    const before = this.account.seq;
    settle(this.account, now);
    touch(this.account, now);
    try {
      perform(this.account, command, now);
      return null;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (this.account.seq > before) this.account.witness('refusal after time did something');
      return error.refusal;
    }
  }

  /** The moment of the next thing time does, or null. */
  nextDue(): number | null {
    return dues(this.account)[0]?.at ?? null;
  }
}

/** Ends what ends by `now`: holds (their grace included), then lots, then periods, in the order of their moments. */
function settle(account: NaiveAccount, now: number): void {
  for (let due = dues(account)[0]; due !== undefined && due.at <= now; due = dues(account)[0]) due.happen();
}

function dues(account: NaiveAccount): { at: number; order: number; no: number; happen: () => void }[] {
  const holds = account.openReservations().map(hold => {
    const at = endOf(hold);
    return { at, order: 1, no: hold.no, happen: () => endHold(account, hold, at) };
  });
  const lots: { at: number; order: number; no: number; happen: () => void }[] = [];
  for (const lot of account.lots) {
    const at = lot.expiresAt;
    if (lot.available > 0n && at !== null) {
      lots.push({ at, order: 2, no: lot.no, happen: () => endLot(account, lot, at) });
    }
  }
  const periods = byId(account).flatMap(subscription => {
    const at = dueAt(subscription);
    const then = Math.max(at ?? 0, account.journal.at(-1)?.at ?? 0);
    return at === null ? [] : { at, order: 3, no: 0, happen: () => settleSubscription(account, subscription, then) };
  });
  // At one moment subscriptions come in the order of their names, which `byId` gives: sorting keeps it.
  return [...holds, ...lots, ...periods].sort((a, b) => a.at - b.at || a.order - b.order || a.no - b.no);
}

/** Two entries where the lot's rule carries a part: what is carried, and the rest that expires. */
function endLot(account: NaiveAccount, lot: NaiveLot, due: number): void {
  // What a period gives that begins late may be over already.
  const at = Math.max(due, account.journal.at(-1)?.at ?? 0);
  if (lot.plan !== null) return close(account, [lot], at, null);
  const left = lot.available;
  const carried = account.share(lot, left, at);
  account.takeFromAvailable([{ lot, amount: left }]);
  if (account.heldOf(lot) > 0n) account.witness('lot that ends while some of it is held');
  if (carried > 0n) {
    const booking = account.book('rollover', lot.unit, carried, at);
    account.comeIn(lot.unit, [account.carry(lot, carried, booking)]);
    if (carried === left) account.witness('rollover of everything');
    else account.witness(lot.carried === lot.rollover?.cap ? 'rollover up to the cap' : 'rollover up to a percentage');
  }
  if (carried < left) {
    account.book('expire', lot.unit, left - carried, at);
    account.expire(lot.unit, left - carried);
  }
}

function perform(account: NaiveAccount, command: Commands.Command, now: number): void {
  switch (command.type) {
    case 'grant':
      return grant(account, command, now);
    case 'reserve':
      return reserve(account, command, now);
    case 'commit':
      return commit(account, command, now);
    case 'release':
      return release(account, command, now);
    case 'extend':
      return extend(account, command, now);
    case 'refund-reservation':
      return refundReservation(account, command, now);
    case 'refund-entry':
      return refundEntry(account, command, now);
    case 'charge':
      return charge(account, command, now);
    case 'revoke':
      return revoke(account, command, now);
    case 'reinstate':
      return reinstate(account, command, now);
    case 'configure':
      return configure(account, command, now);
    case 'freeze':
    case 'unfreeze':
      return freeze(account, command, now);
    case 'subscribe':
      subscribe(account, command, now);
      if (command.trial) account.tried.add(command.terms.plan);
      return;
    case 'cancel':
      return cancel(account, command, now);
    case 'recognise':
      return recognise(account, command, now);
    case 'set-member':
      return setMember(account, command, now);
    case 'remove-member':
      return removeMember(account, command, now);
    default:
      return command satisfies never;
  }
}

function grant(account: NaiveAccount, command: Commands.Grant, now: number): void {
  const { unit, amount, category, priority, expiresAt, appliesTo, cost, rollover } = command;
  requirePositive(amount);
  if (expiresAt !== null && expiresAt <= now) refuse('invalid_request');
  requireRoom(account, unit, amount - least(amount, account.debtOf(unit)));
  const lot = account.makeLot(account.book('grant', unit, amount, now), {
    unit,
    category,
    priority,
    granted: amount,
    expiresAt,
    appliesTo,
    cost,
    rollover,
    carriedFrom: null,
    raisesGranted: true,
  });
  account.comeIn(unit, [{ lot, amount }], 'debt lowered by a grant');
}

/** From the lot itself, then from other paid lots, then from whatever is available; what is not there is owed. */
function revoke(account: NaiveAccount, command: Commands.Revoke, now: number): void {
  const lot = account.lots.find(candidate => candidate.no === command.lot && candidate.unit === command.unit);
  if (lot === undefined) refuse('lot_not_found');
  if (command.amount !== null) requirePositive(command.amount);
  const amount = command.amount ?? lot.available;
  if (amount === 0n) return account.witness('revoke of nothing left');
  if (amount > lot.granted - lot.revoked) refuse('revoke_exceeds_grant');
  const rank = (pile: Pile): number => (pile.lot === lot ? 0 : pile.lot.category === 'paid' ? 1 : 2);
  const sources = account.availablePiles(lot.unit).sort((a, b) => rank(a) - rank(b) || burnsBefore(a.lot, b.lot));
  const piles = firstOf(sources, amount);
  const debt = amount - sizeOf(piles);
  requireRoom(account, lot.unit, debt);
  if (command.amount === null) account.witness('revoke of what is left');
  if (piles.some(pile => rank(pile) === 1)) account.witness('revoke from other paid lots');
  if (piles.some(pile => rank(pile) === 2)) account.witness('revoke from lots of other kinds');
  if (debt > 0n) account.witness('debt of a revoke');
  if (isOver(lot, now)) account.witness('revoke of a lot that is over');
  const { seq } = account.book('revoke', lot.unit, amount, now, { target: lot.no });
  account.takeFromAvailable(piles);
  const words = { seq, kind: 'revoke', unit: lot.unit, reservation: null, lot, amount, late: false } as const;
  const of = { at: now, member: null, countedBy: [], backTo: new Map() };
  account.take({ ...words, ...of, piles, debt, undone: 0n });
  lot.revoked += amount;
}

function configure(account: NaiveAccount, { overdraftLimits, metadata }: Commands.Configure, now: number): void {
  for (const limit of overdraftLimits?.values() ?? []) requireAmount(limit);
  const limits = overdraftLimits ?? account.overdraftLimits;
  const words = metadata ?? account.metadata;
  const same = sameMap(limits, account.overdraftLimits) && sameMap(asMap(words), asMap(account.metadata));
  if (same) return;
  account.book('configure', null, 0n, now);
  account.overdraftLimits = limits;
  account.metadata = words;
}

function freeze(account: NaiveAccount, { type }: Commands.Freeze, now: number): void {
  if (account.frozen === (type === 'freeze')) return;
  account.book(type, null, 0n, now);
  account.frozen = type === 'freeze';
}

function asMap(metadata: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(metadata));
}

function sameMap<V>(a: ReadonlyMap<string, V>, b: ReadonlyMap<string, V>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
