import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { reservationIn } from './callers.js';
import { HOT_ACCOUNT, SPREAD_ACCOUNTS, spreadAccount } from './contestant.js';
import { percentile, type Measurement } from './statistics.js';

export interface HttpLoad {
  readonly port: number;
  readonly apiKey: string;
  readonly connections: number;
  readonly accounts: 'spread' | 'hot';
  readonly seconds: number;
  /** Processor time of the server so far, in microseconds. */
  readonly serverCpuMicros: () => Promise<number>;
}

export interface HttpMeasurement extends Measurement {
  /** Processor time the load itself took; it shares the machine with what it measures. */
  readonly clientMicrosPerCommand: number;
}

const HEADERS_END = Buffer.from('\r\n\r\n');
const CONTENT_LENGTH = /\r\ncontent-length: (\d+)/i;
const STATUS_STARTS = 'HTTP/1.1 '.length;
const MOST_RESERVED = 1000;

/**
 * Closed loop over keep-alive connections, each reserving and then committing. Written on bare sockets, because on two
 * cores every microsecond of the client is one that the server does not get; the same client drives every contestant.
 */
export async function runHttpLoad(load: HttpLoad): Promise<HttpMeasurement> {
  const latenciesMs: number[] = [];
  const serverCpuBefore = await load.serverCpuMicros();
  const cpuBefore = process.cpuUsage();
  const endsAt = performance.now() + load.seconds * 1000;
  await Promise.all(Array.from({ length: load.connections }, () => new Connection(load, endsAt, latenciesMs).run()));
  const cpu = process.cpuUsage(cpuBefore);
  const serverCpu = (await load.serverCpuMicros()) - serverCpuBefore;
  return {
    commands: latenciesMs.length,
    seconds: load.seconds,
    p50Ms: percentile(latenciesMs, 50),
    p99Ms: percentile(latenciesMs, 99),
    nodeMicrosPerCommand: serverCpu / latenciesMs.length,
    clientMicrosPerCommand: (cpu.user + cpu.system) / latenciesMs.length,
  };
}

class Connection {
  private readonly socket: Socket;
  private readonly runId = randomBytes(9).toString('base64url');
  private readonly commonHeaders: string;
  private turn = 0;
  private reserved = 0;
  private sentAt = 0;
  private unfinished: Buffer | undefined;

  constructor(
    private readonly load: HttpLoad,
    private readonly endsAt: number,
    private readonly latenciesMs: number[],
  ) {
    this.commonHeaders =
      ` HTTP/1.1\r\nhost: 127.0.0.1:${load.port}\r\nauthorization: Bearer ${load.apiKey}\r\n` +
      'content-type: application/json\r\nidempotency-key: ';
    this.socket = connect({ port: load.port, host: '127.0.0.1', noDelay: true });
  }

  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once('error', reject);
      this.socket.once('close', () => resolve());
      this.socket.once('connect', () => this.sendReserve());
      this.socket.on('data', data => {
        try {
          this.onData(data);
        } catch (error) {
          this.socket.destroy();
          reject(error as Error);
        }
      });
    });
  }

  private onData(data: Buffer): void {
    const received = this.unfinished ? Buffer.concat([this.unfinished, data]) : data;
    const body = bodyOf(received);
    if (body === undefined) {
      this.unfinished = received;
      return;
    }
    this.unfinished = undefined;
    this.onAnswer(received, body);
  }

  private onAnswer(answer: Buffer, body: Buffer): void {
    const isReserve = this.reserved > 0;
    const status = answer.toString('latin1', STATUS_STARTS, STATUS_STARTS + 3);
    if (status !== (isReserve ? '201' : '200')) throw new Error(`HTTP ${status}: ${body.toString()}`);
    const now = performance.now();
    const counts = now <= this.endsAt;
    if (counts) this.latenciesMs.push(now - this.sentAt);
    // A commit beyond the end is not counted, but made: no round leaves holds behind for the next.
    if (isReserve) this.sendCommit(reservationIn(body));
    else if (counts) this.sendReserve();
    else this.socket.destroy();
  }

  private sendReserve(): void {
    const account =
      this.load.accounts === 'hot' ? HOT_ACCOUNT : spreadAccount(Math.floor(Math.random() * SPREAD_ACCOUNTS));
    this.reserved = 2 + Math.floor(Math.random() * MOST_RESERVED);
    this.turn++;
    this.send(`/v1/accounts/${account}/reservations`, 'r', this.reserved);
  }

  private sendCommit(reservation: string): void {
    const spent = this.reserved >> 1;
    this.reserved = 0;
    this.send(`/v1/reservations/${reservation}/commit`, 'c', spent);
  }

  private send(path: string, kind: string, amount: number): void {
    const body = `{"amount":"${amount}"}`;
    this.sentAt = performance.now();
    this.socket.write(
      `POST ${path}${this.commonHeaders}${this.runId}-${this.turn}-${kind}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      'latin1',
    );
  }
}

/** The body once all of it has arrived. */
function bodyOf(answer: Buffer): Buffer | undefined {
  const end = answer.indexOf(HEADERS_END);
  if (end < 0) return undefined;
  const length = CONTENT_LENGTH.exec(answer.toString('latin1', 0, end));
  if (length === null) throw new Error(`an answer without a length: ${answer.toString('latin1', 0, end)}`);
  const start = end + HEADERS_END.length;
  return answer.length < start + Number(length[1]) ? undefined : answer.subarray(start);
}
