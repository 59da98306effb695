import { Controller, Delete, Get, Post, Put, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageOf } from '../answers.js';
import { newWebhookEndpoint, replayedEvents, waitingEvents, webhookEndpoint, webhookTest } from '../webhook-answers.js';
import { pagingQuery } from '../requests/lists.js';
import {
  changeEndpointRequest,
  createEndpointRequest,
  replayEventsRequest,
  rotateSecretRequest,
  testEndpointRequest,
} from '../requests/webhooks.js';
import { WebhookCalls } from '../webhooks.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

/** What every one of these calls has. */
const ABOUT_ENDPOINTS = { tag: 'webhooks', scope: 'config:write' } as const;
const ABOUT_ONE = { ...ABOUT_ENDPOINTS, refusals: ['webhook_endpoint_not_found'], status: 200 } as const;

/** Where events are sent to. A key sees the endpoints of its own mode. */
@Controller('v1/webhook-endpoints')
export class WebhookEndpointsController {
  constructor(private readonly calls: WebhookCalls) {}

  @Post()
  @RouteConfig(
    called({
      ...ABOUT_ENDPOINTS,
      id: 'createWebhookEndpoint',
      summary: 'Have events sent to a URL from now on; its secret is shown this once',
      body: createEndpointRequest,
      refusals: ['too_many_webhook_endpoints'],
      status: 201,
      answer: newWebhookEndpoint,
    }),
  )
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 201, await this.calls.create(request.caller, readBody(request)));
  }

  @Get()
  @RouteConfig(
    called({
      ...ABOUT_ENDPOINTS,
      id: 'listWebhookEndpoints',
      summary: 'List endpoints in the order in which they were made; never their secrets',
      query: pagingQuery,
      status: 200,
      answer: pageOf(webhookEndpoint, 'WebhookEndpoint'),
    }),
  )
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.list(request.caller, request.query));
  }

  @Get(':id')
  @RouteConfig(
    called({
      ...ABOUT_ONE,
      id: 'getWebhookEndpoint',
      summary: 'Read an endpoint: whether it is enabled, why not, and how it did last',
      answer: webhookEndpoint,
    }),
  )
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.get(request.caller, idOf(request)));
  }

  @Put(':id')
  @RouteConfig(
    called({
      ...ABOUT_ONE,
      id: 'changeWebhookEndpoint',
      summary: 'Change an endpoint, disable it, or enable it again: then it is sent what it missed',
      body: changeEndpointRequest,
      answer: webhookEndpoint,
    }),
  )
  async change(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.change(request.caller, idOf(request), readBody(request)));
  }

  @Delete(':id')
  @RouteConfig(
    called({
      ...ABOUT_ONE,
      id: 'deleteWebhookEndpoint',
      summary: 'Delete an endpoint, and what waits for it',
      answer: webhookEndpoint,
    }),
  )
  async delete(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.delete(request.caller, idOf(request)));
  }

  @Post(':id/rotate-secret')
  @RouteConfig(
    called({
      ...ABOUT_ONE,
      id: 'rotateWebhookSecret',
      summary: 'Make a new secret, shown this once; the ones before sign beside it for a while',
      body: rotateSecretRequest,
      answer: newWebhookEndpoint,
    }),
  )
  async rotateSecret(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.rotateSecret(request.caller, idOf(request), readBody(request)));
  }

  @Post(':id/test')
  @RouteConfig(
    called({
      ...ABOUT_ONE,
      id: 'testWebhookEndpoint',
      summary: 'Send `endpoint.test` now, once, and tell what came of it',
      body: testEndpointRequest,
      answer: webhookTest,
    }),
  )
  async test(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.test(request.caller, idOf(request), readBody(request)));
  }

  @Get(':id/backlog')
  @RouteConfig(
    called({
      ...ABOUT_ONE,
      id: 'listWebhookBacklog',
      summary: 'List accounts whose events wait for the endpoint, and why',
      query: pagingQuery,
      answer: pageOf(waitingEvents, 'WaitingEvents'),
    }),
  )
  async backlog(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.backlog(request.caller, idOf(request), request.query));
  }

  @Post(':id/replay')
  @RouteConfig(
    called({
      ...ABOUT_ONE,
      id: 'replayWebhookEvents',
      scope: 'ops',
      summary: 'Send events again, in order, with the ids and sequences they had',
      description: 'From a sequence of one account, or from a time, of everything that is kept: 30 days.',
      body: replayEventsRequest,
      status: 202,
      answer: replayedEvents,
    }),
  )
  async replay(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 202, await this.calls.replay(request.caller, idOf(request), readBody(request)));
  }
}

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id;
}
