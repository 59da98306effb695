import { Controller, Get, Post, Put, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageOf } from '../answers.js';
import { rateCard, rateCardSummary, rateCardWithVersions, simulation } from '../rate-card-answers.js';
import { RateCardCalls } from '../rate-cards.js';
import { pagingQuery } from '../requests/lists.js';
import { putRateCardRequest, rateCardQuery, simulateRateCardRequest } from '../requests/rate-card.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

const TAG = 'rate cards';

/** What things cost; shared by live and test. */
@Controller('v1/rate-cards')
export class RateCardsController {
  constructor(private readonly calls: RateCardCalls) {}

  @Get()
  @RouteConfig(
    called({
      id: 'listRateCards',
      tag: TAG,
      summary: 'List rate cards by id',
      scope: 'ledger:read',
      query: pagingQuery,
      status: 200,
      answer: pageOf(rateCardSummary, 'RateCardSummary'),
    }),
  )
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.list(request.query));
  }

  @Get(':card')
  @RouteConfig(
    called({
      id: 'getRateCard',
      tag: TAG,
      summary: 'Read a version of a rate card, and which versions there are',
      scope: 'ledger:read',
      query: rateCardQuery,
      refusals: ['rate_card_not_found'],
      status: 200,
      answer: rateCardWithVersions,
    }),
  )
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { card } = request.params as { card: string };
    sendAnswer(reply, 200, await this.calls.get(card, request.query));
  }

  @Put(':card')
  @RouteConfig(
    called({
      id: 'putRateCard',
      tag: TAG,
      summary: 'Draft or publish prices; published versions never change',
      description:
        'Publishing what is in effect already (or, with `effective_at`, what is published for that moment) answers that ' +
        'version: the call may be repeated. Of versions whose moment has come the latest prices events, of two with the same moment the newer.',
      scope: 'config:write',
      body: putRateCardRequest,
      refusals: ['unit_not_found'],
      status: 200,
      answer: rateCard,
    }),
  )
  async put(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { card } = request.params as { card: string };
    sendAnswer(reply, 200, await this.calls.put(card, readBody(request)));
  }

  @Post(':card/simulate')
  @RouteConfig(
    called({
      id: 'simulateRateCard',
      tag: TAG,
      summary: 'Try prices on what was used in the past; changes nothing',
      description:
        'At most 1,000 accounts, 50,000 events and 500,000 entries a call, and one call at a time on a replica. Spends count ' +
        'by what was committed. Whether a spend would have been refused counts every lot of the account, whatever it may be spent on.',
      scope: 'usage:read',
      body: simulateRateCardRequest,
      refusals: ['rate_card_not_found'],
      status: 200,
      answer: simulation,
    }),
  )
  async simulate(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { card } = request.params as { card: string };
    sendAnswer(reply, 200, await this.calls.simulate(request.caller, card, readBody(request)));
  }
}
