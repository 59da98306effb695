import { z } from 'zod';
import { CAMPAIGN_ID } from '../../campaigns/campaign.js';
import { amount, appliesTo, moment, priority, unitName, wholeNumber } from './fields.js';

const TEN_YEARS_SECONDS = 10 * 366 * 86_400;
const MOST_CLAIMS = 1_000_000_000;

export const campaignId = z
  .string('must be a string')
  .regex(CAMPAIGN_ID, `must match ${CAMPAIGN_ID.source}`)
  .meta({ description: 'Of a campaign.', examples: ['welcome'] });

export const defineCampaignRequest = z
  .strictObject(
    {
      amount,
      unit: unitName.default('credits'),
      priority: priority.default(50),
      expires_after_seconds: wholeNumber(1, TEN_YEARS_SECONDS)
        .meta({ description: 'How long what is granted lives, from the claim on; for ever if left out.' })
        .optional(),
      applies_to: appliesTo.optional(),
      starts_at: moment.optional(),
      ends_at: moment.meta({ description: 'From then on nobody claims it any more.' }).optional(),
      most_claims: wholeNumber(0, MOST_CLAIMS).meta({ description: 'Any number if left out.' }).optional(),
    },
    'must be an object',
  )
  .refine(({ starts_at: start, ends_at: end }) => start === undefined || end === undefined || start < end, {
    path: ['ends_at'],
    message: 'must be after starts_at',
  })
  .meta({
    id: 'DefineCampaignRequest',
    description: 'Replaces all that was said of the campaign, for claims to come.',
    examples: [{ amount: '20', expires_after_seconds: 2_592_000, most_claims: 1_000 }],
  });
