import {
  StreamCommandsResponse,
  type Command,
  type CommandResult,
} from '../../src/transport/grpc/generated/credits/v1/commands.js';
import { CreditsServiceDefinition } from '../../src/transport/grpc/generated/credits/v1/credits_service.js';
import { pathOf, type Api, type Json } from '../contract/api.js';
import { detailsOf, GrpcRefusal, type CommandsStream, type GrpcClient } from '../support/grpc-client.js';
import { asHttpJson, readByProto, withoutDefaults } from '../support/proto-json.js';
import type { WireRequest } from './request-of.js';

/** What a caller was told, in the same words whichever transport told it. */
export type Told =
  | { readonly ok: true; readonly body: Json }
  | {
      readonly ok: false;
      readonly code: string;
      readonly retryable: boolean;
      readonly errors: readonly { field: string; message: string }[];
      readonly shortfall: Json;
      readonly reservation: Json;
    };

/** Sends an account's calls, each with a key. */
export interface Transport {
  send(account: string, request: WireRequest, key: string): Promise<Told>;
}

const PATHS: Readonly<Record<WireRequest['type'], string>> = {
  grant: 'accounts/grants',
  reserve: 'accounts/reservations',
  charge: 'accounts/charges',
  freeze: 'accounts/freeze',
  unfreeze: 'accounts/unfreeze',
  configure: 'accounts',
  commit: 'reservations/commit',
  release: 'reservations/release',
  extend: 'reservations/extend',
  'refund-reservation': 'reservations/refund',
  'refund-entry': 'entries/refund',
  revoke: 'lots/revoke',
  reinstate: '',
  subscribe: '',
  cancel: '',
  recognise: '',
  'set-member': '',
  'remove-member': '',
};

export class OverHttp implements Transport {
  constructor(private readonly api: Api) {}

  async send(account: string, { type, id, body }: WireRequest, key: string): Promise<Told> {
    const [kind, call] = PATHS[type].split('/');
    const path = `${id === null ? pathOf(account) : `/v1/${kind}/${id}`}${call === undefined ? '' : `/${call}`}`;
    const answer = await (type === 'configure' ? this.api.put(path, body) : this.api.post(path, body, { key }));
    if (answer.status < 300) return { ok: true, body: withoutDefaults(answer.body) };
    const { code, retryable, errors = [], shortfall, reservation } = answer.body;
    return {
      ok: false,
      code,
      retryable,
      errors: errors.map(({ location, message }: Json) => ({ field: withoutPart(location), message })),
      shortfall: withoutDefaults(shortfall ?? []),
      reservation: withoutDefaults(reservation ?? {}),
    };
  }
}

type Method = Exclude<keyof (typeof CreditsServiceDefinition)['methods'], 'streamCommands'>;
/** How a call is named, what it is addressed by, and how a stream of commands calls it. */
const CALLS: Readonly<Record<WireRequest['type'], readonly [Method, string, keyof Command | null]>> = {
  grant: ['grantCredits', 'account', 'grant'],
  reserve: ['reserveCredits', 'account', 'reserve'],
  charge: ['chargeCredits', 'account', 'charge'],
  freeze: ['freezeAccount', 'account', null],
  unfreeze: ['unfreezeAccount', 'account', null],
  configure: ['configureAccount', 'account', null],
  commit: ['commitReservation', 'reservation', 'commit'],
  release: ['releaseReservation', 'reservation', 'release'],
  extend: ['extendReservation', 'reservation', 'extend'],
  'refund-reservation': ['refundReservation', 'reservation', 'refund_reservation'],
  'refund-entry': ['refundEntry', 'entry', 'refund_entry'],
  revoke: ['revokeLot', 'lot', 'revoke'],
  reinstate: ['getAccount', 'account', null],
  subscribe: ['getAccount', 'account', null],
  cancel: ['getAccount', 'account', null],
  recognise: ['getAccount', 'account', null],
  'set-member': ['getAccount', 'account', null],
  'remove-member': ['getAccount', 'account', null],
};

export class OverGrpc implements Transport {
  constructor(protected readonly client: GrpcClient) {}

  async send(account: string, request: WireRequest, key: string): Promise<Told> {
    const [method] = CALLS[request.type];
    try {
      const { bytes } = await this.client.ask(method, messageOf(account, request, key) as never);
      return answered(method, bytes);
    } catch (error) {
      if (!(error instanceof GrpcRefusal)) throw error;
      return refused(error.details);
    }
  }
}

/** Its commands go through one stream; what a stream has no command for goes by itself. */
export class OverStream extends OverGrpc {
  private readonly waiting = new Map<string, (result: CommandResult) => void>();
  private sent = 0;

  constructor(
    client: GrpcClient,
    private readonly stream: CommandsStream,
  ) {
    super(client);
    stream.on('data', ({ results = [] }: StreamCommandsResponse) => {
      for (const result of results) this.waiting.get(result.id!)!(result);
    });
  }

  override async send(account: string, request: WireRequest, key: string): Promise<Told> {
    const [method, , kind] = CALLS[request.type];
    if (kind === null) return super.send(account, request, key);
    const id = `${++this.sent}`;
    this.stream.write({ commands: [{ id, [kind]: messageOf(account, request, key) }] });
    const result = await new Promise<CommandResult>(resolve => this.waiting.set(id, resolve));
    this.waiting.delete(id);
    if (result.error !== undefined) return refused(detailsOf(result.error), `commands[0].${kind}.`);
    const type = CreditsServiceDefinition.methods[method].responseType as { encode(message: unknown): Json };
    return answered(method, type.encode(result[kind as keyof CommandResult]).finish());
  }
}

/** Words become numbers by hand: what the service has for it would make the same mistakes twice. */
const NUMBERS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  category: { paid: 1, included: 2, promotional: 3, compensation: 4 },
  overage: { reject: 1, allow_available: 2, allow_debt: 3 },
  late: { reject: 1, charge: 2 },
};

function messageOf(account: string, { type, id, body }: WireRequest, key: string): object {
  const { expires_at: expires, overdraft_limits: limits, metadata, ...fields } = body;
  const message: Record<string, unknown> = { ...fields, [CALLS[type][1]]: id ?? account };
  if (type !== 'configure') message['idempotency_key'] = key;
  for (const [name, numbers] of Object.entries(NUMBERS)) {
    if (name in message) message[name] = numbers[message[name] as string];
  }
  if (expires !== undefined) {
    const ms = Date.parse(expires as string);
    message['expires_at'] = { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1e6 };
  }
  if (limits !== undefined) message['overdraft_limits'] = { amounts: limits };
  if (metadata !== undefined) message['metadata'] = { values: metadata };
  return message;
}

function answered(method: Method, bytes: Uint8Array): Told {
  const { replayed: _, ...body } = asHttpJson(readByProto(CreditsServiceDefinition.methods[method].name, bytes));
  return { ok: true, body };
}

function refused(details: Readonly<Record<string, Json>>, part = ''): Told {
  const { ErrorInfo, BadRequest, Shortfalls, Reservation } = details;
  return {
    ok: false,
    code: ErrorInfo.reason.toLowerCase(),
    retryable: ErrorInfo.metadata.retryable === 'true',
    errors: (BadRequest?.field_violations ?? []).map(({ field = '', description }: Json) => ({
      field: field.startsWith(part) ? field.slice(part.length) : field,
      message: description,
    })),
    shortfall: asHttpJson(Shortfalls?.shortfall ?? []),
    reservation: Reservation === undefined ? {} : asHttpJson(words(Reservation)),
  };
}

function words(reservation: Json): Json {
  const word = (name: string, number: number) => Object.entries(NUMBERS[name]!).find(([, n]) => n === number)?.[0];
  const status = ['', 'open', 'closed', 'expired'][reservation.status];
  return {
    ...reservation,
    status,
    overage: word('overage', reservation.overage),
    late: word('late', reservation.late),
  };
}

function withoutPart(location: string): string {
  return location.replace(/^(body|path|query)\.?/, '');
}
