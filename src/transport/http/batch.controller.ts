import { Controller, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Caller } from '../../keys/authenticator.js';
import type { LedgerError } from '../../shared/ledger-error.js';
import { batchResults } from '../answers.js';
import { asLedgerError } from '../as-ledger-error.js';
import { Batches, type Outcome } from '../batch.js';
import type { Call } from '../mutations.js';
import { problemOf } from '../problem.js';
import { batchRequest, readBatchCommand } from '../requests/batch.js';
import { parseRequest } from '../requests/parse-request.js';
import { called } from './call.js';
import { readBody } from './read-body.js';
import { sendAnswer } from './send-answer.js';

type Given = z.output<typeof batchRequest>['commands'][number];

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
    const calls = commands.map((given, index) => callOf(given, request.caller, `body.commands[${index}]`));
    const outcomes = await Promise.all(this.batches.send(await this.batches.read(calls), request.id));
    sendAnswer(reply, 200, join(commands, calls, outcomes, request.id));
  }
}

function callOf(given: Given, { mode }: Caller, part: string): Call | LedgerError {
  try {
    return { ...readBatchCommand(given, part), asker: { mode }, part, keyLocation: `${part}.idempotency_key` };
  } catch (error) {
    return asLedgerError(error);
  }
}

/** The answer's JSON, the results in the order of the commands. */
function join(
  commands: readonly Given[],
  calls: readonly (Call | LedgerError)[],
  outcomes: readonly Outcome[],
  requestId: string,
): Buffer {
  const parts: Buffer[] = [];
  outcomes.forEach((outcome, index) => {
    const { status, body } =
      'error' in outcome
        ? refusal(outcome.error, requestId)
        : { status: (calls[index] as Call).operation.status, body: outcome.answer.body };
    const start = index === 0 ? '{"results":[' : ',';
    parts.push(Buffer.from(`${start}{"id":${JSON.stringify(commands[index]!.id)},"status":${status},"body":`));
    parts.push(body, Buffer.from('}'));
  });
  parts.push(Buffer.from(']}'));
  return Buffer.concat(parts);
}

function refusal(error: LedgerError, requestId: string): { readonly status: number; readonly body: Buffer } {
  const problem = problemOf(error, requestId);
  return { status: problem.status, body: Buffer.from(JSON.stringify(problem)) };
}
