import { z } from 'zod';
import { MEASURES } from '../alerts/alert-rule.js';
import { MODES } from '../keys/api-key.js';
import { EVENT_TYPES } from '../webhooks/event.js';
import { amountOut, count, id, moment } from './answers.js';

/** What the calls of alert rules and webhook endpoints answer. */
export const alertRule = z
  .strictObject({
    rule: z.string(),
    account: z.string().nullable().meta({ description: 'Null where it is for all accounts.' }),
    unit: z.string(),
    amount: amountOut.optional(),
    percent: z.int().optional(),
    runs_out_within_seconds: z.int().optional(),
    expires_within_seconds: z.int().optional(),
    measure: z.enum(MEASURES),
    enabled: z.boolean(),
  })
  .meta({ id: 'AlertRule', description: 'When to tell: of amount, percent and the two times it has one.' });

const webhookEndpointFields = {
  id: id('whe'),
  mode: z.enum(MODES),
  url: z.string(),
  description: z.string(),
  events: z.array(z.enum(EVENT_TYPES)).nullable().meta({ description: 'Null for everything.' }),
  enabled: z.boolean(),
  disabled_because: z.enum(['asked', 'gone', 'failing']).nullable().meta({
    description: '`gone`: it answered 410; `failing`: it took nothing for days.',
  }),
  disabled_at: moment.nullable(),
  last_success_at: moment.nullable(),
  last_failure_at: moment.nullable(),
  last_failure: z.string().nullable(),
  secrets: z
    .array(z.strictObject({ expires_at: moment.nullable() }))
    .meta({ description: 'Those that sign, the newest first.' }),
  created_at: moment,
};
export const webhookEndpoint = z.strictObject(webhookEndpointFields).meta({ id: 'WebhookEndpoint' });
export const newWebhookEndpoint = z
  .strictObject({ ...webhookEndpointFields, secret: z.string().meta({ description: 'Shown this once.' }) })
  .meta({ id: 'NewWebhookEndpoint' });

export const webhookTest = z
  .strictObject({ delivered: z.boolean(), failure: z.string().nullable() })
  .meta({ id: 'WebhookTest' });

export const waitingEvents = z
  .strictObject({
    account: z.string(),
    next_sequence: z.int().min(1),
    last_sequence: z.int().min(1),
    attempts: count.meta({ description: 'Of the next event, in vain.' }),
    next_attempt_at: moment,
    failing_since: moment.nullable(),
    last_failure: z.string().nullable(),
  })
  .meta({ id: 'WaitingEvents', description: 'What of one account waits for an endpoint.' });

export const replayedEvents = z.strictObject({ accounts: count, events: count }).meta({
  id: 'ReplayedEvents',
  description: 'How many events of how many accounts are sent now, those included that waited anyway.',
});
