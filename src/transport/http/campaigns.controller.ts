import { Controller, Get, Put, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageOf } from '../answers.js';
import { campaign, claim } from '../campaign-answers.js';
import { CampaignCalls } from '../campaigns.js';
import { defineCampaignRequest } from '../requests/campaigns.js';
import { pagingQuery } from '../requests/lists.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

const TAG = 'campaigns';

/** Free credits for whoever claims them; of live and of test apart. */
@Controller('v1/campaigns')
export class CampaignsController {
  constructor(private readonly calls: CampaignCalls) {}

  @Get()
  @RouteConfig(
    called({
      id: 'listCampaigns',
      tag: TAG,
      summary: 'List campaigns by id',
      scope: 'ledger:read',
      query: pagingQuery,
      status: 200,
      answer: pageOf(campaign, 'Campaign'),
    }),
  )
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.list(request.caller, request.query));
  }

  @Put(':campaign')
  @RouteConfig(
    called({
      id: 'putCampaign',
      tag: TAG,
      summary: 'Define a campaign, or change its terms for claims to come',
      scope: 'config:write',
      body: defineCampaignRequest,
      refusals: ['unit_not_found', 'amount_too_large', 'too_many_campaigns'],
      status: 200,
      answer: campaign,
    }),
  )
  async put(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { campaign: id } = request.params as { campaign: string };
    sendAnswer(reply, 200, await this.calls.put(request.caller, id, readBody(request)));
  }

  @Get(':campaign')
  @RouteConfig(
    called({
      id: 'getCampaign',
      tag: TAG,
      summary: 'Read a campaign, with how often it was claimed',
      scope: 'ledger:read',
      refusals: ['campaign_not_found'],
      status: 200,
      answer: campaign,
    }),
  )
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { campaign: id } = request.params as { campaign: string };
    sendAnswer(reply, 200, await this.calls.get(request.caller, id));
  }

  @Get(':campaign/claims')
  @RouteConfig(
    called({
      id: 'listClaims',
      tag: TAG,
      summary: 'List who claimed a campaign, newest first',
      scope: 'ledger:read',
      query: pagingQuery,
      refusals: ['campaign_not_found'],
      status: 200,
      answer: pageOf(claim, 'Claim'),
    }),
  )
  async claims(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { campaign: id } = request.params as { campaign: string };
    sendAnswer(reply, 200, await this.calls.claims(request.caller, id, request.query));
  }
}
