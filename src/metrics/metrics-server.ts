import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { ConfigError } from '../config.js';

const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Metrics on a port of their own, without a key: for a port that only the monitoring reaches. It needs no database, so it
 * also tells what happens while that is away, and it goes on until everything else has stopped.
 */
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    void this.answer(request, response);
  });

  constructor(
    private readonly registry: Registry,
    private readonly host: string,
    private readonly port: number,
  ) {}

  /** @throws ConfigError where it cannot listen */
  onApplicationBootstrap(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', ({ code }: NodeJS.ErrnoException) =>
        reject(new ConfigError(`METRICS_PORT ${this.port} cannot be listened on (${code}). Choose another.`)),
      );
      this.#server.listen(this.port, this.host, resolve);
    });
  }

  onApplicationShutdown(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  private async answer({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (method !== 'GET' || url !== '/metrics') return void response.writeHead(404).end();
    try {
      const text = await this.registry.metrics();
      response.writeHead(200, { 'content-type': this.registry.contentType }).end(text);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  }
}
