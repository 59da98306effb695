import type { CampaignCalls } from '../campaigns.js';
import { moments, unary } from './unary-call.js';

/** Calls about free credits; claiming them is a mutation. */
export function campaignCalls(campaigns: CampaignCalls) {
  return {
    putCampaign: unary('putCampaign', 'config:write', async (request, { asker }) => {
      const { campaign = '', starts_at, ends_at, ...terms } = request;
      return `{"campaign":${await campaigns.put(asker, campaign, { ...terms, ...moments({ starts_at, ends_at }) })}}`;
    }),
    getCampaign: unary('getCampaign', 'ledger:read', async ({ campaign = '' }, { asker }) => {
      return `{"campaign":${await campaigns.get(asker, campaign)}}`;
    }),
    listCampaigns: unary('listCampaigns', 'ledger:read', async (request, { asker }) => campaigns.list(asker, request)),
    listClaims: unary('listClaims', 'ledger:read', async ({ campaign = '', ...query }, { asker }) => {
      return campaigns.claims(asker, campaign, query);
    }),
  };
}
