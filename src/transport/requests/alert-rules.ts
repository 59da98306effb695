import { z } from 'zod';
import { MEASURES, RULE_KINDS, type AlertRule } from '../../alerts/alert-rule.js';
import { UNIT_NAME } from '../../units/unit-registry.js';
import { unit } from './fields.js';

const LONGEST_AMOUNT_CHARS = 28;
/** A year: nothing is known so far ahead. */
const MOST_SECONDS = 366 * 86_400;

export const ruleName = z
  .string()
  .regex(UNIT_NAME, `must match ${UNIT_NAME.source}`)
  .meta({ description: 'Names the rule.', examples: ['low'] });

const threshold = z
  .string('must be a decimal string such as "100"')
  .max(LONGEST_AMOUNT_CHARS, `must have at most ${LONGEST_AMOUNT_CHARS} characters`)
  .regex(
    /^(0|[1-9][0-9]{0,18})(\.[0-9]{1,9})?$/,
    'must be a decimal string such as "100", with at most 9 digits after the point',
  )
  .meta({ description: 'Tell when what is left comes down to this.', examples: ['100'] });

function whole(most: number, description: string) {
  const message = `must be a whole number, 1 to ${most}`;
  return z.number(message).int(message).min(1, message).max(most, message).meta({ description });
}

const kinds = {
  amount: threshold.optional(),
  percent: whole(
    99,
    'Tell when what is left comes down to this share of what was unspent after the latest grant.',
  ).optional(),
  runs_out_within_seconds: whole(
    MOST_SECONDS,
    'Tell when what is left lasts no longer than this, if spending goes on as in the last 24 hours.',
  ).optional(),
  expires_within_seconds: whole(MOST_SECONDS, 'Tell of each lot that expires within this, once.').optional(),
};

export const alertRuleRequest = z
  .strictObject(
    {
      unit: unit.default('credits'),
      ...kinds,
      measure: z.enum(MEASURES, 'must be unspent or available').default('unspent').meta({
        description: '`unspent` is available and held together: work in flight does not move it up and down.',
      }),
      enabled: z
        .boolean('must be true or false')
        .default(true)
        .meta({ description: "False on an account's own rule silences the rule of this name for all accounts." }),
    },
    'must be an object',
  )
  .superRefine((request, context) => {
    const given = RULE_KINDS.filter(kind => request[kind] !== undefined);
    if (given.length === 1) return;
    const message =
      given.length === 0
        ? `is required, or one of ${RULE_KINDS.slice(1).join(', ')}`
        : 'only one of these may be given';
    context.addIssue({ code: 'custom', path: [given[1] ?? 'amount'], message });
  })
  .meta({
    id: 'AlertRuleRequest',
    examples: [{ amount: '100' }, { percent: 20 }, { runs_out_within_seconds: 86_400 }],
  });

/** Canonical: as amounts are answered. */
export function alertRule(name: string, request: z.output<typeof alertRuleRequest>): AlertRule {
  const kind = RULE_KINDS.find(each => request[each] !== undefined)!;
  const { unit, measure, enabled } = request;
  return { name, enabled, unit, kind, value: String(request[kind]), measure };
}
