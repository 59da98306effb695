import type { Balance, Moment } from '../ledger/domain/account.js';
import type { StatementLine } from './read-lines.js';

/** Opening and the lines add up to closing, unit by unit and sum by sum. */
export interface AccountStatement {
  readonly account: string;
  readonly from: Moment;
  readonly to: Moment;
  readonly opening: ReadonlyMap<string, Balance>;
  readonly lines: readonly StatementLine[];
  readonly closing: ReadonlyMap<string, Balance>;
}
