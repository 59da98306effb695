import type { MessageBuffer } from './message-buffer.js';
import type { Field, Shape, Value, Word } from './message-shapes.js';
import { afterMember, afterText } from './skip-json.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const N = 0x6e;
const T = 0x74;

/** For the lengths of what it stands in. */
const ROOM_AROUND_BYTES = 64;
const KEY_TAG = 0x0a;
/** Of `Quantity`. */
const AMOUNT_TAG = 0x0a;
const KINDS = { tag: 0x12, memberTag: 0x12, value: { kind: 'text' } } as const;
const SECONDS_TAG = 0x08;
const NANOS_TAG = 0x10;
const NANOS_PER_MS = 1_000_000;
/** `2026-11-30T12:00:00.000Z` */
const MOMENT_CHARS = 24;
/** `Date.UTC` takes a year below for one of the twentieth century. */
const FIRST_FULL_YEAR = 100;

/**
 * JSON that the service itself has written, without white space, becomes the message that has its fields under its
 * names: words become enums, moments timestamps, null nothing; what proto/ does not know is left out. In one pass over the bytes and without an object between:
 * every result of a stream goes through here, and JSON.parse with an encoder behind it took three times as long.
 */
export class JsonToMessage {
  private json: Uint8Array = Buffer.alloc(0);
  private at = 0;

  constructor(private readonly out: MessageBuffer) {}

  /** Writes the message's fields, without tag and length of its own. @throws Error where it is no such JSON */
  write(shape: Shape, json: Buffer): void {
    this.json = json;
    this.at = 0;
    // No value takes more than twice what it takes in JSON, where each has quotes or brackets and most have names.
    this.out.makeRoom(2 * json.length + ROOM_AROUND_BYTES);
    this.message(shape);
    if (this.at !== json.length) this.fail('the end');
  }

  private message({ name, fields }: Shape): void {
    this.take(OPENING_BRACE);
    let expected = 0;
    while (!this.ends(CLOSING_BRACE)) {
      let tried = 0;
      while (tried < fields.length && !this.takeIf(fields[expected]!.json)) {
        if (++expected === fields.length) expected = 0;
        tried++;
      }
      if (tried === fields.length) this.skipMember(name);
      else this.field(fields[expected++]!);
      if (expected === fields.length) expected = 0;
    }
  }

  /** An answer that a newer replica has kept may say more than this one's proto/ does. */
  private skipMember(name: string): void {
    const end = afterMember(this.json, this.at);
    if (end === this.at) this.fail(`a field of ${name}`);
    this.at = end;
  }

  private field(field: Field): void {
    const { tag, form, value, omitsEmpty } = field;
    if (this.json[this.at] === N) {
      this.at += 'null'.length;
    } else if (form === 'one') {
      this.value(tag, value, omitsEmpty);
    } else if (form === 'list') {
      this.take(OPENING_BRACKET);
      while (!this.ends(CLOSING_BRACKET)) this.value(tag, value, false);
    } else {
      this.take(OPENING_BRACE);
      while (!this.ends(CLOSING_BRACE)) this.member(field);
    }
  }

  private member({ tag, memberTag, value }: Pick<Field, 'tag' | 'memberTag' | 'value'>): void {
    const { out } = this;
    const before = out.at;
    const start = out.open(tag);
    this.text(KEY_TAG, false);
    this.at++;
    if (this.json[this.at] === N) {
      this.at += 'null'.length;
      out.at = before;
      return;
    }
    this.value(memberTag, value, false);
    out.close(start);
  }

  private value(tag: number, value: Value, omitsEmpty: boolean): void {
    switch (value.kind) {
      case 'text':
        return this.text(tag, omitsEmpty);
      case 'number':
        return this.number(tag, this.digits(), omitsEmpty);
      case 'bool':
        return this.bool(tag, omitsEmpty);
      case 'word':
        return this.word(tag, value.words);
      case 'moment':
        return this.moment(tag);
      case 'quantity':
        return this.quantity(tag);
      case 'bytes':
        return this.fail('no bytes');
      case 'message': {
        const start = this.out.open(tag);
        if (value.textTag !== null && this.json[this.at] === QUOTE) this.text(value.textTag, false);
        else this.message(value.shape);
        return this.out.close(start);
      }
      default:
        throw new Error(`unknown value ${JSON.stringify(value satisfies never)}`);
    }
  }

  private text(tag: number, omitsEmpty: boolean): void {
    const { json, out } = this;
    const quote = this.at;
    let from = quote + 1;
    if (omitsEmpty && json[from] === QUOTE) {
      this.at = from + 1;
      return;
    }
    const start = out.open(tag);
    const { bytes } = out;
    let to = start;
    for (;;) {
      const byte = json[from++];
      if (byte === QUOTE) break;
      if (byte === BACKSLASH || byte === undefined) return this.escapedText(quote, start);
      bytes[to++] = byte;
    }
    this.at = from;
    out.at = to;
    out.close(start);
  }

  private escapedText(quote: number, start: number): void {
    const { json } = this;
    this.at = afterText(json, quote);
    if (json[this.at - 1] !== QUOTE) this.fail('the end of a text');
    this.out.text(JSON.parse(Buffer.from(json.subarray(quote, this.at)).toString()));
    this.out.close(start);
  }

  private digits(): number {
    const { json } = this;
    const from = this.at;
    let value = 0;
    for (let byte = json[this.at]!; byte >= ZERO && byte <= NINE; byte = json[++this.at]!) {
      value = value * 10 + (byte - ZERO);
    }
    if (this.at === from) this.fail('digits');
    return value;
  }

  private number(tag: number, value: number, omitsEmpty: boolean): void {
    if (omitsEmpty && value === 0) return;
    this.out.varint(tag);
    this.out.varint(value);
  }

  private bool(tag: number, omitsEmpty: boolean): void {
    const isTrue = this.json[this.at] === T;
    this.at += isTrue ? 'true'.length : 'false'.length;
    this.number(tag, isTrue ? 1 : 0, omitsEmpty);
  }

  private word(tag: number, words: readonly Word[]): void {
    for (const { json, number } of words) {
      if (this.takeIf(json)) return this.number(tag, number, false);
    }
    this.at = afterText(this.json, this.at);
  }

  /** One amount is a text in JSON, amounts by kind are an object. */
  private quantity(tag: number): void {
    const start = this.out.open(tag);
    if (this.json[this.at] === QUOTE) {
      this.text(AMOUNT_TAG, false);
    } else {
      this.take(OPENING_BRACE);
      while (!this.ends(CLOSING_BRACE)) this.member(KINDS);
    }
    this.out.close(start);
  }

  private moment(tag: number): void {
    const { out } = this;
    const ms = this.ms();
    const seconds = Math.floor(ms / 1000);
    const start = out.open(tag);
    if (seconds !== 0) {
      out.varint(SECONDS_TAG);
      out.int64(seconds);
    }
    this.number(NANOS_TAG, (ms - seconds * 1000) * NANOS_PER_MS, true);
    out.close(start);
  }

  private ms(): number {
    const { json } = this;
    const at = this.at + 1;
    const end = at + MOMENT_CHARS;
    const year = this.two(at) * 100 + this.two(at + 2);
    if (json[end] === QUOTE && year >= FIRST_FULL_YEAR) {
      this.at = end + 1;
      const thousandths = json[at + 20]! * 100 + json[at + 21]! * 10 + json[at + 22]! - ZERO * 111;
      const [month, day] = [this.two(at + 5) - 1, this.two(at + 8)];
      return Date.UTC(year, month, day, this.two(at + 11), this.two(at + 14), this.two(at + 17), thousandths);
    }
    this.at = json.indexOf(QUOTE, at) + 1;
    const ms = Date.parse(Buffer.from(json.subarray(at, this.at - 1)).toString());
    return Number.isNaN(ms) ? this.fail('a moment') : ms;
  }

  private two(at: number): number {
    return this.json[at]! * 10 + this.json[at + 1]! - ZERO * 11;
  }

  private take(byte: number): void {
    if (this.json[this.at] !== byte) this.fail(`“${String.fromCharCode(byte)}”`);
    this.at++;
  }

  private takeIf(wanted: Uint8Array): boolean {
    const { json, at } = this;
    for (let index = 0; index < wanted.length; index++) if (json[at + index] !== wanted[index]) return false;
    this.at = at + wanted.length;
    return true;
  }

  /** Whether the object or list ends here; else what follows the comma is next. */
  private ends(bracket: number): boolean {
    const byte = this.json[this.at];
    if (byte === bracket) {
      this.at++;
      return true;
    }
    if (byte === COMMA) this.at++;
    else if (byte === undefined) this.fail('more');
    return false;
  }

  private fail(expected: string): never {
    const found = Buffer.from(this.json.subarray(this.at, this.at + 32)).toString();
    throw new Error(
      `an answer does not become its message: ${expected} was expected at ${this.at}, where it says ${found}`,
    );
  }
}
