import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LedgerError } from '../../shared/ledger-error.js';
import { problemOf } from '../problem.js';
import { requestIds } from '../request-ids.js';
import { sendProblem } from './send-problem.js';

const BODY_LIMIT_BYTES = 64 * 1024;
const BATCH_BODY_LIMIT_BYTES = 4 * 1024 * 1024;
/** Many times what an event of Stripe's is. */
const STRIPE_BODY_LIMIT_BYTES = 1024 * 1024;
/** Node's own limit on the whole head of a request: a path parameter can never be longer. */
const HEADERS_LIMIT_BYTES = 16 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than the 60 s after which most load balancers close an idle connection. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

/** Fastify as this service needs it: our limits, our parsing, our refusals from the first byte on. */
export function createHttpAdapter(): FastifyAdapter {
  const requestId = requestIds();
  const adapter = new FastifyAdapter({
    forceCloseConnections: 'idle',
    // What still arrives while the server closes is answered like everything else, and its connection ends with it.
    return503OnClosing: false,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: { maxHeaderSize: HEADERS_LIMIT_BYTES },
    routerOptions: { maxParamLength: HEADERS_LIMIT_BYTES },
    genReqId: ({ headers }: IncomingMessage) => requestId(headers['request-id']),
    frameworkErrors: refuseUnreadableUrl,
    clientErrorHandler: refuseUnreadableRequest,
  });
  const instance: FastifyInstance = adapter.getInstance();
  // Bodies stay bytes: the handler reads them, as strictly as a ledger has to, once it is known who sends them.
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  instance.addHook('onRoute', route => {
    if (route.url === '/v1/batch') route.bodyLimit = BATCH_BODY_LIMIT_BYTES;
    if (route.url === '/webhooks/stripe') route.bodyLimit = STRIPE_BODY_LIMIT_BYTES;
  });
  instance.addHook('onRequest', (request, reply, done) => {
    void reply.headers({
      'request-id': request.id,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    done();
  });
  return adapter;
}

/** The router answers before any hook runs. */
function refuseUnreadableUrl(_error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const errors = [{ location: 'path', message: 'is not a valid URL: percent-encode it as UTF-8' }];
  void reply.header('request-id', request.id);
  sendProblem(reply, new LedgerError('invalid_request', 'the path is not a valid URL', { errors }));
}

/** What is not even HTTP never reaches a route. */
function refuseUnreadableRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const tooLong = error.code === 'HPE_HEADER_OVERFLOW';
  const refusal = tooLong
    ? new LedgerError('payload_too_large', `the head of the request is longer than ${HEADERS_LIMIT_BYTES} bytes`)
    : new LedgerError('invalid_request', 'this is not a complete HTTP request');
  const requestId = `req_${randomBytes(9).toString('base64url')}`;
  const problem = problemOf(refusal, requestId);
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\nContent-Type: application/problem+json\r\nRequest-Id: ${requestId}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
