import { z } from 'zod';
import { MAX_PERIOD_COUNT, PERIOD_UNITS } from '../../ledger/domain/calendar.js';
import { MAX_BUDGETS_PER_MEMBER, type BudgetWindow } from '../../ledger/domain/member.js';
import { accountId, amount, moment, unitName, wholeNumber } from './fields.js';
import { pagingQuery } from './lists.js';
import { HOURS_A_DAY, timeZone } from './plans.js';

/** As long and as plain as the name of an account: it stands in paths. */
export const memberId = accountId.meta({
  description: "The caller's own id of a member, which spends name; percent-encoded.",
  examples: ['ada'],
});

const window = z
  .discriminatedUnion(
    'every',
    [
      z
        .strictObject({
          every: z.enum(PERIOD_UNITS, `must be one of ${PERIOD_UNITS.join(', ')}`),
          count: wholeNumber(1, MAX_PERIOD_COUNT).default(1),
          time_zone: timeZone.optional(),
          anchor_at: moment
            .meta({ description: 'Windows are counted from then on, and not by the calendar.' })
            .optional(),
        })
        .superRefine(({ every, count, time_zone: zone, anchor_at: anchor }, context) => {
          if (anchor === undefined && every === 'hour' && HOURS_A_DAY % count !== 0) {
            const message = 'must divide 24, so that every day begins with a piece of its own';
            context.addIssue({ code: 'custom', path: ['count'], message });
          }
          if (anchor !== undefined && zone !== undefined) {
            const message = 'is for windows of the calendar: leave it or anchor_at out';
            context.addIssue({ code: 'custom', path: ['time_zone'], message });
          }
        }),
      z.strictObject({ every: z.literal('lifetime') }),
    ],
    `must be an object with every: ${[...PERIOD_UNITS, 'lifetime'].join(', ')}`,
  )
  .meta({ id: 'BudgetWindow', description: 'When a budget begins anew: by the calendar, unless it has an anchor_at.' });

const budget = z
  .strictObject(
    {
      unit: unitName.meta({ description: 'What is counted.', examples: ['credits'] }),
      amount,
      window,
      soft: z.boolean('must be true or false').default(false).meta({ description: 'Warns, and refuses nothing.' }),
    },
    'must be an object',
  )
  .meta({ id: 'Budget', description: 'At most so much each window, of the member and of all members below it.' });

export const setMemberRequest = z
  .strictObject(
    {
      parent: memberId.meta({ description: 'The member above it, whose budgets count too.' }).optional(),
      budgets: z
        .array(budget, 'must be a list')
        .max(MAX_BUDGETS_PER_MEMBER, `must have at most ${MAX_BUDGETS_PER_MEMBER} items`)
        .default([]),
    },
    'must be an object',
  )
  .meta({
    id: 'SetMemberRequest',
    description:
      'Replaces all that was said of the member; what was spent in a window that stays the same still counts.',
    examples: [
      { parent: 'design', budgets: [{ unit: 'credits', amount: '100', window: { every: 'month', time_zone: 'UTC' } }] },
    ],
  });

export const membersQuery = z.strictObject({
  ...pagingQuery.shape,
  parent: memberId.meta({ description: 'Only those directly below it.' }).optional(),
});

/** As the ledger has it. */
export function windowOf(given: z.output<typeof window>): { readonly window: BudgetWindow; readonly anchor: number } {
  if (given.every === 'lifetime') return { window: { every: 'lifetime' }, anchor: 0 };
  const { every, count, time_zone: timeZone = 'UTC', anchor_at: anchor } = given;
  return anchor === undefined
    ? { window: { every, count, anchor: 'calendar', timeZone }, anchor: 0 }
    : { window: { every, count, anchor: 'subscription' }, anchor };
}
