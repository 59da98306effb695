import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { LedgerError } from '../../shared/ledger-error.js';
import { asLedgerError } from '../as-ledger-error.js';
import { sendProblem } from './send-problem.js';

/** Everything that goes wrong with a request ends here; what was our fault is logged (`observeRequests`), and never told. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const refusal = ofFramework(error) ?? asLedgerError(error);
    if (reply.sent) reply.request.refusal = refusal;
    else sendProblem(reply, refusal);
  }
}

/** What Fastify and Nest refuse by themselves, before a handler runs; Nest turns most of Fastify's errors into its own. */
function ofFramework(error: unknown): LedgerError | null {
  const fastifyStatus = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  switch (error instanceof HttpException ? error.getStatus() : fastifyStatus) {
    case 400:
      return new LedgerError('invalid_json', 'the request is not complete, or its body not as long as it says');
    case 404:
      return new LedgerError('not_found', 'there is no such path, or not with this method');
    case 413:
      return new LedgerError(
        'payload_too_large',
        'the body is larger than 64 KiB, 4 MiB for a batch, 1 MiB for Stripe',
      );
    case 415:
      return new LedgerError('unsupported_media_type', 'send the body with Content-Type: application/json');
    default:
      return null;
  }
}
