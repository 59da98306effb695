import { randomBytes } from 'node:crypto';
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { performance } from 'node:perf_hooks';
import { StreamCommandsRequest, type Command } from '../src/transport/grpc/generated/credits/v1/commands.js';
import {
  CommitReservationRequest,
  ReserveCreditsRequest,
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
/** Clients in other languages widen theirs by themselves. */
const WINDOW_BYTES = 1024 * 1024;
/** As many as the service takes. */
const COMMANDS_PER_MESSAGE = 1_000;
const FRAME_HEAD_BYTES = 5;
const RESERVATION_ID = Buffer.from('res_');
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
 * Closed loop over bare HTTP/2, reserving and then committing. The gRPC client library would take more of the machine
 * than most of what it measures; this one drives every contestant.
 */
export async function runGrpcLoad(load: GrpcLoad, way: 'unary' | 'stream'): Promise<GrpcMeasurement> {
  const session = connect(`http://127.0.0.1:${load.port}`, { settings: { initialWindowSize: WINDOW_BYTES } });
  session.once('connect', () => session.setLocalWindowSize(WINDOW_BYTES));
  const latenciesMs: number[] = [];
  const serverCpuBefore = await load.serverCpuMicros();
  const cpuBefore = process.cpuUsage();
  const callers = new Callers(load, latenciesMs);
  await (way === 'unary'
    ? Promise.all(callers.all().map(turn => inUnaryCalls(session, load, callers, turn)))
    : inOneStream(session, load, callers));
  const cpu = process.cpuUsage(cpuBefore);
  const serverCpu = (await load.serverCpuMicros()) - serverCpuBefore;
  session.close();
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
  next(done: Turn, answer: Buffer): Turn | undefined {
    const now = performance.now();
    if (now <= this.endsAt) this.latenciesMs.push(now - done.sentAt);
    if (done.kind === 'commit') return now <= this.endsAt ? this.reserve() : undefined;
    const key = `${done.key.slice(0, -1)}c`;
    return { kind: 'commit', target: reservationIn(answer), amount: done.amount >> 1, key, sentAt: now };
  }

  private reserve(): Turn {
    const { accounts } = this.load;
    const target = accounts === 'hot' ? HOT_ACCOUNT : spreadAccount(Math.floor(Math.random() * SPREAD_ACCOUNTS));
    const amount = 2 + Math.floor(Math.random() * MOST_RESERVED);
    return { kind: 'reserve', target, amount, key: `${this.runId}-${++this.turns}-r`, sentAt: performance.now() };
  }
}

async function inUnaryCalls(session: ClientHttp2Session, load: GrpcLoad, callers: Callers, first: Turn): Promise<void> {
  let turn: Turn | undefined = first;
  while (turn !== undefined) {
    const { kind, target, amount, key } = turn;
    const terms = { idempotency_key: key, amount: String(amount) };
    const [method, bytes] =
      kind === 'reserve'
        ? ['ReserveCredits', ReserveCreditsRequest.encode({ account: target, ...terms }).finish()]
        : ['CommitReservation', CommitReservationRequest.encode({ reservation: target, ...terms }).finish()];
    turn = callers.next(turn, await answerOf(open(session, load, method as string), frame(bytes as Uint8Array)));
  }
}

function answerOf(stream: ClientHttp2Stream, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('trailers', failUnlessOk(reject));
    stream.on('response', headers => 'grpc-status' in headers && failUnlessOk(reject)(headers));
    stream.on('error', reject);
    stream.on('end', () => resolve(Buffer.concat(chunks)));
    stream.end(request);
  });
}

/** What can be sent at once is sent in one message. */
function inOneStream(session: ClientHttp2Session, load: GrpcLoad, callers: Callers): Promise<void> {
  const inFlight = new Map<string, Turn>();
  return new Promise((resolve, reject) => {
    const stream = open(session, load, 'StreamCommands');
    const send = (turns: readonly Turn[]): void => {
      if (turns.length === 0) return void (inFlight.size === 0 && stream.end());
      for (const turn of turns) inFlight.set(turn.key, turn);
      for (let at = 0; at < turns.length; at += COMMANDS_PER_MESSAGE) {
        const commands = turns.slice(at, at + COMMANDS_PER_MESSAGE).map(commandOf);
        stream.write(frame(StreamCommandsRequest.encode({ commands }).finish()));
      }
    };
    let unread: Buffer = Buffer.alloc(0);
    stream.on('data', (chunk: Buffer) => {
      unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
      const next: Turn[] = [];
      while (unread.length >= FRAME_HEAD_BYTES) {
        const end = FRAME_HEAD_BYTES + unread.readUInt32BE(1);
        if (unread.length < end) break;
        for (const { id, bytes } of resultsIn(unread.subarray(FRAME_HEAD_BYTES, end))) {
          const done = inFlight.get(id)!;
          inFlight.delete(id);
          const turn = callers.next(done, bytes);
          if (turn !== undefined) next.push(turn);
        }
        unread = unread.subarray(end);
      }
      try {
        if (next.length > 0 || inFlight.size === 0) send(next);
      } catch (error) {
        reject(error as Error);
      }
    });
    stream.on('trailers', failUnlessOk(reject));
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

function open(session: ClientHttp2Session, { apiKey }: GrpcLoad, method: string): ClientHttp2Stream {
  return session.request({
    ':method': 'POST',
    ':path': `${SERVICE}/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
    authorization: `Bearer ${apiKey}`,
  });
}

function failUnlessOk(reject: (error: Error) => void) {
  return (headers: Record<string, unknown>): void => {
    if (headers['grpc-status'] !== '0') {
      reject(new Error(`gRPC status ${String(headers['grpc-status'])}: ${String(headers['grpc-message'])}`));
    }
  };
}

function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(FRAME_HEAD_BYTES + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, FRAME_HEAD_BYTES);
  return framed;
}

/** `repeated CommandResult results = 1`, whose first field is `id`; nothing else is decoded. */
function* resultsIn(message: Buffer): Generator<{ id: string; bytes: Buffer }> {
  let at = 0;
  while (at < message.length) {
    let length = 0;
    let shift = 0;
    let byte = 0;
    at++;
    do {
      byte = message[at++]!;
      length |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte >= 0x80);
    const bytes = message.subarray(at, at + length);
    at += length;
    yield { id: bytes.toString('latin1', 2, 2 + bytes[1]!), bytes };
  }
}

/** Every id stands behind its length. */
function reservationIn(answer: Buffer): string {
  const start = answer.indexOf(RESERVATION_ID);
  if (start < 0) throw new Error(`an answer without a reservation: ${answer.toString('latin1')}`);
  return answer.toString('latin1', start, start + answer[start - 1]!);
}
