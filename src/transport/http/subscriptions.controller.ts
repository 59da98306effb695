import { Controller, Delete, Get, Put, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { subscriptionAnswer, subscriptionMutation, subscriptionsAnswer } from '../subscription-answers.js';
import { cancelQuery, subscribeRequest } from '../requests/subscriptions.js';
import { SubscriptionCalls } from '../subscriptions.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

const TAG = 'plans';

interface Path {
  readonly account: string;
  readonly subscription: string;
}

/** What accounts have of plans. */
@Controller('v1/accounts/:account/subscriptions')
export class SubscriptionsController {
  constructor(private readonly calls: SubscriptionCalls) {}

  @Get()
  @RouteConfig(
    called({
      id: 'listSubscriptions',
      tag: TAG,
      summary: 'List the subscriptions of an account, those that ended lately included',
      scope: 'ledger:read',
      status: 200,
      answer: subscriptionsAnswer,
    }),
  )
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account } = request.params as Path;
    sendAnswer(reply, 200, await this.calls.list(request.caller, account));
  }

  @Put(':subscription')
  @RouteConfig(
    called({
      id: 'putSubscription',
      tag: TAG,
      summary: 'Start, renew or change a subscription',
      scope: 'ledger:write',
      body: subscribeRequest,
      refusals: [
        'plan_not_found',
        'unit_not_found',
        'period_overlap',
        'trial_used',
        'plan_archived',
        'too_many_subscriptions',
        'amount_too_large',
      ],
      status: 200,
      answer: subscriptionMutation,
    }),
  )
  async put(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account, subscription } = request.params as Path;
    const answer = await this.calls.subscribe(request.caller, account, subscription, readBody(request));
    sendAnswer(reply, 200, answer.body);
  }

  @Get(':subscription')
  @RouteConfig(
    called({
      id: 'getSubscription',
      tag: TAG,
      summary: 'Read a subscription: its period, what it gives, how much of its limits is used',
      scope: 'ledger:read',
      refusals: ['subscription_not_found'],
      status: 200,
      answer: subscriptionAnswer,
    }),
  )
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account, subscription } = request.params as Path;
    sendAnswer(reply, 200, await this.calls.get(request.caller, account, subscription));
  }

  @Delete(':subscription')
  @RouteConfig(
    called({
      id: 'cancelSubscription',
      tag: TAG,
      summary: 'Cancel a subscription, with its period or now',
      scope: 'ledger:write',
      query: cancelQuery,
      refusals: ['subscription_not_found'],
      status: 200,
      answer: subscriptionMutation,
    }),
  )
  async cancel(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account, subscription } = request.params as Path;
    sendAnswer(reply, 200, (await this.calls.cancel(request.caller, account, subscription, request.query)).body);
  }
}
