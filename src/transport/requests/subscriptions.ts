import { z } from 'zod';
import { CHANGE_POLICIES } from '../../ledger/domain/command.js';
import { MAX_LINES_PER_PLAN } from '../../ledger/domain/plan-terms.js';
import { amount, moment, unitName } from './fields.js';
import { planId } from './plans.js';

/** What a caller or Stripe may call one; names with a colon are the ledger's own. */
const SUBSCRIPTION_ID = /^[A-Za-z0-9_-]{1,64}$/;
const WHEN = ['now', 'period_end'] as const;
const MOST_OVERRIDES = 2 * MAX_LINES_PER_PLAN;

export const subscriptionId = z
  .string('must be a string')
  .regex(SUBSCRIPTION_ID, `must match ${SUBSCRIPTION_ID.source}`)
  .meta({ description: "The caller's own id, or Stripe's.", examples: ['sub_1'] });

export const subscribeRequest = z
  .strictObject(
    {
      plan: planId,
      cycle_start_at: moment
        .meta({
          description:
            'Of the period that was paid for; whole seconds count. Without one it begins now, or the current one stays. The same plan from the current end on is the renewal; a start that was seen, or an older one, changes nothing.',
        })
        .optional(),
      cycle_end_at: moment.meta({ description: 'As the plan counts where it is not given.' }).optional(),
      change: z
        .enum(WHEN, `must be ${WHEN.join(' or ')}`)
        .default('now')
        .meta({ description: 'When another plan takes effect.' }),
      unused: z
        .enum(CHANGE_POLICIES, `must be ${CHANGE_POLICIES.join(', ')}`)
        .default('keep')
        .meta({
          description:
            "What becomes of the old plan's credits where another takes effect now: they live to their end; their share of the time to come goes, and the new ones come for that time; or none is left.",
        }),
      trial: z
        .boolean('must be true or false')
        .default(false)
        .meta({ description: 'The first period is a trial. An account tries a plan out once.' }),
      cancel_at_period_end: z
        .boolean('must be true or false')
        .meta({ description: 'False takes a cancellation back.' })
        .optional(),
      overrides: z
        .record(unitName, amount, 'must be an object of amounts by unit')
        .refine(value => Object.keys(value).length <= MOST_OVERRIDES, `must have at most ${MOST_OVERRIDES} members`)
        .meta({
          description:
            "Amounts of this account's own, of the plan's grants and limits by unit. Within a period limits change at once, what was used of them stays used; what a period gives changes from the next one on.",
        })
        .optional(),
    },
    'must be an object',
  )
  .meta({
    id: 'SubscribeRequest',
    examples: [{ plan: 'pro', cycle_start_at: '2026-11-01T00:00:00Z', cycle_end_at: '2026-12-01T00:00:00Z' }],
  });

export const cancelQuery = z.strictObject({
  at: z
    .enum(WHEN, `must be ${WHEN.join(' or ')}`)
    .default('period_end')
    .meta({ description: 'When it ends.' }),
});
