import {
  lotNumber,
  liveLots,
  MAX_LIVE_LOTS,
  unitOf,
  type AccountState,
  type LotTerms,
  type Moment,
} from './account.js';
import { MAX_AMOUNT } from '../../shared/amount.js';
import { least } from './burn-order.js';
import type { Grant, GrantedLot } from './command.js';
import { makeEntry, type Entry } from './entry.js';
import { accept, amountRefusal, refuse, type Decision, type Refused } from './refusal.js';

/** Adds credits as a lot of their own, and those that come with it; what the account owes is paid from the first on. */
export function grant(state: AccountState, command: Grant, now: Moment, recordedAt: Moment): Decision {
  const entries: Entry[] = [];
  for (const lot of command.also === undefined ? [command] : [command, ...command.also]) {
    const entry = grantEntry(state, entries, lot, now, recordedAt);
    if ('ok' in entry) return entry;
    entries.push(entry);
  }
  return accept(entries);
}

/** @param earlier of the same command: the state does not have them yet */
function grantEntry(
  state: AccountState,
  earlier: readonly Entry[],
  lot: GrantedLot,
  now: Moment,
  recordedAt: Moment,
): Entry | Refused {
  const { unit, amount, category, priority, expiresAfterMs, appliesTo, cost, rollover, reason, metadata } = lot;
  const expiresAt = expiresAfterMs === undefined ? lot.expiresAt : now + expiresAfterMs;
  const wrong = amountRefusal(amount);
  if (wrong !== null) return wrong;
  if (expiresAt !== null && expiresAt <= now) {
    return refuse('invalid_request', 'expires_at is not in the future: choose a later moment, or none');
  }
  const { granted, debt } = owed(state, earlier, unit);
  const debtPaid = least(debt, amount);
  if (granted + amount + debt - debtPaid > MAX_AMOUNT) {
    return refuse('amount_too_large', `all ever granted in ${unit} would exceed what can be counted`);
  }
  if (liveLots(state) + earlier.length >= MAX_LIVE_LOTS) {
    return refuse('too_many_lots', `the account already has ${MAX_LIVE_LOTS} live lots: let some be spent or expire`);
  }
  const terms: LotTerms = {
    unit,
    category,
    priority,
    granted: amount,
    expiresAt,
    appliesTo,
    cost,
    rollover,
    carriedFrom: null,
    plan: null,
  };
  const seq = state.seq + 1 + earlier.length;
  const remaining = amount - debtPaid;
  return makeEntry(seq, now, recordedAt, {
    type: 'grant',
    unit,
    amount,
    deltas: { granted: amount, available: remaining, debt: -debtPaid },
    lots: [{ lot: lotNumber(seq, 0), amount, remaining, held: 0n }],
    made: [terms],
    reason,
    metadata,
  });
}

function owed(state: AccountState, earlier: readonly Entry[], unit: string): { granted: bigint; debt: bigint } {
  let { granted, debt } = unitOf(state, unit).balance;
  for (const entry of earlier) {
    if (entry.unit !== unit) continue;
    granted += entry.deltas.granted;
    debt += entry.deltas.debt;
  }
  return { granted, debt };
}
