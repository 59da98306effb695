const CONTINUES = 0x80;
const SEVEN_BITS = 0x7f;
/** What `>>>` can shift; JSON's integers go up to 2^53-1. */
const INT32_LIMIT = 2 ** 31;
const FIRST_BYTES = 64 * 1024;
/** One answer may be larger than any other: its bytes are not held for ever. */
const MOST_BYTES_KEPT = 4 * 1024 * 1024;

/** The bytes of messages being written, each delimited by a length that is known only once it is there. */
export class MessageBuffer {
  /** Whoever writes to it directly has asked for room before. */
  bytes = Buffer.allocUnsafe(FIRST_BYTES);
  /** Where the next byte goes. */
  at = 0;

  /** To be called before anything is written. Where this many bytes are left, nothing below looks again. */
  makeRoom(bytes: number): void {
    const needed = this.at + bytes;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }

  varint(value: number): void {
    const { bytes } = this;
    let left = value;
    while (left >= INT32_LIMIT) {
      bytes[this.at++] = (left % CONTINUES) | CONTINUES;
      left = Math.floor(left / CONTINUES);
    }
    while (left > SEVEN_BITS) {
      bytes[this.at++] = (left & SEVEN_BITS) | CONTINUES;
      left >>>= 7;
    }
    bytes[this.at++] = left;
  }

  /** As an int64 that may be negative, which takes ten bytes. */
  int64(value: number): void {
    if (value >= 0) return this.varint(value);
    let left = BigInt.asUintN(64, BigInt(value));
    for (; left > SEVEN_BITS; left >>= 7n) this.bytes[this.at++] = Number(left & 0x7fn) | CONTINUES;
    this.bytes[this.at++] = Number(left);
  }

  /** Begins something that its length precedes: most of it is so short that the length takes a byte. @returns for `close` */
  open(tag: number): number {
    this.varint(tag);
    return ++this.at;
  }

  close(start: number): void {
    const length = this.at - start;
    if (length <= SEVEN_BITS) {
      this.bytes[start - 1] = length;
      return;
    }
    const longer = length < 1 << 14 ? 1 : length < 1 << 21 ? 2 : length < 1 << 28 ? 3 : 4;
    this.bytes.copyWithin(start + longer, start, this.at);
    this.at = start - 1;
    this.varint(length);
    this.at += length;
  }

  text(text: string): void {
    this.at += this.bytes.write(text, this.at);
  }

  append(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** Forgets what was written and not taken. */
  clear(): void {
    this.at = 0;
  }

  /** What was written, to be kept; the next message begins anew. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = new Uint8Array(this.at);
    taken.set(this.bytes.subarray(0, this.at));
    this.at = 0;
    if (this.bytes.length > MOST_BYTES_KEPT) this.bytes = Buffer.allocUnsafe(FIRST_BYTES);
    return taken;
  }
}
