import { Controller, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { batchResults } from '../answers.js';
import { Batches } from '../batch.js';
import { batchRequest } from '../requests/batch.js';
import { parseRequest } from '../requests/parse-request.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

/** Many commands at once, for volume. */
@Controller('v1/batch')
export class BatchController {
  constructor(private readonly batches: Batches) {}

  @Post()
  @RouteConfig(
    called({
      id: 'batch',
      tag: 'batch',
      summary: 'Send up to 1,000 commands; each has its own key and its own result',
      description: "An account's commands take effect in their order. A refused command stops nothing.",
      scope: 'ledger:write',
      body: batchRequest,
      status: 200,
      answer: batchResults,
    }),
  )
  async run(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { commands } = parseRequest(batchRequest, readBody(request), 'body');
    sendAnswer(reply, 200, await this.batches.run(commands, request.caller.mode, request.id));
  }
}
