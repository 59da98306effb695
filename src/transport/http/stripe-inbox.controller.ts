import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageOf } from '../answers.js';
import { replayStripeEventsRequest, stripeEventsQuery } from '../requests/stripe-inbox.js';
import { StripeInboxCalls } from '../stripe-inbox.js';
import { stripeEvent, stripeEventWithBody, stripeReplay } from '../top-up-answers.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

const ABOUT_EVENTS = { tag: 'operations', scope: 'ops', status: 200 } as const;

/** What Stripe told, and what came of it. A key sees the events of its own mode. */
@Controller('v1/ops/stripe/events')
export class StripeInboxController {
  constructor(private readonly calls: StripeInboxCalls) {}

  @Get()
  @RouteConfig(
    called({
      ...ABOUT_EVENTS,
      id: 'listStripeEvents',
      summary: "List Stripe's events, the latest first",
      query: stripeEventsQuery,
      answer: pageOf(stripeEvent, 'StripeEvent'),
    }),
  )
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.list(request.caller, request.query));
  }

  @Get(':id')
  @RouteConfig(
    called({
      ...ABOUT_EVENTS,
      id: 'getStripeEvent',
      summary: 'Read an event as Stripe sent it, and what came of it',
      refusals: ['stripe_event_not_found'],
      answer: stripeEventWithBody,
    }),
  )
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id } = request.params as { id: string };
    sendAnswer(reply, 200, await this.calls.get(request.caller, id));
  }

  @Post('replay')
  @RouteConfig(
    called({
      ...ABOUT_EVENTS,
      id: 'replayStripeEvents',
      summary: 'Work on events again, dead ones too, or tell what that would change',
      description: 'What took effect does not do so twice: a replay does what is still to be done.',
      body: replayStripeEventsRequest,
      refusals: ['stripe_event_not_found'],
      answer: stripeReplay,
    }),
  )
  async replay(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.replay(request.caller, readBody(request)));
  }
}
