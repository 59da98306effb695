import { z } from 'zod';
import { ClaimCampaign } from '../../campaigns/claim-campaign.js';
import { campaignId } from './campaigns.js';
import { LONGEST_TEXT, text } from './fields.js';
import { accountOperation } from './operation.js';

const claimRequest = z
  .strictObject(
    {
      campaign: campaignId,
      key: text(LONGEST_TEXT).meta({
        description:
          'What there may be one claim of, over all accounts: a device, a hash of an address, an invitation. Compared as it is, kept as a hash.',
      }),
    },
    'must be an object',
  )
  .meta({ id: 'ClaimRequest', examples: [{ campaign: 'welcome', key: 'device-9f2c' }] });

export const CLAIM = accountOperation({
  name: 'claim',
  status: 201,
  request: claimRequest,
  summary: 'Claim a campaign for an account',
  refusals: [
    'campaign_not_found',
    'campaign_not_started',
    'campaign_ended',
    'campaign_exhausted',
    'already_claimed',
    'too_many_lots',
    'amount_too_large',
  ],
  async prepare({ campaign, key }, target) {
    return once => new ClaimCampaign(target, campaign, key, once.key);
  },
});
