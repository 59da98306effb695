import type { Span } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import type { RequestSpans } from '../request-spans.js';

declare module 'fastify' {
  interface FastifyRequest {
    span: Span | undefined;
  }
}

/** Names and attributes are those of OpenTelemetry's conventions for HTTP; the path only as its route, without ids. */
export function traceRequests(instance: FastifyInstance, spans: RequestSpans): void {
  instance.decorateRequest('span', undefined);
  instance.addHook('onRequest', (request, _reply, done) => {
    const { method, routeOptions, headers, id } = request;
    const route = routeOptions.url ?? '';
    const attributes = { 'http.request.method': method, 'http.route': route, 'credits.request_id': id };
    request.span = spans.start(`${method} ${route}`.trim(), attributes, headers);
    done();
  });
  // Reading the body leaves the asynchronous context that came with the head: the handler begins after this hook.
  instance.addHook('preHandler', (request, _reply, done) => {
    if (request.span === undefined) done();
    else spans.during(request.span, done);
  });
  instance.addHook('onResponse', ({ span, refusal }, reply, done) => {
    span?.setAttribute('http.response.status_code', reply.statusCode);
    if (span !== undefined) spans.end(span, refusal, reply.statusCode >= 500);
    done();
  });
}
