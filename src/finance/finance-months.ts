import type { Queryable } from '../ledger/store/queryable.js';
import type { Mode } from '../ledger/submission.js';
import { LedgerError } from '../shared/ledger-error.js';
import { readFinanceState, readMonths, type FinanceMonth, type MonthPlace } from './read-months.js';

const DEFAULT_MONTHS = 12;
const MOST_MONTHS = 120;
const MOST_ROWS_OF_AN_EXPORT = 20_000;

export interface FinanceFilter {
  /** Months in UTC, both inclusive, such as `2026-11`; null for the last twelve, up to the present one. */
  readonly from: string | null;
  readonly to: string | null;
  /** Three capital letters. */
  readonly currency: string | null;
}

export interface FinanceMonths {
  readonly months: readonly FinanceMonth[];
  /** There are more behind the last of them. */
  readonly hasMore: boolean;
  readonly completeUntil: Date | null;
}

/**
 * A page of months, in their order.
 * @throws LedgerError invalid_request
 */
export async function pageOfMonths(
  database: Queryable,
  mode: Mode,
  filter: FinanceFilter,
  after: MonthPlace | null,
  limit: number,
): Promise<FinanceMonths> {
  // Before the sums, so that what it promises is in them.
  const { thisMonth, completeUntil } = await readFinanceState(database);
  const question = { mode, currency: filter.currency, ...monthsOf(filter, thisMonth) };
  const found = await readMonths(database, question, after, limit + 1);
  return { months: found.slice(0, limit), hasMore: found.length > limit, completeUntil };
}

/**
 * All of them, for an export.
 * @throws LedgerError invalid_request also where that is more than an export has rows
 */
export async function allMonths(database: Queryable, mode: Mode, filter: FinanceFilter): Promise<FinanceMonths> {
  const found = await pageOfMonths(database, mode, filter, null, MOST_ROWS_OF_AN_EXPORT);
  if (found.hasMore) throw wrong('from', `has more than ${MOST_ROWS_OF_AN_EXPORT} rows up to then: ask for less time`);
  return found;
}

/** @throws LedgerError invalid_request */
function monthsOf({ from, to }: FinanceFilter, thisMonth: string): { from: string; to: string } {
  const last = numberOf(to ?? (from !== null && from > thisMonth ? from : thisMonth));
  const first = from === null ? last - DEFAULT_MONTHS + 1 : numberOf(from);
  if (first > last) throw wrong('from', 'is after to');
  if (last - first >= MOST_MONTHS) throw wrong('from', `is ${MOST_MONTHS} months or more before to`);
  return { from: textOf(first), to: textOf(last) };
}

/** Months since the year 0. */
function numberOf(month: string): number {
  return Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1;
}

function textOf(number: number): string {
  const [year, month] = [Math.floor(number / 12), (number % 12) + 1];
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`;
}

function wrong(parameter: 'from', message: string): LedgerError {
  const errors = [{ location: `query.${parameter}`, message }];
  return new LedgerError('invalid_request', `${parameter} ${message}`, { errors });
}
