import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Authenticator } from '../../keys/authenticator.js';
import { LedgerError } from '../../shared/ledger-error.js';
import { asLedgerError } from '../as-ledger-error.js';
import type { Batches, Outcome } from '../batch.js';
import { deadlineAt, type Asked } from './asked.js';
import { readCommands, type GivenCommand } from './commands.js';
import { StreamCommandsRequest } from './generated/credits/v1/commands.js';
import { MessageWriter, type Settled } from './message-writer.js';
import { statusOf } from './status.js';
import type { StreamSpans } from './stream-spans.js';
import { decodeStrictly } from './strict-reader.js';

const MESSAGE_LIMIT_BYTES = 4 * 1024 * 1024;
/** Commands that were read and whose results have not left yet; beyond it the stream is not read. */
const IN_FLIGHT_LIMIT = 4_096;
/** Commands that go to the ledger together, where no message has more. */
const GROUP_LIMIT = 1_000;
/** Results that leave in one message, measured as JSON, which is larger. */
const RESPONSE_LIMIT_BYTES = 512 * 1024;
const REFUSAL_BYTES = 1_024;
/** One for all streams: it writes a message at a time. */
const WRITER = new MessageWriter();

interface Parts {
  readonly batches: Batches;
  /** Null where nothing is traced. */
  readonly spans: StreamSpans | null;
  readonly authenticator: Authenticator;
  log(error: unknown): void;
}

/**
 * One stream of commands. Messages that arrived while those before them were being read go to the ledger together, in
 * their order; results that were settled while those before them were being written leave together. Who does not read
 * results is not read from either, once so many are in flight.
 */
export class CommandStream {
  private waiting: GivenCommand[][] = [];
  private settled: Settled[] = [];
  private inFlight = 0;
  private reading = false;
  private writing = false;
  /** No more commands are taken. */
  private closing = false;
  /** What the stream ends with; undefined where its caller is done. */
  private error: LedgerError | undefined;
  private over = false;

  constructor(
    private readonly call: ServerDuplexStream<Buffer, Uint8Array<ArrayBuffer>>,
    private readonly asked: Asked,
    private readonly parts: Parts,
  ) {
    call.on('data', (bytes: Buffer) => this.take(bytes));
    call.on('end', () => this.close());
    call.on('cancelled', () => this.drop());
  }

  /** Takes no more commands, answers those it has, and ends. */
  close(error?: LedgerError): void {
    this.closing = true;
    this.error ??= error;
    if (error !== undefined) this.call.pause();
    this.endWhenDone();
  }

  private take(bytes: Buffer): void {
    if (this.closing) return;
    try {
      const { commands } = decodeStrictly(StreamCommandsRequest, bytes, MESSAGE_LIMIT_BYTES);
      const asker = { mode: this.asked.caller.mode, deadlineAt: deadlineAt(this.call.getDeadline()) };
      const given = readCommands(commands, asker);
      this.waiting.push(given);
      this.inFlight += given.length;
    } catch (error) {
      // There is no id to answer it with.
      return this.close(asLedgerError(error));
    }
    if (this.inFlight >= IN_FLIGHT_LIMIT) this.call.pause();
    if (!this.reading) this.read().catch((error: unknown) => this.break(error));
  }

  private async read(): Promise<void> {
    this.reading = true;
    // What one read of the socket brought goes together.
    await nextTurnOfTheLoop();
    while (this.waiting.length > 0 && !this.over) await this.readGroup(this.nextGroup());
    this.reading = false;
    this.endWhenDone();
  }

  private nextGroup(): GivenCommand[][] {
    let commands = 0;
    let messages = 0;
    while (messages < this.waiting.length && commands < GROUP_LIMIT) commands += this.waiting[messages++]!.length;
    return this.waiting.splice(0, messages);
  }

  private async readGroup(messages: readonly GivenCommand[][]): Promise<void> {
    const { batches, spans } = this.parts;
    const traced = messages.map(({ length }) => spans?.begin(length));
    const refusals = await Promise.all(messages.map(() => this.refusalByKey()));
    const calls = messages.flatMap((given, index) => given.map(({ call }) => refusals[index] ?? call));
    const reads = await batches.read(calls);
    let sent = 0;
    for (const [index, given] of messages.entries()) {
      const its = reads.slice(sent, (sent += given.length));
      const send = (): Promise<Outcome>[] => batches.send(its, this.asked.requestId);
      const span = traced[index];
      const outcomes = span === undefined ? send() : spans!.during(span, send);
      given.forEach((command, at) => void outcomes[at]!.then(outcome => this.settle({ command, outcome })));
    }
  }

  /** Every message is a request of its own: its key has to be in force now, and counts it where it has a limit. */
  private async refusalByKey(): Promise<LedgerError | undefined> {
    try {
      await this.parts.authenticator.admit(this.asked.presented!);
      return undefined;
    } catch (thrown) {
      const error = asLedgerError(thrown);
      if (error.code === 'unauthenticated') this.close(error);
      return error;
    }
  }

  private settle(settled: Settled): void {
    if (this.over) return;
    this.settled.push(settled);
    if (this.writing) return;
    this.writing = true;
    // What one batch of the ledger settled leaves together.
    setImmediate(() => this.write());
  }

  private write(): void {
    if (this.over) return;
    try {
      const leaving = this.nextResults();
      const message = WRITER.results(leaving, this.asked.requestId);
      // Called back once the caller's window had room for it.
      this.call.write(message, () => this.written(leaving.length));
    } catch (error) {
      this.break(error);
    }
  }

  private nextResults(): Settled[] {
    let bytes = 0;
    let results = 0;
    while (results < this.settled.length && bytes < RESPONSE_LIMIT_BYTES) {
      const { outcome } = this.settled[results++]!;
      bytes += 'answer' in outcome ? outcome.answer.body.length : REFUSAL_BYTES;
    }
    return this.settled.splice(0, results);
  }

  private written(results: number): void {
    if (this.over) return;
    this.inFlight -= results;
    if (this.inFlight < IN_FLIGHT_LIMIT / 2 && this.call.isPaused() && !this.closing) this.call.resume();
    this.writing = this.settled.length > 0;
    if (this.writing) this.write();
    else this.endWhenDone();
  }

  private endWhenDone(): void {
    if (this.over || !this.closing || this.reading || this.inFlight > 0) return;
    this.drop();
    if (this.error === undefined) this.call.end();
    else this.call.emit('error', statusOf(this.error, this.asked.requestId));
  }

  /** A fault of ours: what is in flight is for its keys to tell. */
  private break(error: unknown): void {
    this.parts.log(error);
    if (this.over) return;
    this.drop();
    this.call.emit('error', statusOf(asLedgerError(error), this.asked.requestId));
  }

  private drop(): void {
    this.over = true;
    this.waiting = [];
    this.settled = [];
  }
}
