import { ENTRY_TYPES } from '../../ledger/domain/entry.js';
import type { PrintedEntry } from '../entry-hash.js';
import type { Leaf } from '../leaf.js';

/** Numbers tried for a field that points at an earlier entry. */
const MOST_TRIED = 2_000;
const SUMS = ['granted', 'available', 'held', 'spent', 'expired', 'revoked', 'debt'] as const;
/** granted = available + held + spent + expired + revoked - debt */
const SIGNS = { granted: -1n, available: 1n, held: 1n, spent: 1n, expired: 1n, revoked: 1n, debt: -1n } as const;

export interface Guess {
  readonly field: keyof PrintedEntry;
  readonly was: string | null;
}

/**
 * What one field may have been, so that the entry was another: what the rest of it allows, and small sets tried through.
 * A guess proves itself by the hash that was signed, so that none can be wrong; that none fits says nothing.
 */
export function* guesses(row: PrintedEntry, leaf: Leaf, units: readonly string[]): Generator<Guess> {
  yield { field: 'position', was: String(leaf.position) };
  yield { field: 'closes', was: row.closes === 't' ? 'f' : 't' };
  for (const was of ENTRY_TYPES) yield { field: 'type', was };
  for (const was of [...units, null]) yield { field: 'unit', was };
  for (const field of SUMS) yield* sumGuesses(row, field);
  yield* amountGuesses(row);
  yield { field: 'effective_at', was: row.recorded_at };
  yield { field: 'recorded_at', was: row.effective_at };
  yield { field: 'member', was: null };
  yield { field: 'details', was: null };
  for (const field of ['reservation', 'target'] as const) {
    yield { field, was: null };
    for (let seq = leaf.seq; seq > Math.max(0, leaf.seq - MOST_TRIED); seq--) yield { field, was: String(seq) };
  }
}

function* sumGuesses(row: PrintedEntry, field: (typeof SUMS)[number]): Generator<Guess> {
  if (row[field] !== null) yield { field, was: null };
  const others = SUMS.filter(name => name !== field);
  const rest = others.reduce((sum, name) => sum + SIGNS[name] * number(row[name]), 0n);
  yield { field, was: String(-rest * SIGNS[field]) };
}

function* amountGuesses(row: PrintedEntry): Generator<Guess> {
  const lots = (row.lots ?? '{}').slice(1, -1).split(',').map(number);
  let shares = 0n;
  for (let at = 1; at < lots.length; at += 4) shares += lots[at]!;
  const sums = SUMS.map(name => number(row[name])).map(sum => (sum < 0n ? -sum : sum));
  for (const was of [...sums, shares]) yield { field: 'amount', was: String(was) };
  if (lots.length !== 4) return;
  const [lot, share] = lots;
  for (const amount of [share!, number(row.amount), 0n]) {
    yield { field: 'lots', was: `{${lot},${amount},${number(row.available)},${number(row.held)}}` };
  }
}

function number(text: string | null): bigint {
  return /^-?\d+$/.test(text ?? '') ? BigInt(text!) : 0n;
}
