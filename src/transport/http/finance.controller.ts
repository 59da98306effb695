import { Controller, Get, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FinanceCalls } from '../finance.js';
import { financeMonths } from '../finance-answers.js';
import { financeQuery } from '../requests/finance.js';
import { called } from './call.js';
import { prefers } from './prefers.js';
import { sendAnswer } from './send-answer.js';

const CSV = 'text/csv';

/** What the ledger knows of money, for whoever keeps the books. */
@Controller('v1/finance')
export class FinanceController {
  constructor(private readonly calls: FinanceCalls) {}

  @Get('months')
  @RouteConfig(
    called({
      id: 'listFinanceMonths',
      tag: 'finance',
      summary: 'Tell month by month what became of the money that was paid for credits',
      description:
        'By currency and category of the lots: recognised as credits are spent, breakage as they expire, revoked as they ' +
        "are taken back, deferred as long as they are there. Of live or test accounts, by the key's mode. With " +
        '`Accept: text/csv` all of it at once, without `limit` and `after`. At most 120 months.',
      scope: 'ops',
      query: financeQuery,
      status: 200,
      answer: financeMonths,
      alsoAs: CSV,
    }),
  )
  async months(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    void reply.header('vary', 'Accept');
    if (!prefers(request.headers.accept, CSV, 'application/json')) {
      return sendAnswer(reply, 200, await this.calls.months(request.caller, request.query));
    }
    const csv = await this.calls.monthsCsv(request.caller, request.query);
    void reply.code(200).header('content-type', `${CSV}; charset=utf-8`).send(csv);
  }
}
