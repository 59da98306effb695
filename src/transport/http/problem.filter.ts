import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LedgerError } from '../../shared/ledger-error.js';
import { asLedgerError } from '../as-ledger-error.js';
import { sendProblem } from './send-problem.js';

/** Everything that goes wrong with a request ends here; what was our fault is logged, and never told. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const refusal = ofFramework(error) ?? asLedgerError(error);
    if (refusal.code === 'internal') this.log(refusal, http.getRequest<FastifyRequest>());
    if (reply.sent) return;
    sendProblem(reply, refusal);
  }

  private log(refusal: LedgerError, request: FastifyRequest): void {
    const { cause = refusal } = refusal;
    const where = `${request.method} ${request.routeOptions.url ?? '?'} (${request.id})`;
    this.logger.error(`${where}: ${String(cause)}`, cause instanceof Error ? cause.stack : undefined);
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
      return new LedgerError('payload_too_large', 'the body is larger than 64 KiB, or 4 MiB for a batch');
    case 415:
      return new LedgerError('unsupported_media_type', 'send the body with Content-Type: application/json');
    default:
      return null;
  }
}
