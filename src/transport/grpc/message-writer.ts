import type { Answer } from '../../ledger/submission.js';
import type { Outcome } from '../batch.js';
import { Status } from './generated/google/rpc/status.js';
import type { GivenCommand } from './commands.js';
import { JsonToMessage } from './json-to-message.js';
import { MessageBuffer } from './message-buffer.js';
import { shapeOf, type Field, type Shape } from './message-shapes.js';
import { statusMessage } from './status.js';

/** One command of many, and what became of it. */
export interface Settled {
  readonly command: GivenCommand;
  readonly outcome: Outcome;
}

type Bytes = Uint8Array<ArrayBuffer>;

const RESULT = shapeOf('credits.v1.CommandResult');
const ID = fieldNamed(RESULT, 'id');
const ERROR = fieldNamed(RESULT, 'error');
/** Of the responses that have results, in either of which they are alike. */
const RESULTS = fieldNamed(shapeOf('credits.v1.StreamCommandsResponse'), 'results');
/** The most that tag and length take. */
const DELIMITER_BYTES = 10;
const BYTES_PER_CHARACTER = 3;

/** Writes what the service answers, which is JSON, as messages. */
export class MessageWriter {
  private readonly out = new MessageBuffer();
  private readonly reader = new JsonToMessage(this.out);

  /** @param json with the fields of the message under their names */
  message(shape: Shape, json: Buffer | string): Bytes {
    this.out.clear();
    this.reader.write(shape, typeof json === 'string' ? Buffer.from(json) : json);
    return this.out.take();
  }

  mutation(shape: Shape, answer: Answer): Bytes {
    this.out.clear();
    this.answer(shape, answer);
    return this.out.take();
  }

  /** Of a batch, or some of a stream's. */
  results(settled: readonly Settled[], requestId: string): Bytes {
    this.out.clear();
    for (const { command, outcome } of settled) this.result(command, outcome, requestId);
    return this.out.take();
  }

  private result({ id, kind }: GivenCommand, outcome: Outcome, requestId: string): void {
    const { out } = this;
    out.makeRoom(3 * DELIMITER_BYTES + BYTES_PER_CHARACTER * id.length);
    const start = out.open(RESULTS.tag);
    const beforeId = out.open(ID.tag);
    out.text(id);
    out.close(beforeId);
    if ('error' in outcome) {
      const status = Status.encode(statusMessage(outcome.error, requestId)).finish();
      out.makeRoom(2 * DELIMITER_BYTES + status.length);
      const beforeStatus = out.open(ERROR.tag);
      out.append(status);
      out.close(beforeStatus);
    } else {
      const { tag, value } = fieldNamed(RESULT, kind!);
      const beforeAnswer = out.open(tag);
      if (value.kind === 'message') this.answer(value.shape, outcome.answer);
      out.close(beforeAnswer);
    }
    out.close(start);
  }

  private answer(shape: Shape, { body, replayed }: Answer): void {
    this.reader.write(shape, body);
    if (!replayed) return;
    this.out.makeRoom(DELIMITER_BYTES);
    this.out.varint(fieldNamed(shape, 'replayed').tag);
    this.out.varint(1);
  }
}

function fieldNamed({ name, fields }: Shape, wanted: string): Field {
  const field = fields.find(({ name: given }) => given === wanted);
  if (field === undefined) throw new Error(`${name} has no ${wanted}`);
  return field;
}
