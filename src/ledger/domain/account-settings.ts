import { MAX_AMOUNT } from '../../shared/amount.js';
import type { AccountState, Metadata, Moment } from './account.js';
import type { Configure } from './command.js';
import { makeEntry, type Settings } from './entry.js';
import { accept, refuse, type Decision } from './refusal.js';

/**
 * Replaces overdraft limits or metadata, or has the account live by a test clock: only before its first entry, because its
 * time never runs backwards. Saying what is so already changes nothing.
 */
export function configure(state: AccountState, command: Configure, now: Moment, recordedAt: Moment): Decision {
  const { overdraftLimits, metadata, testClock = null } = command;
  for (const limit of overdraftLimits?.values() ?? []) {
    if (limit < 0n) return refuse('invalid_request', 'an overdraft limit must not be negative');
    if (limit > MAX_AMOUNT) return refuse('amount_too_large', 'an overdraft limit is more than 2^63-1 base units');
  }
  const takesClock = testClock !== null && testClock !== state.testClock;
  if (takesClock && state.seq > 0) {
    return refuse('account_in_use', 'an account takes a test clock before its first entry, and this one has entries');
  }
  const settings: Settings = {
    ...(overdraftLimits !== null && !sameLimits(overdraftLimits, state.overdraftLimits) ? { overdraftLimits } : {}),
    ...(metadata !== null && !sameMetadata(metadata, state.metadata) ? { metadata } : {}),
    ...(takesClock ? { testClock } : {}),
  };
  if (Object.keys(settings).length === 0) return accept([]);
  return accept([makeEntry(state.seq + 1, now, recordedAt, { type: 'configure', unit: null, amount: 0n, settings })]);
}

function sameLimits(a: ReadonlyMap<string, bigint>, b: ReadonlyMap<string, bigint>): boolean {
  return a.size === b.size && [...a].every(([unit, limit]) => b.get(unit) === limit);
}

function sameMetadata(a: Metadata, b: Metadata): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every(key => Object.hasOwn(b, key) && a[key] === b[key]);
}
