import type { Balance } from '../ledger/domain/account.js';
import { SUMS } from '../ledger/store/account-row.js';
import { formatAmount, type ScaleOf } from '../shared/amount.js';
import { formatMoment } from '../shared/moment.js';
import type { AccountStatement } from './account-statement.js';

export function statementJson(
  { account, from, to, opening, lines, closing }: AccountStatement,
  scaleOf: ScaleOf,
): string {
  return JSON.stringify({
    account,
    from: formatMoment(from),
    to: formatMoment(to),
    opening: byUnit(opening, scaleOf),
    lines: lines.map(({ day, unit, type, entries, deltas }) => {
      return { day, unit, type, entries, deltas: amounts(deltas, scaleOf(unit), true) };
    }),
    closing: byUnit(closing, scaleOf),
  });
}

/**
 * A row a line, between rows of type `opening` and `closing`, one for each unit. Nothing in it is a caller's own text, so
 * nothing has to be quoted, and no spreadsheet takes a cell for a formula.
 */
export function statementCsv({ from, to, opening, lines, closing }: AccountStatement, scaleOf: ScaleOf): string {
  const row = (at: string, unit: string, type: string, entries: number | '', sums: Balance) =>
    [at, unit, type, entries, ...Object.values(amounts(sums, scaleOf(unit), false))].join(',');
  const rows = [
    ['at', 'unit', 'type', 'entries', ...SUMS].join(','),
    ...[...opening].map(([unit, sums]) => row(formatMoment(from), unit, 'opening', '', sums)),
    ...lines.map(({ day, unit, type, entries, deltas }) => row(day, unit, type, entries, deltas)),
    ...[...closing].map(([unit, sums]) => row(formatMoment(to), unit, 'closing', '', sums)),
  ];
  return `${rows.join('\r\n')}\r\n`;
}

function byUnit(balances: ReadonlyMap<string, Balance>, scaleOf: ScaleOf): Record<string, Record<string, string>> {
  return Object.fromEntries([...balances].map(([unit, sums]) => [unit, amounts(sums, scaleOf(unit), false)]));
}

function amounts(sums: Balance, scale: number, onlyMoved: boolean): Record<string, string> {
  const shown = SUMS.filter(sum => !onlyMoved || sums[sum] !== 0n);
  return Object.fromEntries(shown.map(sum => [sum, formatAmount(sums[sum], scale)]));
}
