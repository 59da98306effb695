import type { Moment } from '../domain/account.js';

/** Types of PostgreSQL itself; their numbers never change. */
const BOOL = 16;
const BYTEA = 17;
const INT8 = 20;
const INT4 = 23;
const TEXT = 25;
const TEXT_ARRAY = 1009;
const INT8_ARRAY = 1016;
const TIMESTAMPTZ = 1184;
const JSONB = 3802;

/** PostgreSQL counts microseconds from the year 2000. */
const POSTGRES_EPOCH_MS = 946_684_800_000;
const TWO_TO_32 = 4_294_967_296;
const NULL_LENGTH = -1;
const JSONB_VERSION = 1;

const FIRST_CAPACITY_BYTES = 64 * 1024;
const ARRAY_HEADER_BYTES = 20;
/** Where the number of elements stands in an array's header. */
const COUNT_AT = 12;
const LONGEST_BY_HAND = 24;

/**
 * An array of rows as a binary parameter: PostgreSQL takes it as it is, and one pass over one buffer costs a fraction of
 * what text arrays cost. Values are written in the order of the composite type's columns. One per parameter, used again
 * for every batch: `clear` forgets the rows and keeps the buffer.
 */
export class RowArray {
  private bytes = Buffer.allocUnsafe(FIRST_CAPACITY_BYTES);
  private view = viewOf(this.bytes);
  private at = ARRAY_HEADER_BYTES;
  private rowAt = 0;
  private columns = 0;
  private rows = 0;

  /** @param rowType the composite type's number in this database */
  constructor(private readonly rowType: number) {}

  get length(): number {
    return this.rows;
  }

  clear(): void {
    this.at = ARRAY_HEADER_BYTES;
    this.rows = 0;
  }

  startRow(): void {
    this.room(8);
    this.rowAt = this.at;
    this.columns = 0;
    this.at += 8;
  }

  endRow(): void {
    this.view.setInt32(this.rowAt, this.at - this.rowAt - 4);
    this.view.setInt32(this.rowAt + 4, this.columns);
    this.rows++;
  }

  bigint(value: bigint | null): void {
    if (value === null) return this.null(INT8);
    this.start(INT8, 8);
    this.view.setBigInt64(this.at, value);
    this.at += 8;
  }

  /** Null where it is zero. */
  delta(value: bigint): void {
    this.bigint(value === 0n ? null : value);
  }

  /** A `bigint` column that never exceeds 2^53. */
  integer(value: number | null): void {
    if (value === null) return this.null(INT8);
    this.start(INT8, 8);
    this.int64(value);
  }

  int4(value: number): void {
    this.start(INT4, 4);
    this.view.setInt32(this.at, value);
    this.at += 4;
  }

  boolean(value: boolean): void {
    this.start(BOOL, 1);
    this.bytes[this.at++] = value ? 1 : 0;
  }

  moment(value: Moment | null): void {
    if (value === null) return this.null(TIMESTAMPTZ);
    this.start(TIMESTAMPTZ, 8);
    const micros = (value - POSTGRES_EPOCH_MS) * 1000;
    if (Number.isSafeInteger(micros)) return this.int64(micros);
    this.view.setBigInt64(this.at, BigInt(value - POSTGRES_EPOCH_MS) * 1000n);
    this.at += 8;
  }

  text(value: string | null): void {
    if (value === null) return this.null(TEXT);
    this.start(TEXT, 0);
    this.setLength(this.string(value));
  }

  bytea(value: Uint8Array | null): void {
    if (value === null) return this.null(BYTEA);
    this.start(BYTEA, value.length);
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  /** A `bytea` given as text, one character a byte. */
  octets(value: string): void {
    this.start(BYTEA, value.length);
    for (let i = 0; i < value.length; i++) this.bytes[this.at + i] = value.charCodeAt(i);
    this.at += value.length;
  }

  json(value: object | null): void {
    if (value === null) return this.null(JSONB);
    this.start(JSONB, 1);
    this.bytes[this.at++] = JSONB_VERSION;
    this.setLength(1 + this.string(JSON.stringify(value)));
  }

  bigints(values: readonly bigint[] | null): void {
    if (values === null) return this.null(INT8_ARRAY);
    this.start(INT8_ARRAY, arrayHeaderBytes(values.length) + values.length * 12);
    this.arrayHeader(INT8, values.length);
    for (const value of values) {
      this.view.setInt32(this.at, 8);
      this.view.setBigInt64(this.at + 4, value);
      this.at += 12;
    }
  }

  texts(values: readonly string[]): void {
    this.start(TEXT_ARRAY, arrayHeaderBytes(values.length));
    const startsAt = this.at;
    this.arrayHeader(TEXT, values.length);
    for (const value of values) {
      this.room(4);
      const lengthAt = this.at;
      this.at += 4;
      // Before `view` is looked at: writing the text may move everything to a larger buffer.
      const length = this.string(value);
      this.view.setInt32(lengthAt, length);
    }
    this.view.setInt32(startsAt - 4, this.at - startsAt);
  }

  /** The parameter. Valid until the next `clear`. */
  toParameter(): Buffer {
    const { view } = this;
    view.setInt32(0, this.rows === 0 ? 0 : 1);
    view.setInt32(4, 0);
    view.setInt32(8, this.rowType);
    view.setInt32(COUNT_AT, this.rows);
    view.setInt32(16, 1);
    return this.bytes.subarray(0, this.rows === 0 ? COUNT_AT : this.at);
  }

  private null(type: number): void {
    this.start(type, 0);
    this.view.setInt32(this.at - 4, NULL_LENGTH);
  }

  /** Type and length of a column's value, and room for it. */
  private start(type: number, length: number): void {
    this.room(8 + length);
    this.view.setInt32(this.at, type);
    this.view.setInt32(this.at + 4, length);
    this.at += 8;
    this.columns++;
  }

  /** For values whose length is known only once they are written. */
  private setLength(length: number): void {
    this.view.setInt32(this.at - length - 4, length);
  }

  private arrayHeader(type: number, length: number): void {
    const { view, at } = this;
    view.setInt32(at, length === 0 ? 0 : 1);
    view.setInt32(at + 4, 0);
    view.setInt32(at + 8, type);
    if (length > 0) {
      view.setInt32(at + COUNT_AT, length);
      view.setInt32(at + 16, 1);
    }
    this.at += arrayHeaderBytes(length);
  }

  private int64(value: number): void {
    const high = Math.floor(value / TWO_TO_32);
    this.view.setInt32(this.at, high);
    this.view.setUint32(this.at + 4, value - high * TWO_TO_32);
    this.at += 8;
  }

  /** Answers how many bytes it took. Short plain strings, which almost all are, go faster without the call into C++. */
  private string(value: string): number {
    this.room(value.length * 3);
    const { bytes, at } = this;
    if (value.length <= LONGEST_BY_HAND) {
      let i = 0;
      for (; i < value.length; i++) {
        const code = value.charCodeAt(i);
        if (code > 127) break;
        bytes[at + i] = code;
      }
      if (i === value.length) {
        this.at += i;
        return i;
      }
    }
    const written = bytes.write(value, at);
    this.at += written;
    return written;
  }

  private room(needed: number): void {
    if (this.at + needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + needed));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
    this.view = viewOf(larger);
  }
}

function arrayHeaderBytes(length: number): number {
  return length === 0 ? COUNT_AT : ARRAY_HEADER_BYTES;
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
