import { z } from 'zod';
import { ENTRY_TYPES } from '../ledger/domain/entry.js';
import { amountOut, balance, deltas, entry, moment, signedAmount } from './answers.js';

const sumsByUnit = z.record(z.string(), balance);
export const explanation = z
  .strictObject({
    account: z.string(),
    from: moment,
    to: moment,
    opening: sumsByUnit,
    closing: sumsByUnit,
    steps: z.array(
      z.strictObject({
        entry,
        balance: balance.optional().meta({ description: "Of the entry's unit, after it." }),
      }),
    ),
    text: z.string().meta({ description: 'In plain words.' }),
  })
  .meta({ id: 'Explanation', description: "opening + the steps' deltas = closing, unit by unit" });

export const usage = z
  .strictObject({
    day: z.iso.date().optional().meta({ description: 'In UTC, of when a commit or refund took effect.' }),
    unit: z.string(),
    group: z
      .record(z.string(), z.string().nullable())
      .meta({ description: 'What it is grouped by, beside day and unit; null where the spends had none.' }),
    commits: z.int().min(0),
    committed: amountOut,
    refunded: amountOut.meta({ description: 'On the day of the refund.' }),
    net: signedAmount.meta({ description: 'committed - refunded' }),
  })
  .meta({ id: 'Usage' });

export const statement = z
  .strictObject({
    account: z.string(),
    from: moment,
    to: moment,
    opening: sumsByUnit,
    lines: z.array(
      z.strictObject({
        day: z.iso.date(),
        unit: z.string(),
        type: z.enum(ENTRY_TYPES),
        entries: z.int().min(1),
        deltas,
      }),
    ),
    closing: sumsByUnit,
  })
  .meta({ id: 'Statement', description: "opening + the lines' deltas = closing, unit by unit" });
