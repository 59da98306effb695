import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import { AppModule, type AppParts } from './app.module.js';
import { Authenticator } from './keys/authenticator.js';
import { NestLogger } from './logger.js';
import { createHttpAdapter } from './transport/http/adapter.js';
import { Readiness } from './health/readiness.js';
import { authenticateRequests } from './transport/http/authentication.js';
import { endConnectionsWhile } from './transport/http/end-connections.js';
import { observeRequests } from './transport/http/observe-requests.js';
import { traceRequests } from './transport/http/trace-requests.js';
import { RequestSpans } from './transport/request-spans.js';
import type { Tracing } from './tracing/start-tracing.js';
import { TRACING } from './tracing/tracing.module.js';

/** The Nest application over an open database; not listening yet. The caller closes it before the database. */
export async function createApp(parts: AppParts): Promise<NestFastifyApplication> {
  const adapter = createHttpAdapter();
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.of(parts), adapter, {
    logger: new NestLogger(parts.logger),
    abortOnError: false,
    // Handlers read bodies themselves, strictly.
    bodyParser: false,
  });
  const readiness = app.get(Readiness, { strict: false });
  observeRequests(adapter.getInstance(), app.get(Registry), parts.logger);
  const tracing = app.get<Tracing | null>(TRACING);
  if (tracing !== null) traceRequests(adapter.getInstance(), new RequestSpans(tracing.tracer));
  endConnectionsWhile(() => readiness.stopping, adapter.getInstance());
  authenticateRequests(adapter.getInstance(), app.get(Authenticator));
  return app;
}
