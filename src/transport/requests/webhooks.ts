import { z } from 'zod';
import { EVENT_TYPES } from '../../webhooks/event.js';
import type { ReplayFrom } from '../../webhooks/endpoints/backlog.js';
import { accountId, LONGEST_TEXT, moment, text } from './fields.js';
import { opsReason } from './runs.js';

/** The URL itself is looked at by whoever sends to it. */
const LONGEST_URL = 2_048;
const MOST_OVERLAP_SECONDS = 7 * 86_400;
const DEFAULT_OVERLAP_SECONDS = 86_400;

const terms = {
  url: text(LONGEST_URL).meta({ description: 'https, port 443 or 8443, on the public internet.', format: 'uri' }),
  description: text(LONGEST_TEXT, 0)
    .refine(value => !value.includes('\0'), 'must not contain the character U+0000')
    .default(''),
  events: z
    .array(z.enum(EVENT_TYPES, `must be one of ${EVENT_TYPES.join(', ')}`), 'must be a list')
    .min(1, 'must not be empty')
    .max(EVENT_TYPES.length, `must have at most ${EVENT_TYPES.length} items`)
    .refine(types => new Set(types).size === types.length, 'must not name a type twice')
    .optional()
    .meta({ description: 'What it is told of; everything, and what will be added, if left out.' }),
};

export const createEndpointRequest = z
  .strictObject(terms, 'must be an object')
  .meta({ id: 'CreateWebhookEndpointRequest', examples: [{ url: 'https://example.com/credits' }] });

export const changeEndpointRequest = z
  .strictObject(
    {
      ...terms,
      enabled: z
        .boolean('must be true or false')
        .optional()
        .meta({ description: 'As it is, if left out. What happens while it is false is sent afterwards.' }),
    },
    'must be an object',
  )
  .meta({ id: 'ChangeWebhookEndpointRequest', examples: [{ url: 'https://example.com/credits', enabled: true }] });

const overlapMessage = `must be a whole number of seconds, 0 to ${MOST_OVERLAP_SECONDS}`;
export const rotateSecretRequest = z
  .strictObject(
    {
      overlap_seconds: z
        .number(overlapMessage)
        .int(overlapMessage)
        .min(0, overlapMessage)
        .max(MOST_OVERLAP_SECONDS, overlapMessage)
        .default(DEFAULT_OVERLAP_SECONDS)
        .meta({ description: 'For how long the secrets before sign as well.' }),
    },
    'must be an object',
  )
  .meta({ id: 'RotateWebhookSecretRequest', examples: [{}, { overlap_seconds: 0 }] });

export const testEndpointRequest = z
  .strictObject({}, 'must be an object')
  .meta({ id: 'TestWebhookEndpointRequest', examples: [{}] });

const sequenceMessage = 'must be a whole number, 1 or more';
export const replayEventsRequest = z
  .strictObject(
    {
      account: accountId.optional().meta({ description: 'Of this account only.' }),
      from_sequence: z.int(sequenceMessage).min(1, sequenceMessage).optional().meta({
        description: "From the account's event with this sequence on.",
      }),
      from: moment.optional().meta({ description: 'From what was to be sent from then on.' }),
      reason: opsReason,
    },
    'must be an object',
  )
  .superRefine(({ account, from_sequence: sequence, from }, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (sequence === undefined && from === undefined) refuse('from', 'is required, or from_sequence with an account');
    if (sequence !== undefined && from !== undefined) refuse('from', 'cannot be given together with from_sequence');
    if (sequence !== undefined && account === undefined) {
      refuse('from_sequence', 'counts the events of one account: give account');
    }
  })
  .meta({
    id: 'ReplayEventsRequest',
    examples: [
      { account: 'user_42', from_sequence: 17, reason: 'ticket 311' },
      { from: '2026-11-21T12:00:00Z', reason: 'our receiver lost its disk' },
    ],
  });

export function replayFrom(request: z.output<typeof replayEventsRequest>): ReplayFrom {
  const { account, from_sequence: sequence, from } = request;
  if (sequence !== undefined) return { account: account!, sequence };
  return { account: account ?? null, createdAt: from! };
}
