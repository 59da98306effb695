import { z } from 'zod';
import { amountOut, moment, mutationFields } from './answers.js';

const STATUSES = ['trialing', 'active', 'past_due', 'waiting', 'ended'] as const;

const subscription = z
  .strictObject({
    id: z.string(),
    plan: z.string(),
    plan_version: z.int().min(1),
    status: z.enum(STATUSES).meta({
      description:
        '`past_due`: its period is over, and its renewal is awaited until `grace_ends_at`. `waiting`: a fallback, while a subscription lives that is on its plan or would fall back to it.',
    }),
    period_start_at: moment,
    period_end_at: moment,
    grace_ends_at: moment.optional(),
    cancel_at_period_end: z.boolean(),
    next: z
      .strictObject({
        plan: z.string(),
        plan_version: z.int().min(1),
        starts_at: moment.optional().meta({ description: 'Not where it waits for its payment.' }),
      })
      .optional()
      .meta({ description: 'What follows the period.' }),
    grants: z.array(z.strictObject({ unit: z.string(), amount: amountOut })),
    limits: z.array(
      z.strictObject({
        unit: z.string(),
        cap: amountOut,
        used: amountOut.meta({ description: 'In the current window, what is held included.' }),
        soft: z.boolean(),
        resets_at: moment.optional(),
      }),
    ),
  })
  .meta({ id: 'Subscription' });

const seq = mutationFields.seq;

export const subscriptionMutation = z
  .strictObject({ ...mutationFields, subscription: subscription.optional() })
  .meta({ id: 'SubscriptionMutation' });

export const subscriptionAnswer = z
  .strictObject({ account: z.string(), seq, subscription })
  .meta({ id: 'SubscriptionAnswer' });

export const subscriptionsAnswer = z
  .strictObject({ account: z.string(), seq, subscriptions: z.array(subscription) })
  .meta({ id: 'SubscriptionsAnswer' });
