import { Controller, Get, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pageOf } from '../answers.js';
import { statement, usage } from '../report-answers.js';
import { Reads } from '../reads.js';
import { statementQuery, usageQuery } from '../requests/lists.js';
import { called } from './call.js';
import { prefers } from './prefers.js';
import { sendAnswer } from './send-answer.js';

const CSV = 'text/csv';

/** What an account spent, and what became of its credits, over time. */
@Controller('v1')
export class UsageController {
  constructor(private readonly reads: Reads) {}

  @Get('accounts/:account/usage')
  @RouteConfig(
    called({
      id: 'listUsage',
      tag: 'accounts',
      summary: 'Tell what was spent and given back, by unit, day, member and properties',
      description:
        'Properties are of the metadata of the commit, else of its reservation; which ones is the configuration of the ' +
        'service (`USAGE_PROPERTIES`), and their values count by their first 64 characters. Refunds count on their own ' +
        'day, under the properties of the commit. At most 366 days.',
      scope: 'usage:read',
      query: usageQuery,
      refusals: ['unit_not_found'],
      status: 200,
      answer: pageOf(usage, 'Usage'),
    }),
  )
  async usage(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account } = request.params as { account: string };
    sendAnswer(reply, 200, await this.reads.usage(request.caller, account, request.query));
  }

  @Get('accounts/:account/statement')
  @RouteConfig(
    called({
      id: 'getStatement',
      tag: 'accounts',
      summary: 'Tell what an account had, what moved it day by day, and what it had then',
      description:
        'With `format=csv`, or where the `Accept` header prefers it, the same as `text/csv`: rows of type `opening`, a row ' +
        'a line, rows of type `closing`.',
      scope: 'ledger:read',
      query: statementQuery,
      status: 200,
      answer: statement,
      alsoAs: CSV,
    }),
  )
  async statement(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { account } = request.params as { account: string };
    const preferred = prefers(request.headers.accept, CSV, 'application/json') ? 'csv' : 'json';
    const query = { format: preferred, ...(request.query as object) };
    const { format, text } = await this.reads.statement(request.caller, account, query);
    void reply.header('vary', 'Accept');
    if (format === 'json') return sendAnswer(reply, 200, text);
    void reply.code(200).header('content-type', `${CSV}; charset=utf-8`).send(text);
  }
}
