import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import {
  StreamCommandsRequest,
  StreamCommandsResponse,
  type Command,
} from '../src/transport/grpc/generated/credits/v1/commands.js';
import {
  CommitReservationRequest,
  CommitReservationResponse,
  ReserveCreditsRequest,
  ReserveCreditsResponse,
} from '../src/transport/grpc/generated/credits/v1/mutations.js';
import { HOT_ACCOUNT, SPREAD_ACCOUNTS, spreadAccount } from './contestant.js';
import { percentile, type Measurement } from './statistics.js';

export interface GrpcLoad {
  readonly port: number;
  readonly apiKey: string;
  /** Each waits for its answer before it sends its next command. */
  readonly callers: number;
  readonly accounts: 'spread' | 'hot';
  readonly seconds: number;
  /** Processor time of the server so far, in microseconds. */
  readonly serverCpuMicros: () => Promise<number>;
}

export interface GrpcMeasurement extends Measurement {
  /** Processor time the load itself took; it shares the machine with what it measures. */
  readonly clientMicrosPerCommand: number;
}

const SERVICE = '/credits.v1.CreditsService';
const COMMANDS_PER_MESSAGE = 1_000;
const MOST_RESERVED = 1000;

/** One caller's command, and what it sends next. */
interface Turn {
  readonly kind: 'reserve' | 'commit';
  readonly target: string;
  readonly amount: number;
  readonly key: string;
  sentAt: number;
}

/**
 * Closed loop, reserving and then committing, over one connection of the client library that callers have: what it costs
 * is a part of what a call costs.
 */
export async function runGrpcLoad(load: GrpcLoad, way: 'unary' | 'stream'): Promise<GrpcMeasurement> {
  const client = new Client(`127.0.0.1:${load.port}`, credentials.createInsecure());
  const latenciesMs: number[] = [];
  const serverCpuBefore = await load.serverCpuMicros();
  const cpuBefore = process.cpuUsage();
  const callers = new Callers(load, latenciesMs);
  await (way === 'unary'
    ? Promise.all(callers.all().map(turn => inUnaryCalls(client, load, callers, turn)))
    : inOneStream(client, load, callers));
  const cpu = process.cpuUsage(cpuBefore);
  const serverCpu = (await load.serverCpuMicros()) - serverCpuBefore;
  client.close();
  return {
    commands: latenciesMs.length,
    seconds: load.seconds,
    p50Ms: percentile(latenciesMs, 50),
    p99Ms: percentile(latenciesMs, 99),
    nodeMicrosPerCommand: serverCpu / latenciesMs.length,
    clientMicrosPerCommand: (cpu.user + cpu.system) / latenciesMs.length,
  };
}

class Callers {
  private readonly runId = randomBytes(9).toString('base64url');
  private readonly endsAt: number;
  private turns = 0;

  constructor(
    private readonly load: GrpcLoad,
    private readonly latenciesMs: number[],
  ) {
    this.endsAt = performance.now() + load.seconds * 1000;
  }

  all(): Turn[] {
    return Array.from({ length: this.load.callers }, () => this.reserve());
  }

  /** A commit beyond the end is not counted, but made: no round leaves holds behind for the next. */
  next(done: Turn, reservation: string): Turn | undefined {
    const now = performance.now();
    if (now <= this.endsAt) this.latenciesMs.push(now - done.sentAt);
    if (done.kind === 'commit') return now <= this.endsAt ? this.reserve() : undefined;
    const key = `${done.key.slice(0, -1)}c`;
    return { kind: 'commit', target: reservation, amount: done.amount >> 1, key, sentAt: now };
  }

  private reserve(): Turn {
    const { accounts } = this.load;
    const target = accounts === 'hot' ? HOT_ACCOUNT : spreadAccount(Math.floor(Math.random() * SPREAD_ACCOUNTS));
    const amount = 2 + Math.floor(Math.random() * MOST_RESERVED);
    return { kind: 'reserve', target, amount, key: `${this.runId}-${++this.turns}-r`, sentAt: performance.now() };
  }
}

async function inUnaryCalls(client: Client, load: GrpcLoad, callers: Callers, first: Turn): Promise<void> {
  let turn: Turn | undefined = first;
  while (turn !== undefined) turn = callers.next(turn, await reservationOf(client, load, turn));
}

function reservationOf(client: Client, load: GrpcLoad, turn: Turn): Promise<string> {
  const terms = { idempotency_key: turn.key, amount: String(turn.amount) };
  return new Promise((resolve, reject) => {
    const answered = (error: Error | null, answer?: ReserveCreditsResponse): void => {
      if (error === null) resolve(answer!.reservation!.id!);
      else reject(error);
    };
    if (turn.kind === 'reserve') {
      const request = Buffer.from(ReserveCreditsRequest.encode({ account: turn.target, ...terms }).finish());
      const read = (bytes: Buffer) => ReserveCreditsResponse.decode(bytes);
      client.makeUnaryRequest(`${SERVICE}/ReserveCredits`, asItIs, read, request, metadataOf(load), answered);
    } else {
      const request = Buffer.from(CommitReservationRequest.encode({ reservation: turn.target, ...terms }).finish());
      const read = (bytes: Buffer) => CommitReservationResponse.decode(bytes);
      client.makeUnaryRequest(`${SERVICE}/CommitReservation`, asItIs, read, request, metadataOf(load), answered);
    }
  });
}

/** What can be sent at once is sent in one message. */
function inOneStream(client: Client, load: GrpcLoad, callers: Callers): Promise<void> {
  const inFlight = new Map<string, Turn>();
  return new Promise((resolve, reject) => {
    const stream = client.makeBidiStreamRequest(
      `${SERVICE}/StreamCommands`,
      (message: StreamCommandsRequest) => Buffer.from(StreamCommandsRequest.encode(message).finish()),
      bytes => StreamCommandsResponse.decode(bytes),
      metadataOf(load),
    );
    const send = (turns: readonly Turn[]): void => {
      for (const turn of turns) inFlight.set(turn.key, turn);
      for (let at = 0; at < turns.length; at += COMMANDS_PER_MESSAGE) {
        stream.write({ commands: turns.slice(at, at + COMMANDS_PER_MESSAGE).map(commandOf) });
      }
      if (inFlight.size === 0) stream.end();
    };
    stream.on('data', ({ results = [] }: StreamCommandsResponse) => {
      const next = results.map(({ id, reserve, commit, error }) => {
        if (error !== undefined) return reject(new Error(error.message));
        const done = inFlight.get(id!)!;
        inFlight.delete(id!);
        return callers.next(done, (reserve ?? commit)!.reservation!.id!);
      });
      send(next.filter(turn => turn !== undefined));
    });
    stream.on('error', reject);
    stream.on('end', () => resolve());
    send(callers.all());
  });
}

function commandOf({ kind, target, amount, key }: Turn): Command {
  const terms = { idempotency_key: key, amount: String(amount) };
  return kind === 'reserve'
    ? { id: key, reserve: { account: target, ...terms } }
    : { id: key, commit: { reservation: target, ...terms } };
}

function metadataOf({ apiKey }: GrpcLoad): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${apiKey}`);
  return metadata;
}

function asItIs(bytes: Buffer): Buffer {
  return bytes;
}
