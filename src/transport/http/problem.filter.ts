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

/** What Fastify and Nest refuse by themselves, before a handler runs. */
function ofFramework(error: unknown): LedgerError | null {
  if (error instanceof HttpException) return error.getStatus() === 404 ? notFound() : null;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new LedgerError('payload_too_large', 'the body is larger than 64 KiB, or 4 MiB for a batch');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new LedgerError('unsupported_media_type', 'send the body with Content-Type: application/json');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new LedgerError('invalid_json', 'the body is not as long as its Content-Length says');
    case 'FST_ERR_NOT_FOUND':
      return notFound();
    default:
      return null;
  }
}

function notFound(): LedgerError {
  return new LedgerError('not_found', 'there is no such path, or not with this method');
}
