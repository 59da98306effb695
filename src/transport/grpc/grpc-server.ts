import { promisify } from 'node:util';
import {
  Metadata,
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Readiness } from '../../health/readiness.js';
import type { Scope } from '../../keys/api-key.js';
import { Authenticator } from '../../keys/authenticator.js';
import { LedgerError } from '../../shared/ledger-error.js';
import { asLedgerError } from '../as-ledger-error.js';
import { Batches } from '../batch.js';
import { deadlineAt, type Asked } from './asked.js';
import { Authentications } from './authentication.js';
import { CallObserver } from './call-observer.js';
import { CommandStream } from './command-stream.js';
import { DESCRIPTORS } from './generated/descriptors.js';
import { CreditsServiceDefinition } from './generated/credits/v1/credits_service.js';
import { Health } from './health.js';
import { statusOf } from './status.js';
import { StreamSpans } from './stream-spans.js';
import type { UnaryCall, UnaryMethod } from './unary-call.js';
import { UnaryCalls } from './unary-calls.js';

const OPTIONS = {
  'grpc.max_receive_message_length': 4 * 1024 * 1024,
  /** Of one connection; a caller with more to do has a stream for it. */
  'grpc.max_concurrent_streams': 100,
  /** A caller that went away without a word is noticed. */
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
};
/** Calls that are not over by then are cut off; the write path gives them ten. */
const LONGEST_STOP_MS = 15_000;

/** Says what the operator has to change. */
export class CannotListenError extends Error {
  override readonly name = 'CannotListenError';
}

type Bytes = Uint8Array<ArrayBuffer>;

/** `credits.v1.CreditsService`, with health and reflection, beside HTTP. */
@Injectable()
export class GrpcServer implements BeforeApplicationShutdown {
  private readonly logger = new Logger('grpc');
  private readonly server: Server;
  private readonly authentications: Authentications;
  private readonly health: Health;
  private readonly streams = new Set<CommandStream>();
  private listening = false;

  constructor(
    private readonly unary: UnaryCalls,
    private readonly batches: Batches,
    private readonly authenticator: Authenticator,
    private readonly observer: CallObserver,
    readiness: Readiness,
  ) {
    const methods = Object.entries(CreditsServiceDefinition.methods);
    const scopes = methods.map(([name, method]) => [pathOf(method), scopeOf(unary, name)] as const);
    this.authentications = new Authentications(authenticator, new Map(scopes));
    this.server = new Server({ ...OPTIONS, interceptors: [this.authentications.interceptor] });
    this.server.addService(serviceDefinition(), this.implementation());
    this.health = new Health(readiness);
    this.health.addTo(this.server);
    const files = loadFileDescriptorSetFromBuffer(DESCRIPTORS);
    new ReflectionService(files, { services: [CreditsServiceDefinition.fullName] }).addToServer(this.server);
  }

  /** @returns the port it listens on @throws CannotListenError */
  async listen(host: string, port: number): Promise<number> {
    const bind = promisify(this.server.bindAsync.bind(this.server));
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const bound = await bind(address, ServerCredentials.createInsecure()).catch((error: Error) => {
      throw new CannotListenError(`gRPC cannot listen on HOST and GRPC_PORT: ${error.message}`);
    });
    this.listening = true;
    await this.health.start();
    return bound;
  }

  /** Answers what it has been asked, ends the streams, and closes; before the write path drains. */
  async beforeApplicationShutdown(): Promise<void> {
    this.health.stop();
    if (!this.listening) return;
    const stopped = new Promise<void>(resolve => this.server.tryShutdown(() => resolve()));
    const stopping = new LedgerError('busy', 'this replica is stopping; send what has no result to another', {}, true);
    for (const stream of this.streams) stream.close(stopping);
    const timer = setTimeout(() => this.server.forceShutdown(), LONGEST_STOP_MS);
    await stopped;
    clearTimeout(timer);
  }

  private implementation(): UntypedServiceImplementation {
    const unary = Object.entries(this.unary.calls).map(([name, { answer }]) => {
      const handle = (call: ServerUnaryCall<Buffer, Bytes>, respond: sendUnaryData<Bytes>): void =>
        void this.answer(call, answer, respond);
      return [name, handle];
    });
    const stream = (call: ServerDuplexStream<Buffer, Bytes>) => this.stream(call);
    return { ...Object.fromEntries(unary), streamCommands: stream };
  }

  private async answer(
    call: ServerUnaryCall<Buffer, Bytes>,
    answer: UnaryCall['answer'],
    respond: sendUnaryData<Bytes>,
  ): Promise<void> {
    const asked = this.authentications.of(call.metadata);
    const asker = { mode: asked.caller.mode, deadlineAt: deadlineAt(call.getDeadline()) };
    const observed = { method: call.getPath(), metadata: call.metadata, asked };
    let bytes: Bytes;
    try {
      bytes = await this.observer.during(observed, () => answer(call.request, { ...asked, asker }));
    } catch (thrown) {
      return respond(statusOf(asLedgerError(thrown), asked.requestId));
    }
    call.sendMetadata(requestIdOf(asked));
    respond(null, bytes);
  }

  private stream(call: ServerDuplexStream<Buffer, Bytes>): void {
    const asked = this.authentications.of(call.metadata);
    const where = `${call.getPath()} (${asked.requestId})`;
    const log = (error: unknown): void => this.logError(where, asLedgerError(error));
    const { batches, authenticator, observer } = this;
    const spans = observer.spans && new StreamSpans(observer.spans, call.getPath(), call.metadata, asked);
    const stream = new CommandStream(call, asked, { batches, authenticator, spans, log });
    this.streams.add(stream);
    call.sendMetadata(requestIdOf(asked));
    call.once('close', () => this.streams.delete(stream));
  }

  private logError(where: string, error: LedgerError): void {
    const fault = error.cause ?? error;
    this.logger.error(`${where}: ${String(fault)}`, fault instanceof Error ? fault.stack : undefined);
  }
}

/** Messages stay bytes: the handler reads them, as strictly as a ledger has to, and refuses what it cannot read. */
function serviceDefinition(): ServiceDefinition {
  const calls = Object.entries(CreditsServiceDefinition.methods).map(([name, method]) => {
    const { requestStream, responseStream } = method;
    const asBuffer = (bytes: Bytes): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const asItIs = (bytes: Buffer): Buffer => bytes;
    const codec = {
      requestSerialize: asBuffer,
      requestDeserialize: asItIs,
      responseSerialize: asBuffer,
      responseDeserialize: asItIs,
    };
    return [name, { path: pathOf(method), requestStream, responseStream, ...codec }];
  });
  return Object.fromEntries(calls);
}

function pathOf({ name }: { readonly name: string }): string {
  return `/${CreditsServiceDefinition.fullName}/${name}`;
}

function scopeOf({ calls }: UnaryCalls, method: string): Scope | null {
  return method === 'streamCommands' ? 'ledger:write' : calls[method as UnaryMethod].scope;
}

function requestIdOf({ requestId }: Asked): Metadata {
  const metadata = new Metadata();
  metadata.set('request-id', requestId);
  return metadata;
}
