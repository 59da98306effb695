import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import type { Mode } from '../ledger/submission.js';
import { LedgerError } from '../shared/ledger-error.js';
import { MOST_CAMPAIGNS, type Campaign, type CampaignTerms, type Claim } from './campaign.js';
import { StoredCampaigns } from './stored-campaigns.js';

/** Free credits for whoever claims them; of live and of test apart. */
@Injectable()
export class Campaigns {
  private readonly stored: StoredCampaigns;

  constructor(pool: Pool) {
    this.stored = new StoredCampaigns(pool);
  }

  /** Makes it, or puts its terms in the place of those it has. @throws LedgerError too_many_campaigns */
  async put(mode: Mode, id: string, terms: CampaignTerms): Promise<Campaign> {
    const campaign = await this.stored.put(mode, id, terms);
    if (campaign !== undefined) return campaign;
    throw new LedgerError('too_many_campaigns', `there are ${MOST_CAMPAIGNS} campaigns already`);
  }

  /** @throws LedgerError campaign_not_found */
  async get(mode: Mode, id: string): Promise<Campaign> {
    const campaign = await this.stored.find(mode, id);
    if (campaign === undefined) throw new LedgerError('campaign_not_found', 'there is no such campaign');
    return campaign;
  }

  list(mode: Mode, after: string, limit: number): Promise<Campaign[]> {
    return this.stored.list(mode, after, limit);
  }

  /** @throws LedgerError campaign_not_found */
  async claims(mode: Mode, id: string, before: number, limit: number): Promise<Claim[]> {
    await this.get(mode, id);
    return this.stored.claims(mode, id, before, limit);
  }
}
