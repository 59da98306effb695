import { MAX_AMOUNT } from '../../shared/amount.js';
import type { AccountState, Balance } from './account.js';
import type { Entry } from './entry.js';

/** What an entry on its own, and where it stands in the stream, must never get wrong. Sentences, none when all is well. */
export function entryViolations(state: AccountState, entry: Entry): string[] {
  return [...placeViolations(state, entry), ...sumViolations(entry), ...meaningViolations(entry)];
}

/** Rule 1: of the sums of a balance, and of the deltas of an entry. */
export function balances(sums: Readonly<Balance>): boolean {
  const { granted, available, held, spent, expired, revoked, debt } = sums;
  return granted === available + held + spent + expired + revoked - debt;
}

function placeViolations(state: AccountState, entry: Entry): string[] {
  const found: string[] = [];
  if (entry.seq !== state.seq + 1) found.push(`does not follow seq ${state.seq}`);
  if (entry.effectiveAt < state.lastEffectiveAt) found.push(`takes effect before ${state.lastEffectiveAt}`);
  if (entry.amount < 0n || entry.amount > MAX_AMOUNT) found.push(`is about ${entry.amount}`);
  return found;
}

/** The entry's deltas balance, and are what its lots do. */
function sumViolations(entry: Entry): string[] {
  const found: string[] = [];
  let remaining = 0n;
  let held = 0n;
  for (const change of entry.lots) {
    remaining += change.remaining;
    held += change.held;
    if (change.amount < 0n) found.push(`lot ${change.lot} bears ${change.amount}`);
  }
  if (!balances(entry.deltas)) found.push('its deltas do not balance');
  if (remaining !== entry.deltas.available) found.push(`its lots move ${remaining}, not ${entry.deltas.available}`);
  if (held !== entry.deltas.held) found.push(`its lots hold ${held}, not ${entry.deltas.held}`);
  return found;
}

/** What an entry is about is what it does to the sum it is named after. */
function meaningViolations(entry: Entry): string[] {
  const { granted, held, spent, expired, revoked } = entry.deltas;
  const expected: Partial<Balance> = {
    granted: entry.type === 'grant' ? entry.amount : 0n,
    spent: entry.type === 'commit' ? entry.amount : entry.type === 'refund' ? -entry.amount : 0n,
    revoked: entry.type === 'revoke' ? entry.amount : entry.type === 'reinstate' ? -entry.amount : 0n,
  };
  const found: string[] = [];
  if (granted !== expected.granted) found.push(`moves granted by ${granted}`);
  if (spent !== expected.spent) found.push(`moves spent by ${spent}`);
  if (revoked !== expected.revoked) found.push(`moves revoked by ${revoked}`);
  if (expired < 0n) found.push(`takes ${-expired} expired credits back`);
  if ((entry.type === 'reserve' || entry.type === 'extend') && held !== entry.amount) found.push(`holds ${held}`);
  if (entry.type === 'release' && held !== -entry.amount) found.push(`releases ${-held}`);
  if (!sharesAddUp(entry)) found.push('its lots bear other shares than its amount');
  return found;
}

/** What lots bear is the amount, but for debt that a spend takes on, and debt that is undone. */
function sharesAddUp(entry: Entry): boolean {
  let owed = entry.amount;
  for (const { amount } of entry.lots) owed -= amount;
  if (entry.type === 'refund' || entry.type === 'reinstate') return owed >= 0n;
  return owed === (entry.deltas.debt > 0n ? entry.deltas.debt : 0n);
}

/** A commit draws on the hold what its lots bear of it; what it takes off the hold beyond that returns. */
export function drawnFromHold(entry: Entry): bigint {
  let drawn = 0n;
  for (const { amount, held } of entry.lots) drawn += amount < -held ? amount : -held;
  return drawn;
}
