import type { AccountRow } from '../../ledger/store/account-row.js';
import type { HoldRow } from '../../ledger/store/hold-row.js';
import type { MemberRow } from '../../ledger/store/member-row.js';
import type { SubscriptionRow } from '../../ledger/store/subscription-row.js';
import type { Moment } from '../../ledger/domain/account.js';
import type { BinaryRow } from './binary-row.js';

/** A row of `accounts`, read after its `account_no`; the columns are `ACCOUNT_COLUMNS`. */
export interface StoredAccount {
  readonly row: AccountRow;
  readonly dueBound: Moment | null;
}

export function accountFromCopy(row: BinaryRow): StoredAccount {
  const account: AccountRow = {
    seq: row.integer(),
    createdAt: row.moment(),
    lastEffectiveAt: row.moment(),
    frozen: row.boolean(),
    overdraftLimits: row.json() as AccountRow['overdraftLimits'],
    metadata: row.json() as AccountRow['metadata'],
    units: row.texts(),
    balances: row.bigintsOrNull() ?? [],
    lots: row.bigintsOrNull() ?? [],
    lotTerms: row.json() as AccountRow['lotTerms'],
  };
  return { row: account, dueBound: row.momentOrNull() };
}

/** A row of `holds`, read after its `account_no`; the columns are `HOLD_COLUMNS`. */
export function holdFromCopy(row: BinaryRow): HoldRow {
  return {
    reservation: row.integer(),
    createdAt: row.moment(),
    expiresAt: row.moment(),
    graceMs: row.int4(),
    overage: row.text() as HoldRow['overage'],
    late: row.text() as HoldRow['late'],
    meter: row.textOrNull(),
    model: row.textOrNull(),
    member: row.textOrNull(),
    metadata: row.json() as HoldRow['metadata'],
    units: row.texts(),
    lines: row.bigintsOrNull() ?? [],
    held: row.bigintsOrNull() ?? [],
  };
}

/** A row of `subscriptions`, read after its `account_no`; the columns are `SUBSCRIPTION_COLUMNS`. */
export function subscriptionFromCopy(row: BinaryRow): SubscriptionRow {
  return {
    subscription: row.text(),
    plan: row.text(),
    planVersion: row.int4(),
    status: row.text() as SubscriptionRow['status'],
    anchor: row.moment(),
    periodNo: row.int4(),
    periodStart: row.moment(),
    periodEnd: row.moment(),
    cancelAtEnd: row.boolean(),
    terms: row.json() as SubscriptionRow['terms'],
    next: row.json() as SubscriptionRow['next'],
    had: row.texts(),
    closedThrough: row.int4(),
    closedAt: row.moment(),
    windows: row.json() as SubscriptionRow['windows'],
    lots: row.json() as SubscriptionRow['lots'],
  };
}

/** A row of `members`, read after its `account_no`; the columns are `MEMBER_COLUMNS`. */
export function memberFromCopy(row: BinaryRow): MemberRow {
  return {
    member: row.text(),
    parent: row.textOrNull(),
    placedAt: row.integer(),
    budgets: row.json() as MemberRow['budgets'],
    counts: row.json() as MemberRow['counts'],
  };
}

export const CLOCK_COLUMNS = `clock, due_bound`;

/** A row of `account_clocks`: the test clock an account lives by, and its bound, which its own row then has not. */
export interface ClockRow {
  readonly clock: string;
  readonly dueBound: Moment | null;
}

/** Read after its `account_no`; the columns are `CLOCK_COLUMNS`. */
export function clockFromCopy(row: BinaryRow): ClockRow {
  return { clock: row.text(), dueBound: row.momentOrNull() };
}

export const SNAPSHOT_COLUMNS = `seq, effective_at, units, balances`;

/** A row of `balance_snapshots`. */
export interface SnapshotRow {
  readonly seq: number;
  readonly effectiveAt: Moment;
  readonly units: readonly string[];
  readonly balances: readonly bigint[];
}

/** Read after its `account_no`; the columns are `SNAPSHOT_COLUMNS`. */
export function snapshotFromCopy(row: BinaryRow): SnapshotRow {
  return {
    seq: row.integer(),
    effectiveAt: row.moment(),
    units: row.texts(),
    balances: row.bigintsOrNull() ?? [],
  };
}
