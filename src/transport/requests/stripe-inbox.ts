import { z } from 'zod';
import { REPORT_DECISIONS } from '../../stripe/arrears/meter-reports.js';
import { REPORT_STATES } from '../../stripe/arrears/stored-reports.js';
import { ATTEMPT_STATES } from '../../stripe/auto-top-ups/attempt.js';
import { EVENT_STATES } from '../../stripe/intake/stored-events.js';
import { accountId } from './fields.js';
import { pagingQuery } from './lists.js';
import { opsReason } from './runs.js';

const LONGEST_ID = 255;
const MOST_EVENTS = 100;

const stripeId = z
  .string('must be a string')
  .max(LONGEST_ID, `must have at most ${LONGEST_ID} characters`)
  .regex(/^[A-Za-z0-9_-]+$/, 'must be an id of Stripe');

export const stripeEventsQuery = pagingQuery.extend({
  state: z.enum(EVENT_STATES, `must be one of ${EVENT_STATES.join(', ')}`).optional(),
  subject: stripeId.optional().meta({ description: 'Only those about this object, a payment intent for example.' }),
});

export const meterReportsQuery = pagingQuery.extend({
  state: z.enum(REPORT_STATES, `must be one of ${REPORT_STATES.join(', ')}`).optional(),
  account: accountId.optional(),
});

export const autoTopUpAttemptsQuery = pagingQuery.extend({
  state: z.enum(ATTEMPT_STATES, `must be one of ${ATTEMPT_STATES.join(', ')}`).optional(),
  account: accountId.optional(),
});

const reportId = z
  .string('must be a string')
  .max(LONGEST_ID, `must have at most ${LONGEST_ID} characters`)
  .regex(/^ent_[A-Za-z0-9_.-]+$/, 'must be the id of a report, ent_…');

export const decideMeterReportsRequest = z
  .strictObject(
    {
      reports: z
        .array(reportId, 'must be a list')
        .min(1, 'must not be empty')
        .max(MOST_EVENTS, `must have at most ${MOST_EVENTS} items`),
      decision: z.enum(REPORT_DECISIONS, `must be ${REPORT_DECISIONS.join(' or ')}`).meta({
        description: '`report_again`: Stripe does not have them. `is_reported`: somebody saw them there.',
      }),
      reason: opsReason,
    },
    'must be an object',
  )
  .meta({
    id: 'DecideMeterReportsRequest',
    examples: [{ reports: ['ent_AAAAAAAAAAAAAAAAAAAAAA'], decision: 'report_again', reason: 'the meter is there now' }],
  });

export const replayStripeEventsRequest = z
  .strictObject(
    {
      events: z
        .array(stripeId, 'must be a list')
        .min(1, 'must not be empty')
        .max(MOST_EVENTS, `must have at most ${MOST_EVENTS} items`),
      dry_run: z.boolean('must be true or false').default(true).meta({ description: 'Only tell what would change.' }),
      reason: opsReason,
    },
    'must be an object',
  )
  .meta({
    id: 'ReplayStripeEventsRequest',
    examples: [{ events: ['evt_1Q2w3E'], dry_run: true, reason: 'ticket 311' }],
  });
