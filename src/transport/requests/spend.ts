import { z } from 'zod';
import type { Line } from '../../ledger/domain/command.js';
import type { AmountField, ReadAmounts } from '../../units/amounts.js';
import { amount, lines, unit } from './fields.js';

/** What is spent: an amount of one unit, or several lines, all or nothing. */
export const spendFields = { amount: amount.optional(), unit: unit.optional(), lines: lines.optional() };

interface Spend {
  readonly amount?: string | number | undefined;
  readonly unit?: string | undefined;
  readonly lines?: z.output<typeof lines> | undefined;
}

const DEFAULT_UNIT = 'credits';

/** Either form, not both and not neither. */
export function checkSpend(spend: Spend, context: z.core.$RefinementCtx): void {
  if ((spend.amount === undefined) === (spend.lines === undefined)) {
    context.addIssue({ code: 'custom', path: ['amount'], message: 'is required, or lines instead of it' });
  }
  if (spend.unit !== undefined && spend.amount === undefined) {
    context.addIssue({ code: 'custom', path: ['unit'], message: 'goes with amount; every line names its own' });
  }
}

/** The amounts of a spend as they stand in the request. */
export function spendAmounts(spend: Spend, part: string): AmountField[] {
  if (spend.lines === undefined) {
    return [{ location: `${part}.amount`, unit: spend.unit ?? DEFAULT_UNIT, input: spend.amount }];
  }
  return lineAmounts(spend.lines, part);
}

export function lineAmounts(given: z.output<typeof lines>, part: string): AmountField[] {
  return given.map((line, index) => ({
    location: `${part}.lines[${index}].amount`,
    unit: line.unit,
    input: line.amount,
  }));
}

export function linesOf({ units, values }: ReadAmounts): Line[] {
  return units.map(({ unit: name }, index) => ({ unit: name, amount: values[index]! }));
}
