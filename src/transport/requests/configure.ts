import { z } from 'zod';
import { ConfigureAccount } from '../../ledger/commands/configure-account.js';
import type { Target } from '../../ledger/submission.js';
import type { Amounts } from '../../units/amounts.js';
import { amount, metadata, unitName } from './fields.js';

const MOST_OVERDRAFT_LIMITS = 20;

export const configureRequest = z
  .strictObject(
    {
      overdraft_limits: z
        .record(unitName, amount, 'must be an object of amounts by unit')
        .refine(
          value => Object.keys(value).length <= MOST_OVERDRAFT_LIMITS,
          `must have at most ${MOST_OVERDRAFT_LIMITS} members`,
        )
        .meta({ description: 'How much debt commits may make, by unit. Replaces all of them.' })
        .optional(),
      metadata: metadata.meta({ description: 'Replaces all of it.' }).optional(),
    },
    'must be an object',
  )
  .meta({
    id: 'ConfigureRequest',
    examples: [{ overdraft_limits: { credits: '20' }, metadata: { plan: 'pro' } }],
    description: 'What is not given stays.',
  });

/** Idempotent by itself, so it has no key. */
export async function configureAccount(
  request: z.output<typeof configureRequest>,
  target: Target,
  amounts: Amounts,
): Promise<ConfigureAccount> {
  const { overdraft_limits: limits } = request;
  const fields = Object.entries(limits ?? {}).map(([unit, input]) => ({
    location: `body.overdraft_limits.${unit}`,
    unit,
    input,
    mayBeZero: true,
  }));
  const read = await amounts.read(fields);
  await amounts.putToUse(read);
  const byUnit = new Map(read.units.map(({ unit }, index) => [unit, read.values[index]!]));
  return new ConfigureAccount(target, {
    overdraftLimits: limits === undefined ? null : byUnit,
    metadata: request.metadata ?? null,
  });
}
