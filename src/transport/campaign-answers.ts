import { z } from 'zod';
import { amountOut, count, moment } from './answers.js';
import { appliesTo } from './requests/fields.js';

export const campaign = z
  .strictObject({
    id: z.string(),
    unit: z.string(),
    amount: amountOut.meta({ description: 'For each claim.' }),
    priority: z.int(),
    expires_after_seconds: z.int().optional().meta({ description: 'Counted from the claim.' }),
    applies_to: appliesTo.optional(),
    starts_at: moment.optional(),
    ends_at: moment.optional(),
    most_claims: count.optional(),
    claims: count.meta({ description: 'So far, those on their way included.' }),
    created_at: moment,
  })
  .meta({ id: 'Campaign' });

export const claim = z
  .strictObject({
    account: z.string(),
    granted: z.boolean().meta({ description: 'False while its credits are on their way.' }),
    claimed_at: moment,
  })
  .meta({ id: 'Claim' });
