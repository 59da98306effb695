import type { Sums } from './amounts.js';

/** One entry as the ledger has it now, wherever it was read from. */
export interface LedgerEntry {
  readonly seq: number;
  readonly type: string;
  readonly unit: string | null;
  readonly deltas: Sums;
  /** The operation that says it made this entry, from its metadata or reason. */
  readonly claimedBy: string | null;
  /** The subscription whose credits it gives. */
  readonly subscription: string | null;
  /** Every field to compare with what the client was told, in wire form; null for a field that is not there. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** One account as the ledger has it now. */
export interface LedgerAccount {
  readonly account: string;
  readonly seq: number;
  readonly balances: ReadonlyMap<string, Sums>;
  /** All of them, by ascending seq. */
  readonly entries: readonly LedgerEntry[];
}

/** Where the ledger is read from: its API, or its tables. */
export interface LedgerReader {
  readAccount(account: string): Promise<LedgerAccount>;
}

/** Entry types that time makes by itself; no client is told of them. */
const MADE_BY_TIME: ReadonlySet<string> = new Set(['expire', 'rollover', 'subscribe']);

/** A renewal gives its credits and opens its windows by itself too; any other grant was somebody's. */
export function isMadeByTime({ type, subscription }: LedgerEntry): boolean {
  return MADE_BY_TIME.has(type) || (type === 'grant' && subscription !== null);
}
