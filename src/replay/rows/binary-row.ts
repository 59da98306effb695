import { InternedWords } from './interned-words.js';

/** PostgreSQL counts microseconds from the year 2000. */
const POSTGRES_EPOCH_MS = 946_684_800_000;
const TWO_TO_32 = 4_294_967_296;
const NULL_LENGTH = -1;
/** Where the number of elements stands in an array's header, and where the first element does. */
const COUNT_AT = 12;
const ELEMENTS_AT = 20;
/** A `jsonb` value starts with its format's version. */
const JSONB_HEADER_BYTES = 1;

/**
 * Reads the fields of binary COPY rows in the order of their columns. One reader serves a whole stream: `start` moves it
 * to a row, each read to the next field. A reader that answers null does so for NULL; the others are for columns that
 * are NOT NULL.
 */
export class BinaryRow {
  private bytes: Buffer = Buffer.alloc(0);
  private memory: ArrayBufferLike = this.bytes.buffer;
  private view = new DataView(this.memory);
  private at = 0;
  private readonly words = new InternedWords();

  start(bytes: Buffer, fieldsAt: number): void {
    this.bytes = bytes;
    // Thousands of rows share one network buffer: making a view of each would cost more than reading it.
    if (bytes.buffer !== this.memory) {
      this.memory = bytes.buffer;
      this.view = new DataView(this.memory);
    }
    this.at = bytes.byteOffset + fieldsAt;
  }

  bigint(): bigint | null {
    const length = this.length();
    if (length === NULL_LENGTH) return null;
    this.at += length;
    return this.view.getBigInt64(this.at - length);
  }

  /** A `bigint` that never exceeds 2^53: seq, account and lot numbers. */
  integer(): number {
    return this.integerOrNull() ?? 0;
  }

  integerOrNull(): number | null {
    const length = this.length();
    if (length === NULL_LENGTH) return null;
    this.at += length;
    return this.integerAt(this.at - length);
  }

  int4(): number {
    const length = this.length();
    this.at += length;
    return this.view.getInt32(this.at - length);
  }

  /** Milliseconds since 1970; finer fractions are kept, so that a damaged time does not look right. */
  moment(): number {
    return this.momentOrNull() ?? Number.NaN;
  }

  momentOrNull(): number | null {
    const length = this.length();
    if (length === NULL_LENGTH) return null;
    this.at += length;
    return this.integerAt(this.at - length) / 1000 + POSTGRES_EPOCH_MS;
  }

  boolean(): boolean {
    const length = this.length();
    this.at += length;
    return this.view.getUint8(this.at - length) === 1;
  }

  text(): string {
    return this.textOrNull() ?? '';
  }

  textOrNull(): string | null {
    const length = this.length();
    if (length === NULL_LENGTH) return null;
    this.at += length;
    return this.string(this.at - length, length);
  }

  /** For columns with few different values, such as a unit or a type. */
  wordOrNull(): string | null {
    const length = this.length();
    if (length === NULL_LENGTH) return null;
    this.at += length;
    const start = this.at - length - this.bytes.byteOffset;
    return this.words.read(this.bytes, start, length);
  }

  json(): unknown {
    const length = this.length();
    if (length === NULL_LENGTH) return null;
    this.at += length;
    return JSON.parse(this.string(this.at - length + JSONB_HEADER_BYTES, length - JSONB_HEADER_BYTES));
  }

  bigintsOrNull(): bigint[] | null {
    const length = this.length();
    if (length === NULL_LENGTH) return null;
    const start = this.at;
    this.at += length;
    const count = length < ELEMENTS_AT ? 0 : this.view.getInt32(start + COUNT_AT);
    const values: bigint[] = [];
    for (let i = 0, at = start + ELEMENTS_AT; i < count; i++, at += 12) values.push(this.view.getBigInt64(at + 4));
    return values;
  }

  texts(): string[] {
    const length = this.length();
    const start = this.at;
    this.at += Math.max(length, 0);
    const count = length < ELEMENTS_AT ? 0 : this.view.getInt32(start + COUNT_AT);
    const values: string[] = [];
    for (let i = 0, at = start + ELEMENTS_AT; i < count; i++) {
      const bytes = this.view.getInt32(at);
      values.push(this.string(at + 4, bytes));
      at += 4 + bytes;
    }
    return values;
  }

  private length(): number {
    this.at += 4;
    return this.view.getInt32(this.at - 4);
  }

  private integerAt(at: number): number {
    return this.view.getInt32(at) * TWO_TO_32 + this.view.getUint32(at + 4);
  }

  private string(at: number, length: number): string {
    const start = at - this.bytes.byteOffset;
    return this.bytes.toString('utf8', start, start + length);
  }
}
