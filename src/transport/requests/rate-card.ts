import { z } from 'zod';
import { CARD_ID, cardDefinition } from '../../rates/card-definition.js';
import { moment } from './fields.js';

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
