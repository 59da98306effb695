import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { Histogram, type Registry } from 'prom-client';
import type { LedgerError } from '../../shared/ledger-error.js';

/** An answer that took longer is worth a line. */
const SLOW_MS = 1_000;
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

declare module 'fastify' {
  interface FastifyRequest {
    /** What it was refused with; set by whoever sends the refusal. */
    refusal: LedgerError | undefined;
  }
}

/**
 * Times every request, and logs one line for each that failed through no fault of its caller or took long: error where the
 * fault is ours, warn where something was away or slow, debug for refusals. No line has an account, a body, a header or
 * a path as it came: ids of accounts are the callers' users, and metadata is nobody's business here.
 */
export function observeRequests(instance: FastifyInstance, registry: Registry, logger: Logger): void {
  const durations = new Histogram({
    name: 'credits_http_request_duration_seconds',
    help: 'From the first byte of a request to the last of its answer.',
    labelNames: ['operation', 'status'],
    buckets: BUCKETS_SECONDS,
    registers: [registry],
  });
  instance.decorateRequest('refusal', undefined);
  instance.addHook('onResponse', (request, reply, done) => {
    durations.observe({ operation: operationOf(request), status: statusOf(reply) }, reply.elapsedTime / 1000);
    if (request.refusal !== undefined || reply.elapsedTime > SLOW_MS) log(logger, request, reply);
    done();
  });
}

/** A caller that left before it was answered got no status; 499 is what proxies log for it. */
function statusOf(reply: FastifyReply): number {
  return reply.raw.headersSent ? reply.statusCode : 499;
}

/** The paths that are not part of the API share one name, and so do those that do not exist. */
function operationOf({ routeOptions }: FastifyRequest): string {
  return routeOptions.config?.call?.id ?? 'other';
}

function log(logger: Logger, request: FastifyRequest, reply: FastifyReply): void {
  const { refusal } = request;
  const line = {
    request_id: request.id,
    operation: operationOf(request),
    status: statusOf(reply),
    duration_ms: Math.round(reply.elapsedTime),
    key_id: request.caller?.keyId,
    code: refusal?.code,
  };
  if (refusal?.code === 'internal') {
    const cause = refusal.cause ?? refusal;
    const stack = cause instanceof Error ? cause.stack : undefined;
    logger.error({ ...line, cause: String(cause), stack }, 'request failed');
  } else if (reply.statusCode >= 500) {
    logger.warn({ ...line, cause: refusal?.cause === undefined ? undefined : String(refusal.cause) }, 'request failed');
  } else if (reply.elapsedTime > SLOW_MS) logger.warn(line, 'request was slow');
  else logger.debug(line, 'request refused');
}
