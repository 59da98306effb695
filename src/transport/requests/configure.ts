import { z } from 'zod';
import { ConfigureAccount } from '../../ledger/commands/configure-account.js';
import type { Target } from '../../ledger/submission.js';
import type { Amounts } from '../../units/amounts.js';
import { amount, metadata, unitName } from './fields.js';
import { invalidRequest } from './parse-request.js';

const MOST_OVERDRAFT_LIMITS = 20;
const CLOCK_ID = /^[A-Za-z0-9_-]{1,64}$/;

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
      test_clock: z
        .string('must be a string')
        .regex(CLOCK_ID, 'must be the id of a test clock')
        .meta({ description: 'The clock that the account lives by from its first entry on; of test keys only.' })
        .optional(),
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
  const { overdraft_limits: limits, test_clock: testClock } = request;
  if (testClock !== undefined && target.mode !== 'test') {
    throw invalidRequest([{ location: 'body.test_clock', message: 'is for accounts of test keys (crd_test_…) only' }]);
  }
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
    testClock,
  });
}
