import { z } from 'zod';
import type { ReplayArguments } from '../../runs/run.js';
import { accountId, LONGEST_TEXT, moment, text, unit } from './fields.js';

/** PostgreSQL keeps every character but this one. */
const NO_NUL = 'must not contain the character U+0000';
const hasNoNul = (value: string): boolean => !value.includes('\0');

/** Why an ops call is used: unlike an entry's reason, never empty. */
export const opsReason = text(LONGEST_TEXT)
  .refine(value => value.trim() !== '', 'must not be blank')
  .refine(hasNoNul, NO_NUL)
  .meta({ description: 'Why, in words; stays on record with who called.' });

const whole = (what: string) =>
  z.int(`must be a whole number, 1 or more: ${what}`).min(1, `must be a whole number, 1 or more: ${what}`);

const scope = {
  account: accountId.optional().meta({ description: 'This account only.' }),
  until: moment.optional().meta({ description: 'Only the entries that had taken effect by then.' }),
  until_position: whole('a position').optional().meta({ description: 'Only the entries up to this position.' }),
  until_seq: whole('a seq of the account')
    .optional()
    .meta({ description: "Only the account's entries up to this one." }),
  reason: opsReason,
};

interface Scope {
  readonly account?: string | undefined;
  readonly until?: number | undefined;
  readonly until_position?: number | undefined;
  readonly until_seq?: number | undefined;
}

function refuseContradictions({ account, until, until_position, until_seq }: Scope, context: z.RefinementCtx): void {
  const ends = { until, until_position, until_seq };
  const given = Object.entries(ends).filter(([, end]) => end !== undefined);
  for (const [name] of given.slice(1)) {
    context.addIssue({ code: 'custom', path: [name], message: `cannot be given together with ${given[0]![0]}` });
  }
  if (until_seq !== undefined && account === undefined) {
    context.addIssue({
      code: 'custom',
      path: ['until_seq'],
      message: 'counts the entries of one account: give account',
    });
  }
}

export const verifyRequest = z
  .strictObject(scope, 'must be an object')
  .superRefine(refuseContradictions)
  .meta({ id: 'VerifyRequest', examples: [{ account: 'user_42', reason: 'ticket 311' }] });

export const rebuildRequest = z
  .strictObject(
    {
      ...scope,
      dry_run: z
        .boolean('must be true or false')
        .default(true)
        .meta({ description: 'Only tell what would be rebuilt.' }),
      trust_entries: z
        .boolean('must be true or false')
        .optional()
        .meta({ description: 'Also rebuild accounts whose rows tell of more entries than there are.' }),
    },
    'must be an object',
  )
  .superRefine(refuseContradictions)
  .meta({ id: 'RebuildRequest', examples: [{ account: 'user_42', dry_run: true, reason: 'ticket 311' }] });

/** As it stays on record. */
export function replayArguments(
  request: Scope & { readonly dry_run?: boolean; readonly trust_entries?: boolean | undefined },
): ReplayArguments {
  const { account, until, until_position, until_seq, dry_run = true, trust_entries } = request;
  return {
    dry_run,
    ...(account !== undefined && { account }),
    ...(until !== undefined && { until: new Date(until).toISOString() }),
    ...(until_position !== undefined && { until_position }),
    ...(until_seq !== undefined && { until_seq }),
    ...(trust_entries !== undefined && { trust_entries }),
  };
}

export const endRunRequest = z
  .strictObject({ reason: opsReason }, 'must be an object')
  .meta({ id: 'RunOrder', examples: [{ reason: 'ticket 311' }] });

export const opsExplainQuery = z.strictObject({
  account: accountId,
  from: moment.meta({ description: 'As in explainAccount.' }).optional(),
  to: moment.meta({ description: 'Inclusive, not in the future; now if left out.' }).optional(),
  unit: unit.refine(hasNoNul, NO_NUL).meta({ description: 'Only this unit, and the entries that move it.' }).optional(),
  reason: opsReason,
});
