import { Controller, Get, Put, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { autoTopUp } from '../auto-top-up-answers.js';
import { AutoTopUpCalls } from '../auto-top-ups.js';
import { autoTopUpRequest } from '../requests/auto-top-ups.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

const TAG = 'top-ups';

interface Path {
  readonly account: string;
}

/** Credits that are bought by themselves when an account runs low. */
@Controller('v1/accounts/:account/auto-top-up')
export class AutoTopUpsController {
  constructor(private readonly calls: AutoTopUpCalls) {}

  @Get()
  @RouteConfig(
    called({
      id: 'getAutoTopUp',
      tag: TAG,
      summary: 'Read when credits of an account are bought by themselves, and how that fares',
      scope: 'ledger:read',
      refusals: ['auto_top_up_not_found'],
      status: 200,
      answer: autoTopUp,
    }),
  )
  async get(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account } = request.params as Path;
    sendAnswer(reply, 200, await this.calls.get(request.caller, account));
  }

  @Put()
  @RouteConfig(
    called({
      id: 'putAutoTopUp',
      tag: TAG,
      summary: 'Have credits bought with the saved card when an account runs low',
      description:
        'Begins anew, whatever had stopped it. The account is looked at at once: where it is low already, its card is ' +
        'charged. With `enabled` false nothing new is bought.',
      scope: 'billing:write',
      body: autoTopUpRequest,
      refusals: ['pack_not_found', 'unit_not_found', 'stripe_not_configured'],
      status: 200,
      answer: autoTopUp,
    }),
  )
  async put(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account } = request.params as Path;
    sendAnswer(reply, 200, await this.calls.put(request.caller, account, readBody(request)));
  }
}
