import { z } from 'zod';
import { CARD_ID, cardDefinition } from '../../rates/card-definition.js';
import { accountId, moment } from './fields.js';

export const cardId = z
  .string()
  .regex(CARD_ID, `must match ${CARD_ID.source}`)
  .meta({ description: 'Of a rate card; `default` prices for accounts whose plan names none.' });

export const putRateCardRequest = cardDefinition
  .extend({
    publish: z
      .boolean('must be true or false')
      .default(false)
      .meta({ description: 'A published version never changes. Without: a draft, in the place of the one before.' }),
    effective_at: moment
      .optional()
      .meta({ description: 'From when on it prices events; now if left out. Not in the past.' }),
  })
  .superRefine((request, context) => {
    if (request.effective_at === undefined || request.publish) return;
    context.addIssue({ code: 'custom', path: ['effective_at'], message: 'goes with publish: a draft prices nothing' });
  })
  .meta({
    id: 'PutRateCardRequest',
    examples: [
      {
        rounding: 'up',
        publish: true,
        meters: {
          llm_tokens: {
            charges: [
              {
                unit: 'credits',
                per: '1000000',
                prices: [
                  { match: { model: 'small*' }, rates: { input: '0.25', output: '2' } },
                  { rates: { input: '1.25', output: '10' } },
                ],
              },
            ],
          },
        },
      },
    ],
  });

const MOST_DAYS = 366;
const DAY_MS = 86_400_000;

export const simulateRateCardRequest = z
  .strictObject(
    {
      version: z
        .int()
        .min(1)
        .max(2 ** 31 - 1)
        .optional()
        .meta({ description: 'Which prices to try; the draft if left out, or the newest where there is none.' }),
      over: cardId
        .optional()
        .meta({ description: 'Whose events: those that this card priced. The card itself if left out.' }),
      account: accountId.optional().meta({ description: 'Only this account; all of them if left out.' }),
      from: moment.meta({ description: 'Inclusive.' }),
      to: moment.meta({ description: 'Exclusive.' }),
    },
    'must be an object',
  )
  .superRefine(({ from, to }, context) => {
    if (to <= from) context.addIssue({ code: 'custom', path: ['to'], message: 'must be later than from' });
    if (to - from <= MOST_DAYS * DAY_MS) return;
    context.addIssue({ code: 'custom', path: ['from'], message: `must be at most ${MOST_DAYS} days before to` });
  })
  .meta({
    id: 'SimulateRateCardRequest',
    examples: [{ from: '2026-10-01T00:00:00Z', to: '2026-11-01T00:00:00Z' }],
  });

const VERSION_MESSAGE = 'must be a whole number, 1 or more';

export const rateCardQuery = z.strictObject({
  version: z.coerce
    .number(VERSION_MESSAGE)
    .int(VERSION_MESSAGE)
    .min(1, VERSION_MESSAGE)
    .max(2 ** 31 - 1, VERSION_MESSAGE)
    .optional()
    .meta({ description: 'The one in effect if left out; the newest where none is.' }),
});
