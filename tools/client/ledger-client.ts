import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface LedgerRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below the base URL, with `/v1`, already percent-encoded. */
  readonly path: string;
  readonly key?: string;
  /** JSON text. Kept as text, because a retry must send the same bytes. */
  readonly body?: string;
}

export interface Reply {
  readonly status: number;
  readonly body: Buffer;
  readonly replayed: boolean;
  /** Seconds, from `Retry-After`; 0 where there is none. */
  readonly retryAfterSeconds: number;
}

/** Whoever takes a request to the service: one connection pool, or one of several replicas. */
export interface LedgerSender {
  /** @throws UnknownOutcome */
  send(request: LedgerRequest, timeoutMs: number): Promise<Reply>;
}

/** No answer came: the request may or may not have taken effect. Only a retry with the same key tells. */
export class UnknownOutcome extends Error {
  override readonly name = 'UnknownOutcome';
}

const LARGEST_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * A caller of the ledger's HTTP API over kept-alive connections. It never retries by itself: what to do after an
 * unknown outcome is the business of who keeps the history.
 */
export class LedgerClient implements LedgerSender {
  readonly #base: URL;
  readonly #apiKey: string;
  readonly #agent: HttpAgent;
  readonly #start: typeof httpRequest;

  constructor(url: string, apiKey: string, connections: number) {
    this.#base = new URL(url);
    this.#apiKey = apiKey;
    const secure = this.#base.protocol === 'https:';
    this.#agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: connections });
    this.#start = secure ? httpsRequest : httpRequest;
  }

  /**
   * Sends once.
   * @throws UnknownOutcome when the connection failed, broke, or no complete answer came within `timeoutMs`.
   */
  send(request: LedgerRequest, timeoutMs: number): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#start(this.#base, {
        agent: this.#agent,
        method: request.method,
        path: request.path,
        headers: this.#headers(request),
      });
      const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      const fail = (error: Error): void => {
        clearTimeout(timer);
        reject(new UnknownOutcome(`${request.method} ${request.path}: ${error.message}`, { cause: error }));
      };
      outgoing.on('error', fail);
      outgoing.on('response', response => {
        const stopTimer = (): void => clearTimeout(timer);
        collect(outgoing, response).then(resolve, fail).finally(stopTimer);
      });
      outgoing.end(request.body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #headers(request: LedgerRequest): Record<string, string | number> {
    const headers: Record<string, string | number> = { authorization: `Bearer ${this.#apiKey}` };
    if (request.key !== undefined) headers['idempotency-key'] = request.key;
    if (request.body !== undefined) {
      headers['content-type'] = 'application/json';
      headers['content-length'] = Buffer.byteLength(request.body);
    }
    return headers;
  }
}

function collect(outgoing: ClientRequest, response: IncomingMessage): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > LARGEST_ANSWER_BYTES) outgoing.destroy(new Error('the answer is too large'));
      chunks.push(chunk);
    });
    // An answer cut short by a kill ends with 'aborted' or 'error', never with 'end' and a complete message.
    response.on('error', reject);
    response.on('aborted', () => reject(new Error('the answer broke off')));
    response.on('end', () => {
      if (!response.complete) return reject(new Error('the answer broke off'));
      resolve({
        status: response.statusCode ?? 0,
        body: Buffer.concat(chunks),
        replayed: response.headers['idempotency-replayed'] === 'true',
        retryAfterSeconds: Number(response.headers['retry-after'] ?? 0) || 0,
      });
    });
  });
}
