/** Where something is not what the entries say. */
export type Place =
  | 'entries'
  | 'accounts'
  | 'holds'
  | 'subscriptions'
  | 'members'
  | 'account_clocks'
  | 'test_clocks'
  | 'balance_snapshots'
  | 'account_names'
  | 'outcomes'
  | 'facts'
  | 'units';

/** One thing that is not what the entries say, in words that name it. */
export interface Deviation {
  readonly place: Place;
  /** What of it, such as `credits.available`, `lot 2048.remaining`, `reservation 17`, `seq 5`. */
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

/** A deviation and whose it is. What no name belongs to has only its number; what belongs to no account has none. */
export interface Difference extends Deviation {
  readonly accountNo: number | null;
  readonly mode: string | null;
  readonly account: string | null;
}

export const MISSING = 'missing';

/** A value as a person reads it, the same text for the same value. */
export function valueText(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'bigint') return String(value);
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === 'bigint') return inner.toString();
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** A moment of a row: damage may have left one that is none. */
export function momentText(at: number | null): string {
  if (at === null) return 'none';
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return String(at);
  return Number.isInteger(at) ? date.toISOString() : `${date.toISOString()} (${at} ms)`;
}

/** A column's name of a row's member: `expiresAt` is `expires_at` in the table. */
export function columnOf(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
}
