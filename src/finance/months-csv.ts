import type { FinanceMonth } from './read-months.js';

const COLUMNS = [
  'month',
  'currency',
  'category',
  'deferred_at_start',
  'paid',
  'recognised',
  'refunded',
  'breakage',
  'revoked',
  'deferred_at_end',
] as const satisfies readonly (keyof FinanceMonth)[];

/** Nothing in it is a caller's own text but a currency of three letters: nothing has to be quoted, no cell is a formula. */
export function monthsCsv(months: readonly FinanceMonth[]): string {
  const rows = [COLUMNS.join(','), ...months.map(month => COLUMNS.map(column => month[column]).join(','))];
  return `${rows.join('\r\n')}\r\n`;
}
