import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StripeApi } from './api.js';
import type { Answer } from './idempotency.js';
import { Troubles, type Trouble } from './troubles.js';

const LARGEST_BODY_BYTES = 1024 * 1024;

/** What else there is than the API: pages and control. Undefined where the path is nobody's. */
export type Site = (method: string, url: URL, body: string) => Answer | Promise<Answer | undefined> | undefined;

/** The HTTP server: hands requests to the API or the site, and does what troubles say. */
export class SimServer {
  readonly troubles = new Troubles();
  private readonly server: Server;

  constructor(
    private readonly api: StripeApi,
    private readonly site: Site,
  ) {
    this.server = createServer((request, response) => {
      this.serve(request, response).catch(() => request.socket.destroy());
    });
  }

  /** @returns the port */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', resolve);
    });
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET';
    const url = new URL(request.url ?? '/', 'http://simulator');
    const body = await readBody(request);
    if (body === undefined) return void response.writeHead(413).end();
    if (!/^\/v[12]\//.test(url.pathname)) {
      const answer = (await this.site(method, url, body)) ?? { status: 404, body: 'Not found', headers: {} };
      return void response.writeHead(answer.status, answer.headers).end(answer.body);
    }
    const trouble = this.troubles.take(method, url.pathname);
    if (trouble?.kind === 'cut_before') return void request.socket.destroy();
    const answer =
      trouble?.kind === 'refuse'
        ? refusal(trouble)
        : this.api.answer({
            method,
            path: url.pathname,
            text: body === '' ? url.search.slice(1) : body,
            headers: request.headers,
          });
    if (trouble?.kind === 'cut_after') return void request.socket.destroy();
    if (trouble?.kind === 'slow') await new Promise(resolve => setTimeout(resolve, trouble.ms));
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }
}

function refusal(trouble: Extract<Trouble, { kind: 'refuse' }>): Answer {
  const { status, retryAfterSeconds } = trouble;
  const error =
    status === 429
      ? { type: 'invalid_request_error', code: 'rate_limit', message: 'Request rate limit exceeded.' }
      : status === 409
        ? {
            type: 'idempotency_error',
            code: 'idempotency_key_in_use',
            message: 'There is currently another in-progress request using this idempotency key.',
          }
        : { type: 'api_error', message: 'An unknown error occurred.' };
  return {
    status,
    body: JSON.stringify({ error }, null, 2),
    headers: {
      'content-type': 'application/json',
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
