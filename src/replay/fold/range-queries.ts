import { ACCOUNT_COLUMNS, HOLD_COLUMNS } from '../../ledger/store/projection-records.js';
import { MEMBER_COLUMNS } from '../../ledger/store/member-row.js';
import { SUBSCRIPTION_COLUMNS } from '../../ledger/store/subscription-row.js';
import { FOLDED_COLUMNS } from '../rows/entry-copy.js';
import { CLOCK_COLUMNS, SNAPSHOT_COLUMNS } from '../rows/projection-copy.js';
import type { Until } from './until.js';

/**
 * COPY takes no parameters, so what a range is about stands in settings of the transaction:
 * the first and the last account number, the mode (empty for both), and the last seq, position or moment that counts.
 */
export const CHOOSE_RANGE = `
SELECT set_config('replay.first', $1, true), set_config('replay.last', $2, true),
       set_config('replay.mode', $3, true), set_config('replay.until', $4, true)`;

const IN_RANGE = `account_no BETWEEN current_setting('replay.first')::bigint AND current_setting('replay.last')::bigint
  AND (current_setting('replay.mode') = '' OR account_no IN (
    SELECT account_no FROM account_names WHERE mode = current_setting('replay.mode')))`;

export const NAMES_OF_RANGE = `
SELECT account_no, mode, id FROM account_names WHERE ${IN_RANGE}`;

export const ACCOUNTS_OF_RANGE = `
SELECT account_no, mode, id, ${ACCOUNT_COLUMNS} FROM accounts WHERE ${IN_RANGE}`;

export const HOLDS_OF_RANGE = `
SELECT account_no, ${HOLD_COLUMNS} FROM holds WHERE ${IN_RANGE}`;

export const SUBSCRIPTIONS_OF_RANGE = `
SELECT account_no, ${SUBSCRIPTION_COLUMNS} FROM subscriptions WHERE ${IN_RANGE}`;

export const MEMBERS_OF_RANGE = `
SELECT account_no, ${MEMBER_COLUMNS} FROM members WHERE ${IN_RANGE}`;

/** Few have one. */
export const CLOCKS_OF_RANGE = `
SELECT account_no, ${CLOCK_COLUMNS} FROM account_clocks WHERE ${IN_RANGE}`;

export const SNAPSHOTS_OF_RANGE = `
SELECT account_no, ${SNAPSHOT_COLUMNS} FROM balance_snapshots
WHERE ${IN_RANGE}
ORDER BY account_no, seq`;

/** Entries that come back to a lot or to a revoke of the past; most accounts have none. */
export const LOOKING_BACK_IN_RANGE = `
SELECT account_no, type, target, lots FROM entries WHERE ${IN_RANGE} AND target IS NOT NULL`;

/** As they lie in the table, which for each account is in order but where writers took turns. */
const ENTRIES_OF_RANGE = `
SELECT ${FOLDED_COLUMNS} FROM entries WHERE ${IN_RANGE}`;

const UNTIL: Readonly<Record<Until['by'], string>> = {
  seq: ` AND seq <= current_setting('replay.until')::bigint`,
  position: ` AND position <= current_setting('replay.until')::bigint`,
  moment: ` AND effective_at <= to_timestamp(current_setting('replay.until')::float8 / 1000)`,
};

/** @param inOrder for an account that is a range by itself: sorting any number of entries is left to the index */
export function entriesOfRange(until: Until | null, inOrder: boolean): string {
  return ENTRIES_OF_RANGE + (until === null ? '' : UNTIL[until.by]) + (inOrder ? ' ORDER BY account_no, seq' : '');
}
