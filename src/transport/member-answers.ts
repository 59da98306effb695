import { z } from 'zod';
import { PERIOD_UNITS } from '../ledger/domain/calendar.js';
import { amountOut, moment, mutationFields, pageOf } from './answers.js';

const budget = z
  .strictObject({
    unit: z.string(),
    amount: amountOut,
    window: z.strictObject({
      every: z.enum([...PERIOD_UNITS, 'lifetime']),
      count: z.int().min(1).optional(),
      time_zone: z.string().optional().meta({ description: 'Where its windows are those of the calendar.' }),
      anchor_at: moment.optional().meta({ description: 'Where they are counted from then on.' }),
    }),
    soft: z.boolean(),
    used: amountOut.meta({ description: 'In the current window, what is held included.' }),
    held: amountOut.meta({ description: 'What of that is held.' }),
    resets_at: moment.optional().meta({ description: 'When the current window ends.' }),
  })
  .meta({ id: 'BudgetState', description: 'Counts the member and all members below it.' });

const member = z
  .strictObject({ id: z.string(), parent: z.string().optional(), budgets: z.array(budget) })
  .meta({ id: 'Member' });

const account = z.string();
const seq = mutationFields.seq;

/** Without the member where it was taken off the record. */
export const memberMutation = z
  .strictObject({ ...mutationFields, member: member.optional() })
  .meta({ id: 'MemberMutation' });

export const memberAnswer = z.strictObject({ account, seq, member }).meta({ id: 'MemberAnswer' });

export const membersPage = pageOf(member, 'Member');
