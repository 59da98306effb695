import { z } from 'zod';
import { MEASURES } from '../alerts/alert-rule.js';
import { MODES } from '../keys/api-key.js';
import { ATTEMPT_STATES } from '../stripe/auto-top-ups/attempt.js';
import { AUTO_TOP_UP_STOPS } from '../webhooks/event.js';
import { count, id, moment } from './answers.js';

const money = z.strictObject({ amount: z.string(), currency: z.string() });

export const AUTO_TOP_UP_STATUSES = ['off', 'ready', 'charging', 'action_required', 'capped', 'stopped'] as const;

export const autoTopUp = z
  .strictObject({
    account: z.string(),
    enabled: z.boolean(),
    unit: z.string(),
    threshold: z.string(),
    measure: z.enum(MEASURES),
    pack: z.string().optional(),
    amount: z.string().optional(),
    target: z.string().optional(),
    currency: z.string().meta({ description: 'Of the limit, and of what is bought.' }),
    monthly_limit: z.strictObject({ amount: z.string(), count }),
    cooldown_seconds: z.int().min(1),
    return_url: z.string(),
    status: z.enum(AUTO_TOP_UP_STATUSES).meta({
      description:
        '`action_required`: the owner of the card has to pay at `action.url`. `capped`: until the next month. ' +
        '`stopped`: `reason` tells why; put the policy again.',
    }),
    reason: z.strictObject({ code: z.enum(AUTO_TOP_UP_STOPS), message: z.string() }).optional(),
    action: z.strictObject({ url: z.string(), expires_at: moment }).optional(),
    declines: count.meta({ description: 'Of one card in a row; the third is the last.' }),
    this_month: z
      .strictObject({ amount: z.string(), count })
      .meta({ description: 'Spent in this month of UTC, what is under way included.' }),
    last_attempt: z
      .strictObject({
        id: id('atu'),
        status: z.enum(ATTEMPT_STATES),
        price: money,
        lots: z.array(
          z.strictObject({ unit: z.string(), amount: z.string(), category: z.enum(['paid', 'promotional']) }),
        ),
        code: z.string().optional(),
        decline_code: z.string().optional(),
        message: z.string().optional(),
        created_at: moment,
        settled_at: moment.optional(),
      })
      .optional(),
    updated_at: moment,
  })
  .meta({ id: 'AutoTopUp', description: 'When credits are bought by themselves, and how that fares.' });

export const autoTopUpAttempt = z
  .strictObject({
    id: id('atu'),
    mode: z.enum(MODES),
    account: z.string(),
    pack: z.string(),
    price: money,
    state: z.enum(ATTEMPT_STATES).meta({
      description:
        '`asking`: Stripe is asked, or is about to be; `action_required`: the bank wants the owner of the card.',
    }),
    payment: z.string().nullable().meta({ description: 'The payment intent at Stripe, once it is known.' }),
    code: z.string().nullable().meta({ description: 'Why it was declined, or given up.' }),
    decline_code: z.string().nullable(),
    message: z.string().nullable(),
    created_at: moment,
    settled_at: moment.nullable(),
  })
  .meta({ id: 'AutoTopUpAttempt', description: 'One time that credits were bought because an account ran low.' });
