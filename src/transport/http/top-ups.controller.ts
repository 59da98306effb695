import { Controller, Get, Post, Put, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageOf } from '../answers.js';
import { pagingQuery } from '../requests/lists.js';
import { putPackRequest, topUpRequest } from '../requests/top-ups.js';
import { begunTopUp, pack, topUp } from '../top-up-answers.js';
import { TopUpCalls } from '../top-ups.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

const TAG = 'top-ups';

/** Credits that are sold for money once. */
@Controller('v1')
export class TopUpsController {
  constructor(private readonly calls: TopUpCalls) {}

  @Post('accounts/:account/top-ups')
  @RouteConfig(
    called({
      id: 'beginTopUp',
      tag: TAG,
      summary: 'Have a page of Stripe made where the buyer pays for credits',
      description:
        'Grants nothing: the credits come with the payment, whether or not the buyer comes back from its page. The same ' +
        'key and request again answer the same page.',
      scope: 'billing:write',
      body: topUpRequest,
      keyed: true,
      refusals: ['pack_not_found', 'stripe_not_configured', 'stripe_refused'],
      status: 201,
      answer: begunTopUp,
    }),
  )
  async begin(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account } = request.params as { account: string };
    const key = request.headers['idempotency-key'] as string | undefined;
    const { json, replayed } = await this.calls.begin({ mode: request.caller.mode }, account, readBody(request), key);
    if (replayed) void reply.header('idempotency-replayed', 'true');
    sendAnswer(reply, 201, json);
  }

  @Get('accounts/:account/top-ups/:id')
  @RouteConfig(
    called({
      id: 'getTopUp',
      tag: TAG,
      summary: 'Tell how far the checkout of a top-up is',
      scope: 'ledger:read',
      refusals: ['top_up_not_found'],
      status: 200,
      answer: topUp,
    }),
  )
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account, id } = request.params as { account: string; id: string };
    sendAnswer(reply, 200, await this.calls.get({ mode: request.caller.mode }, account, id));
  }

  @Get('packs')
  @RouteConfig(
    called({
      id: 'listPacks',
      tag: TAG,
      summary: 'List packs by id',
      scope: 'ledger:read',
      query: pagingQuery,
      status: 200,
      answer: pageOf(pack, 'Pack'),
    }),
  )
  async listPacks(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.listPacks(request.query));
  }

  @Get('packs/:pack')
  @RouteConfig(
    called({
      id: 'getPack',
      tag: TAG,
      summary: 'Read a pack',
      scope: 'ledger:read',
      refusals: ['pack_not_found'],
      status: 200,
      answer: pack,
    }),
  )
  async getPack(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { pack: id } = request.params as { pack: string };
    sendAnswer(reply, 200, await this.calls.getPack(id));
  }

  @Put('packs/:pack')
  @RouteConfig(
    called({
      id: 'putPack',
      tag: TAG,
      summary: 'Say what a pack is, from the next top-up on',
      description: 'Shared by live and test. Top-ups that were begun keep what was agreed on.',
      scope: 'config:write',
      body: putPackRequest,
      refusals: ['unit_not_found', 'pack_exists', 'too_many_packs'],
      status: 200,
      answer: pack,
    }),
  )
  async putPack(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { pack: id } = request.params as { pack: string };
    sendAnswer(reply, 200, await this.calls.putPack(id, readBody(request)));
  }
}
