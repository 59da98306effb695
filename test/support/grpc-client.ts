import {
  Client,
  credentials,
  Metadata,
  type CallOptions,
  type ChannelOptions,
  type ClientDuplexStream,
  type ServiceError,
} from '@grpc/grpc-js';
import {
  StreamCommandsRequest,
  StreamCommandsResponse,
} from '../../src/transport/grpc/generated/credits/v1/commands.js';
import { CreditsServiceDefinition } from '../../src/transport/grpc/generated/credits/v1/credits_service.js';
import { Reservation, Shortfalls } from '../../src/transport/grpc/generated/credits/v1/ledger.js';
import {
  BadRequest,
  ErrorInfo,
  RequestInfo,
  RetryInfo,
} from '../../src/transport/grpc/generated/google/rpc/error_details.js';
import { Status } from '../../src/transport/grpc/generated/google/rpc/status.js';

type Methods = (typeof CreditsServiceDefinition)['methods'];
export type UnaryMethod = Exclude<keyof Methods, 'streamCommands'>;
interface Type<T> {
  encode(message: T): { finish(): Uint8Array<ArrayBuffer> };
  decode(bytes: Uint8Array): T;
}
export type RequestOf<M extends UnaryMethod> = Methods[M]['requestType'] extends Type<infer T> ? T : never;
export type ResponseOf<M extends UnaryMethod> = Methods[M]['responseType'] extends Type<infer T> ? T : never;

export interface Asked extends CallOptions {
  /** Undefined: the client's own key; null: none. */
  readonly as?: string | null;
  readonly requestId?: string;
}

export type CommandsStream = ClientDuplexStream<StreamCommandsRequest, StreamCommandsResponse>;

/** A status other than OK, its details decoded. */
export class GrpcRefusal extends Error {
  override readonly name = 'GrpcRefusal';
  readonly status: number;
  readonly metadata: Metadata;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(error: ServiceError) {
    super(error.details);
    this.status = error.code;
    this.metadata = error.metadata;
    const bytes = error.metadata.get('grpc-status-details-bin')[0];
    this.details = bytes === undefined ? {} : detailsOf(Status.decode(bytes as Buffer));
  }

  /** As HTTP would say it. */
  get code(): string | undefined {
    return (this.details['ErrorInfo'] as ErrorInfo | undefined)?.reason?.toLowerCase();
  }
}

const DETAILS: Readonly<Record<string, Type<never>>> = {
  ErrorInfo,
  RequestInfo,
  RetryInfo,
  BadRequest,
  Shortfalls,
  Reservation,
} as never;

export function detailsOf(status: Status): Record<string, unknown> {
  return Object.fromEntries(
    (status.details ?? []).map(({ type_url: url, value }) => {
      const name = url!.slice(url!.lastIndexOf('.') + 1);
      return [name, DETAILS[name]!.decode(value!)];
    }),
  );
}

/** A real gRPC client of `credits.v1.CreditsService`. */
export class GrpcClient {
  private readonly client: Client;

  constructor(
    readonly address: string,
    private readonly apiKey: string,
    options: ChannelOptions = {},
  ) {
    this.client = new Client(address, credentials.createInsecure(), options);
  }

  async call<M extends UnaryMethod>(method: M, request: RequestOf<M>, asked: Asked = {}): Promise<ResponseOf<M>> {
    return (await this.ask(method, request, asked)).response;
  }

  /** @returns also the metadata that came before the answer; rejects with a GrpcRefusal */
  async ask<M extends UnaryMethod>(
    method: M,
    request: RequestOf<M>,
    asked: Asked = {},
  ): Promise<{ response: ResponseOf<M>; bytes: Buffer; metadata: Metadata }> {
    const { requestType, responseType } = CreditsServiceDefinition.methods[method];
    const sent = Buffer.from((requestType as unknown as Type<RequestOf<M>>).encode(request).finish());
    const { bytes, metadata } = await this.send(method, sent, asked);
    return { response: (responseType as unknown as Type<ResponseOf<M>>).decode(bytes), bytes, metadata };
  }

  /** As `ask`, with bytes of the caller's own, and those that come back. */
  send(
    method: UnaryMethod,
    sent: Buffer,
    { as = this.apiKey, requestId, ...options }: Asked = {},
  ): Promise<{ bytes: Buffer; metadata: Metadata }> {
    const path = `/${CreditsServiceDefinition.fullName}/${CreditsServiceDefinition.methods[method].name}`;
    const asItIs = (bytes: Buffer): Buffer => bytes;
    return new Promise((resolve, reject) => {
      let metadata = new Metadata();
      const metadataSent = metadataOf(as, requestId);
      const call = this.client.makeUnaryRequest(path, asItIs, asItIs, sent, metadataSent, options, (error, bytes) =>
        error ? reject(new GrpcRefusal(error)) : resolve({ bytes: bytes!, metadata }),
      );
      call.on('metadata', received => (metadata = received));
    });
  }

  stream({ as = this.apiKey, requestId, ...options }: Asked = {}): CommandsStream {
    return this.client.makeBidiStreamRequest(
      `/${CreditsServiceDefinition.fullName}/StreamCommands`,
      message => Buffer.from(StreamCommandsRequest.encode(message).finish()),
      bytes => StreamCommandsResponse.decode(bytes),
      metadataOf(as, requestId),
      options,
    );
  }

  close(): void {
    this.client.close();
  }
}

function metadataOf(key: string | null, requestId: string | undefined): Metadata {
  const metadata = new Metadata();
  if (key !== null) metadata.set('authorization', `Bearer ${key}`);
  if (requestId !== undefined) metadata.set('request-id', requestId);
  return metadata;
}
