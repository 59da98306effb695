import { Injectable } from '@nestjs/common';
import type { Campaign } from '../campaigns/campaign.js';
import { Campaigns } from '../campaigns/campaigns.js';
import { formatAmount } from '../shared/amount.js';
import { formatMoment } from '../shared/moment.js';
import { pageOf } from '../shared/page.js';
import { Amounts } from '../units/amounts.js';
import { UnitRegistry } from '../units/unit-registry.js';
import type { Asker } from './asker.js';
import { decodeCursor, decodeNumberCursor } from './cursor.js';
import { pageJson } from './page-json.js';
import { campaignId, defineCampaignRequest } from './requests/campaigns.js';
import { appliesToOf } from './requests/grant.js';
import { pagingQuery } from './requests/lists.js';
import { parseRequest } from './requests/parse-request.js';

const MS_PER_SECOND = 1_000;

/** Calls about campaigns, read and answered the same way for every transport, as JSON. */
@Injectable()
export class CampaignCalls {
  constructor(
    private readonly campaigns: Campaigns,
    private readonly amounts: Amounts,
    private readonly units: UnitRegistry,
  ) {}

  /** The unit is put to use: what is promised in it stays what it is. */
  async put({ mode }: Asker, campaign: unknown, body: unknown): Promise<string> {
    const id = parseRequest(campaignId, campaign, 'path.campaign');
    const request = parseRequest(defineCampaignRequest, body, 'body');
    const read = await this.amounts.read([{ location: 'body.amount', unit: request.unit, input: request.amount }]);
    await this.amounts.putToUse(read);
    const { expires_after_seconds: seconds } = request;
    const terms = {
      unit: request.unit,
      amount: read.values[0]!,
      priority: request.priority,
      expiresAfterMs: seconds === undefined ? null : seconds * MS_PER_SECOND,
      appliesTo: appliesToOf(request.applies_to),
      startsAt: request.starts_at ?? null,
      endsAt: request.ends_at ?? null,
      mostClaims: request.most_claims ?? null,
    };
    return this.json(await this.campaigns.put(mode, id, terms));
  }

  async get({ mode }: Asker, campaign: unknown): Promise<string> {
    return this.json(await this.campaigns.get(mode, parseRequest(campaignId, campaign, 'path.campaign')));
  }

  async list({ mode }: Asker, query: unknown): Promise<string> {
    const { limit, after } = parseRequest(pagingQuery, query, 'query');
    const found = await this.campaigns.list(mode, decodeCursor('campaigns', after) ?? '', limit + 1);
    const told = await Promise.all(found.map(async campaign => ({ id: campaign.id, json: await this.json(campaign) })));
    return pageJson(
      'campaigns',
      pageOf(
        told,
        limit,
        ({ json }) => json,
        ({ id }) => id,
      ),
    );
  }

  async claims({ mode }: Asker, campaign: unknown, query: unknown): Promise<string> {
    const id = parseRequest(campaignId, campaign, 'path.campaign');
    const { limit, after } = parseRequest(pagingQuery, query, 'query');
    const found = await this.campaigns.claims(mode, id, decodeNumberCursor('claims', after), limit + 1);
    return pageJson(
      'claims',
      pageOf(
        found,
        limit,
        ({ account, granted, claimedAt }) => JSON.stringify({ account, granted, claimed_at: formatMoment(claimedAt) }),
        ({ no }) => no,
      ),
    );
  }

  private async json(campaign: Campaign): Promise<string> {
    const { id, unit, amount, priority, expiresAfterMs, appliesTo, startsAt, endsAt, mostClaims, claims } = campaign;
    const { scale } = await this.units.find(unit);
    return JSON.stringify({
      id,
      unit,
      amount: formatAmount(amount, scale),
      priority,
      ...(expiresAfterMs === null ? {} : { expires_after_seconds: expiresAfterMs / MS_PER_SECOND }),
      ...(appliesTo === null ? {} : { applies_to: appliesTo }),
      ...(startsAt === null ? {} : { starts_at: formatMoment(startsAt) }),
      ...(endsAt === null ? {} : { ends_at: formatMoment(endsAt) }),
      ...(mostClaims === null ? {} : { most_claims: mostClaims }),
      claims,
      created_at: formatMoment(campaign.createdAt),
    });
  }
}
