import type { FastifyReply } from 'fastify';
import type { LedgerError } from '../../shared/ledger-error.js';
import { ERROR_TABLE, retryAfterSeconds } from '../error-table.js';
import { problemOf } from '../problem.js';

/** Answers a refusal. */
export function sendProblem(reply: FastifyReply, error: LedgerError): void {
  reply.request.refusal = error;
  const { http } = ERROR_TABLE[error.code];
  const seconds = retryAfterSeconds(error);
  if (seconds !== undefined) void reply.header('retry-after', seconds);
  if (error.code === 'unauthenticated') void reply.header('www-authenticate', challengeOf(reply));
  const body = Buffer.from(JSON.stringify(problemOf(error, reply.request.id)));
  void reply.code(http).header('content-type', 'application/problem+json').send(body);
}

/** A browser that is told Basic asks its user. */
function challengeOf(reply: FastifyReply): string {
  const isPage = reply.request.routeOptions.config?.page !== undefined;
  return isPage ? 'Basic realm="credits-ledger", charset="UTF-8"' : 'Bearer';
}
