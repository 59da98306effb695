import { Controller, Get, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { explanation } from '../report-answers.js';
import { Reads } from '../reads.js';
import { explainQuery } from '../requests/lists.js';
import { called } from './call.js';
import { sendAnswer } from './send-answer.js';

@Controller('v1')
export class ExplainController {
  constructor(private readonly reads: Reads) {}

  @Get('accounts/:account/explain')
  @RouteConfig(
    called({
      id: 'explainAccount',
      tag: 'accounts',
      summary: 'Tell how the balances changed between two moments, entry by entry',
      description: '`text` is the same in plain words, to be pasted into a reply. At most 1,000 entries.',
      scope: 'ledger:read',
      query: explainQuery,
      refusals: ['unit_not_found'],
      status: 200,
      answer: explanation,
    }),
  )
  async explain(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account } = request.params as { account: string };
    sendAnswer(reply, 200, await this.reads.explanation(request.caller, account, request.query));
  }
}
