import { Controller, Get, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ExplainAccount } from '../../replay/explain/explain-account.js';
import { explanation } from '../answers.js';
import { explainQuery } from '../requests/lists.js';
import { parseRequest } from '../requests/parse-request.js';
import { called } from './call.js';
import { readTarget } from './read-target.js';
import { sendAnswer } from './send-answer.js';

@Controller('v1')
export class ExplainController {
  constructor(private readonly queries: QueryBus) {}

  @Get('accounts/:account/explain')
  @RouteConfig(
    called({
      id: 'explainAccount',
      tag: 'accounts',
      summary: 'Tell how the balances changed between two moments, entry by entry',
      description: '`text` is the same in plain words, to be pasted into a reply. At most 1,000 entries.',
      scope: 'ledger:read',
      query: explainQuery,
      status: 200,
      answer: explanation,
    }),
  )
  async explain(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const target = readTarget(request);
    const { from, to } = parseRequest(explainQuery, request.query, 'query');
    const { json } = await this.queries.execute(new ExplainAccount(target, from ?? null, to ?? null));
    sendAnswer(reply, 200, json);
  }
}
