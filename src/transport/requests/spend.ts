import { z } from 'zod';
import type { Line } from '../../ledger/domain/command.js';
import type { PricedEvent } from '../../ledger/domain/priced-event.js';
import type { Target, UnfixedScales } from '../../ledger/submission.js';
import { LedgerError } from '../../shared/ledger-error.js';
import type { AmountField, ReadAmounts } from '../../units/amounts.js';
import { checkEvent, eventFields, priceOfEvent } from './event.js';
import { amount, lines, unit } from './fields.js';
import type { Readers } from './operation.js';

/** What is spent: an amount of one unit, or several lines, or what an event costs; all or nothing. */
export const spendFields = {
  amount: amount.optional(),
  unit: unit.optional(),
  lines: lines.optional(),
  ...eventFields,
};

const spend = z.object(spendFields);
type Spend = z.output<typeof spend>;

const DEFAULT_UNIT = 'credits';

/** One form, not two and not none. */
export function checkSpend(given: Spend, context: z.core.$RefinementCtx): void {
  const forms = (['amount', 'lines', 'meter'] as const).filter(form => given[form] !== undefined);
  const path = [forms[1] ?? 'amount'];
  if (forms.length === 0) {
    context.addIssue({ code: 'custom', path, message: 'is required, or lines instead of it, or meter and quantity' });
  }
  if (forms.length > 1) context.addIssue({ code: 'custom', path, message: `goes without ${forms[0]}` });
  if (given.unit !== undefined && given.amount === undefined) {
    const message = 'goes with amount; every line names its own, and so does a rate card';
    context.addIssue({ code: 'custom', path: ['unit'], message });
  }
  checkEvent(given, context);
}

/** What a spend comes to. */
interface ReadSpend {
  readonly lines: readonly Line[];
  readonly event: PricedEvent | undefined;
  readonly meter: string | null;
  readonly model: string | null;
  readonly unfixed: UnfixedScales | undefined;
  /** Why the event has no price; then there are no lines. */
  readonly refusal: LedgerError | undefined;
}

/** @throws LedgerError unit_not_found, invalid_request, amount_too_large, of amounts */
export async function readSpend(
  given: Spend,
  target: Target,
  readers: Pick<Readers, 'amounts' | 'pricing'>,
  part: string,
): Promise<ReadSpend> {
  if (given.meter === undefined) {
    const read = await readers.amounts.read(spendAmounts(given, part));
    const unfixed = readers.amounts.unfixed(read);
    return { lines: linesOf(read), event: undefined, meter: null, model: null, unfixed, refusal: undefined };
  }
  const priced = await priceOfEvent(given, target, readers, part);
  const unpriced = { lines: [], event: undefined, meter: null, model: null, unfixed: undefined };
  if (priced instanceof LedgerError) return { ...unpriced, refusal: priced };
  const { meter, properties, lines: cost } = priced;
  const model = Object.hasOwn(properties, 'model') ? properties['model']! : null;
  return { lines: cost, event: priced, meter, model, unfixed: undefined, refusal: undefined };
}

/** The amounts of a spend as they stand in the request. */
function spendAmounts(given: Spend, part: string): AmountField[] {
  if (given.lines !== undefined) return lineAmounts(given.lines, part);
  return [{ location: `${part}.amount`, unit: given.unit ?? DEFAULT_UNIT, input: given.amount }];
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
