import {
  liveLots,
  lotNumber,
  MAX_LIVE_LOTS,
  unitOf,
  type AccountState,
  type LotTerms,
  type Moment,
} from './account.js';
import { MAX_AMOUNT } from '../../shared/amount.js';
import { least } from './burn-order.js';
import type { Grant } from './command.js';
import { makeEntry } from './entry.js';
import { accept, amountRefusal, refuse, type Decision } from './refusal.js';

/** Adds credits as a lot of their own; what the account owes is paid from it first. */
export function grant(state: AccountState, command: Grant, now: Moment, recordedAt: Moment): Decision {
  const { unit, amount, category, priority, expiresAt, appliesTo, cost, rollover, reason, metadata } = command;
  const wrong = amountRefusal(amount);
  if (wrong !== null) return wrong;
  if (expiresAt !== null && expiresAt <= now) {
    return refuse('invalid_request', 'expires_at is not in the future: choose a later moment, or none');
  }
  const { balance } = unitOf(state, unit);
  const debtPaid = least(balance.debt, amount);
  if (balance.granted + amount + balance.debt - debtPaid > MAX_AMOUNT) {
    return refuse('amount_too_large', `all ever granted in ${unit} would exceed what can be counted`);
  }
  if (liveLots(state) >= MAX_LIVE_LOTS) {
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
  const seq = state.seq + 1;
  const remaining = amount - debtPaid;
  return accept([
    makeEntry(seq, now, recordedAt, {
      type: 'grant',
      unit,
      amount,
      deltas: { granted: amount, available: remaining, debt: -debtPaid },
      lots: [{ lot: lotNumber(seq, 0), amount, remaining, held: 0n }],
      made: [terms],
      reason,
      metadata,
    }),
  ]);
}
