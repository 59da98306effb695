import {
  liveLots,
  lotNumber,
  MAX_LIVE_LOTS_AFTER_REFUND,
  unitOf,
  type AccountState,
  type Lot,
  type LotPart,
  type LotTerms,
  type Moment,
  type Spend,
} from './account.js';
import { least } from './burn-order.js';
import { makeEntry, type Entry, type LotChange } from './entry.js';
import { refuse, type Refused } from './refusal.js';
import { isOver } from './plan-carry.js';
import { isLimited } from './windows.js';
import { mustFind, payDebtFirst, type Incoming } from './return-credits.js';

/** How long credits live that come back to a lot that is over (docs/rules.md, Refund). */
const REFUND_GRACE_MS = 30 * 24 * 3600 * 1000;

/** Priority of the lot that makes good what a refund finds already paid as debt. */
const COMPENSATION_PRIORITY = 50;

/** What is given back of one spend: what had become debt, and what lots had borne, last drawn first. */
interface Share {
  readonly spend: Spend;
  debt: bigint;
  parts: LotPart[];
}

export interface GiveBack {
  readonly type: 'refund' | 'reinstate';
  readonly reason: string | null;
}

/**
 * Gives `amount` back of `spends` (the latest first): first all that had become debt, then the lots that paid. The
 * caller has seen that there is that much to give back. One entry for each spend it reverses.
 */
export function giveBack(
  state: AccountState,
  spends: readonly Spend[],
  amount: bigint,
  as: GiveBack,
  now: Moment,
  recordedAt: Moment,
  firstSeq = state.seq + 1,
): Entry[] {
  let owed = unitOf(state, spends[0]!.unit).balance.debt;
  return sharesOf(spends, amount).map((share, index) => {
    const entry = entryOf(state, share, owed, as, firstSeq + index, now, recordedAt);
    owed += entry.deltas.debt;
    return entry;
  });
}

/** Refuses entries that would leave the account with more live lots than it may have. */
export function lotsRefusal(state: AccountState, entries: readonly Entry[], now: Moment): Refused | null {
  let made = 0;
  const revived = new Set<number>();
  for (const entry of entries) {
    made += entry.made.length;
    for (const { lot: no } of entry.lots) {
      const exhausted = state.recalled.lots.get(no);
      if (exhausted !== undefined && !isOver(state, exhausted, now)) revived.add(no);
    }
  }
  if (liveLots(state) + made + revived.size <= MAX_LIVE_LOTS_AFTER_REFUND) return null;
  const message = `the account would have more than ${MAX_LIVE_LOTS_AFTER_REFUND} live lots: give less back, or let some lots be spent or expire`;
  return refuse('too_many_lots', message);
}

function sharesOf(spends: readonly Spend[], amount: bigint): Share[] {
  const shares: Share[] = [];
  let left = amount;
  for (const spend of spends) {
    const debt = least(spend.debt, left);
    if (debt > 0n) shares.push({ spend, debt, parts: [] });
    left -= debt;
  }
  for (const spend of spends) {
    const parts: LotPart[] = [];
    for (let i = spend.parts.length - 1; i >= 0 && left > 0n; i--) {
      const { lot, amount: borne } = spend.parts[i]!;
      const undone = least(borne, left);
      if (undone > 0n) parts.push({ lot, amount: undone });
      left -= undone;
    }
    if (parts.length === 0) continue;
    const last = shares.at(-1);
    if (last?.spend === spend) last.parts = parts;
    else shares.push({ spend, debt: 0n, parts });
  }
  return shares;
}

function entryOf(
  state: AccountState,
  { spend, debt, parts }: Share,
  owed: bigint,
  as: GiveBack,
  seq: number,
  now: Moment,
  recordedAt: Moment,
): Entry {
  const lowered = least(debt, owed);
  const made: LotTerms[] = [];
  const incoming: Incoming[] = [];
  let expired = 0n;
  const make = (terms: LotTerms): void => {
    incoming.push({ lot: { ...terms, no: lotNumber(seq, made.length) }, amount: terms.granted });
    made.push(terms);
  };
  if (debt > lowered) make(compensation(spend.unit, debt - lowered, now));
  for (const part of parts) {
    const lot = mustFind(state, spend.unit, part.lot);
    if (!isOver(state, lot, now)) incoming.push({ lot, amount: part.amount });
    // What was allowed in a window ends with it; what is billed later is billed no more.
    else if (isLimited(state, spend.unit) || lot.overage !== undefined) expired += part.amount;
    else make({ ...replacement(lot, now), granted: part.amount });
  }
  const arrived = payDebtFirst(incoming, owed - lowered);
  const back = parts.reduce((sum, { amount }) => sum + amount, 0n);
  return makeEntry(seq, now, recordedAt, {
    type: as.type,
    unit: spend.unit,
    amount: debt + back,
    deltas: {
      available: arrived.available,
      debt: -lowered - arrived.debtPaid,
      expired,
      ...(as.type === 'refund' ? { spent: -(debt + back) } : { revoked: -(debt + back) }),
    },
    lots: changesOf(parts, arrived.remaining, made.length, seq),
    made,
    reservation: spend.reservation,
    target: spend.seq,
    member: spend.member,
    reason: as.reason,
  });
}

/** Each part names the lot that had borne it; a lot drawn from twice receives what arrives once. */
function changesOf(
  parts: readonly LotPart[],
  arrived: ReadonlyMap<number, bigint>,
  made: number,
  seq: number,
): LotChange[] {
  const left = new Map(arrived);
  const change = (lot: number, amount: bigint): LotChange => {
    const remaining = left.get(lot) ?? 0n;
    left.delete(lot);
    return { lot, amount, remaining, held: 0n };
  };
  const changes = parts.map(({ lot, amount }) => change(lot, amount));
  for (let index = 0; index < made; index++) changes.push(change(lotNumber(seq, index), 0n));
  return changes;
}

function compensation(unit: string, granted: bigint, now: Moment): LotTerms {
  return {
    unit,
    category: 'compensation',
    priority: COMPENSATION_PRIORITY,
    granted,
    expiresAt: now + REFUND_GRACE_MS,
    appliesTo: null,
    cost: null,
    rollover: null,
    carriedFrom: null,
    plan: null,
  };
}

function replacement({ unit, category, priority, appliesTo, cost }: Lot, now: Moment): Omit<LotTerms, 'granted'> {
  const expiresAt = now + REFUND_GRACE_MS;
  return { unit, category, priority, expiresAt, appliesTo, cost, rollover: null, carriedFrom: null, plan: null };
}
