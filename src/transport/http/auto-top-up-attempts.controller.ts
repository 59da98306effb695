import { Controller, Get, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageOf } from '../answers.js';
import { AutoTopUpAttemptCalls } from '../auto-top-up-attempts.js';
import { autoTopUpAttempt } from '../auto-top-up-answers.js';
import { autoTopUpAttemptsQuery } from '../requests/stripe-inbox.js';
import { called } from './call.js';
import { sendAnswer } from './send-answer.js';

/** What was bought because accounts ran low. A key sees what is of its own mode. */
@Controller('v1/ops/stripe/auto-top-ups')
export class AutoTopUpAttemptsController {
  constructor(private readonly calls: AutoTopUpAttemptCalls) {}

  @Get()
  @RouteConfig(
    called({
      tag: 'operations',
      scope: 'ops',
      status: 200,
      id: 'listAutoTopUpAttempts',
      summary: 'List automatic top-ups of all accounts and what came of them, the latest first',
      query: autoTopUpAttemptsQuery,
      answer: pageOf(autoTopUpAttempt, 'AutoTopUpAttempt'),
    }),
  )
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.calls.list(request.caller, request.query));
  }
}
