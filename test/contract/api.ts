import { randomBytes } from 'node:crypto';
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { createApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { problem } from '../../src/transport/answers.js';
import { CONTROLLERS } from '../../src/transport/http/controllers.js';
import { callsOf } from '../../src/transport/http/openapi/calls-of.js';
import { GrpcServer } from '../../src/transport/grpc/grpc-server.js';
import { GrpcClient } from '../support/grpc-client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

/** JSON as a test reads it: it knows what it expects. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: Json;
}

export interface Sent {
  /** `undefined`: a fresh one for POST; null: none. */
  readonly key?: string | null;
  /** Sent as JSON; a string or a Buffer is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Undefined: the one with all scopes; null: none. */
  readonly as?: string | null;
}

const CALLS = callsOf(CONTROLLERS).map(({ method, path, call }) => ({
  method: method.toUpperCase(),
  path: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/?]+')}(\\?|$)`),
  call,
}));

/** The real service in this process, over HTTP, on a database of its own. Every answer is checked against its schema. */
export class Api {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 400 });

  private constructor(
    readonly database: TestDatabase,
    private readonly port: number,
    readonly apiKey: string,
    private readonly app: NestFastifyApplication,
    private readonly ownsDatabase: boolean,
  ) {}

  /** @param other another replica to share the database with */
  static async start(
    other?: Api,
    logger = pino({ level: 'error' }),
    env: Readonly<Record<string, string>> = {},
  ): Promise<Api> {
    const database = other?.database ?? (await createTestDatabase());
    const apiKey = other?.apiKey ?? `crd_live_${randomBytes(24).toString('base64url')}`;
    const config = loadConfig({ API_KEY: apiKey, PORT: '0', ROLE: 'api', ...env });
    const app = await createApp({ config, logger, database: { ...database, ownerUrl: database.url } });
    await app.listen(0, '127.0.0.1');
    const port = Number(new URL(await app.getUrl()).port);
    return new Api(database, port, apiKey, app, other === undefined);
  }

  /** Without a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    await this.app.close();
    if (this.ownsDatabase) await this.database.close();
  }

  /** Listens on gRPC too; once. The caller closes the client. */
  async grpc(): Promise<GrpcClient> {
    const port = await this.app.get(GrpcServer, { strict: false }).listen('127.0.0.1', 0);
    return new GrpcClient(`127.0.0.1:${port}`, this.apiKey);
  }

  get(path: string, sent: Sent = {}): Promise<Answer> {
    return this.call('GET', path, sent);
  }

  put(path: string, body: unknown, sent: Sent = {}): Promise<Answer> {
    return this.call('PUT', path, { ...sent, body });
  }

  post(path: string, body: unknown, sent: Sent = {}): Promise<Answer> {
    return this.call('POST', path, { ...sent, body });
  }

  async call(method: string, path: string, sent: Sent = {}): Promise<Answer> {
    const answer = await this.send(method, path, sent);
    checkAnswer(method, path, answer);
    return answer;
  }

  /** As `call`, for paths whose answers are not of the API. The path goes out as it is, not normalised. */
  send(method: string, path: string, { key, body, headers, as = this.apiKey }: Sent = {}): Promise<Answer> {
    const bytes = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const idempotencyKey = key === undefined && method === 'POST' ? randomBytes(12).toString('hex') : key;
    const all = {
      ...(as !== null && { authorization: `Bearer ${as}` }),
      ...(typeof idempotencyKey === 'string' && { 'idempotency-key': idempotencyKey }),
      ...(bytes !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(bytes) }),
      ...headers,
    };
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.port, method, path, headers: all, agent: this.agent };
      const outgoing = httpRequest(options, incoming => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const isJson = /json/.test(incoming.headers['content-type'] ?? '') && text !== '';
          const { statusCode: status = 0, headers: received } = incoming;
          resolve({ status, headers: received, text, body: isJson ? JSON.parse(text) : undefined });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(bytes);
    });
  }

  /** Sends bytes as they are, and answers whatever comes back until the service hangs up. */
  raw(bytes: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, '127.0.0.1', () => socket.write(bytes));
      let received = '';
      socket.setEncoding('latin1');
      socket.on('data', data => (received += String(data)));
      // A service that does not read to the end of an overlong head resets the connection after its answer.
      socket.on('error', error => (received === '' ? reject(error) : resolve(received)));
      socket.on('close', () => resolve(received));
    });
  }

  /** A key of its own. */
  async makeKey(
    terms: { mode?: 'live' | 'test'; scopes?: string[]; rate_limit_per_second?: number } = {},
  ): Promise<string> {
    const body = { name: 'of a test', mode: 'live', scopes: ['ledger:read', 'ledger:write'], ...terms };
    const { body: made } = await this.post('/v1/keys', body);
    return made.secret;
  }

  async grant(account: string, amount: string, more: object = {}): Promise<Json> {
    return expectStatus(201, await this.post(`${pathOf(account)}/grants`, { amount, ...more }));
  }

  async reserve(account: string, amount: string, more: object = {}): Promise<Json> {
    return expectStatus(201, await this.post(`${pathOf(account)}/reservations`, { amount, ...more }));
  }
}

export function pathOf(account: string): string {
  return `/v1/accounts/${encodeURIComponent(account)}`;
}

export function expectStatus(status: number, answer: Answer): Json {
  if (answer.status !== status)
    throw new Error(`expected ${status}, not ${answer.status}: ${answer.text.slice(0, 2000)}`);
  return answer.body;
}

function checkAnswer(method: string, path: string, { status, headers, body, text }: Answer): void {
  const where = `${method} ${path.slice(0, 200)} ${status}`;
  if (!headers['request-id']) throw new Error(`${where}: no Request-Id`);
  if (status >= 400) {
    if (headers['content-type'] !== 'application/problem+json') throw new Error(`${where}: not a problem: ${text}`);
    const checked = problem.safeParse(body);
    if (!checked.success) throw new Error(`${where}: ${checked.error.message}\n${text}`);
    if (body.status !== status) throw new Error(`${where}: says status ${body.status}`);
    if (body.request_id !== headers['request-id']) throw new Error(`${where}: another request_id`);
    return;
  }
  const described = CALLS.find(call => call.method === method && call.path.test(path));
  if (described === undefined) throw new Error(`${where}: not described`);
  if (described.call.status !== status) throw new Error(`${where}: described as ${described.call.status}`);
  const checked = described.call.answer.safeParse(body);
  if (!checked.success) throw new Error(`${where}: ${checked.error.message}\n${text.slice(0, 2000)}`);
}
