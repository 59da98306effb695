import { isUtf8 } from 'node:buffer';
import { LedgerError } from '../../shared/ledger-error.js';

export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** Our deepest body (a batch with metadata) has six levels. */
export const MAX_DEPTH = 16;

/**
 * JSON as a ledger has to read it, where `JSON.parse` is too kind:
 * a name given twice is refused, not decided by position; depth is bounded; a number is an integer up to 2^53-1 that
 * JavaScript holds exactly, and any other number (`1.0`, `1e3`, `9007199254740993`, `-0`) becomes NaN, which every
 * schema refuses, instead of a neighbour of what was written; bytes that are not UTF-8 are not guessed.
 * Text that PostgreSQL cannot store (U+0000, lone surrogates) and the name `__proto__` are refused here, once for all.
 * @throws LedgerError invalid_json (400), or invalid_request (422) for text that cannot be stored
 */
export function parseStrictJson(bytes: Buffer): JsonValue {
  if (!isUtf8(bytes)) throw new LedgerError('invalid_json', 'the body is not valid UTF-8');
  const reader = new Reader(bytes.toString('utf8'));
  const value = reader.document();
  if (reader.sawUnstorableText) throw unstorable(value);
  return value;
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const LONE_SURROGATE = /\p{Surrogate}/u;
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class Reader {
  private at = 0;
  private depth = 0;
  sawUnstorableText = false;

  constructor(private readonly text: string) {}

  document(): JsonValue {
    const value = this.value();
    this.space();
    if (this.at < this.text.length) this.fail('something follows the JSON value');
    return value;
  }

  private value(): JsonValue {
    this.space();
    switch (this.text.charCodeAt(this.at)) {
      case 0x22: // "
        return this.string();
      case 0x7b: // {
        return this.object();
      case 0x5b: // [
        return this.array();
      case 0x74: // t
        return this.word('true', true);
      case 0x66: // f
        return this.word('false', false);
      case 0x6e: // n
        return this.word('null', null);
      default:
        return this.number();
    }
  }

  private object(): JsonValue {
    this.enter();
    const object: Record<string, JsonValue> = {};
    if (this.closes(0x7d)) return object;
    for (;;) {
      this.space();
      if (this.text.charCodeAt(this.at) !== 0x22) this.fail('a name in double quotes is expected');
      const name = this.string();
      if (Object.hasOwn(object, name)) this.fail('a name is given twice');
      this.space();
      if (this.text.charCodeAt(this.at++) !== 0x3a) this.fail('a colon is expected', -1);
      const value = this.value();
      if (name === '__proto__') this.sawUnstorableText = true;
      else object[name] = value;
      if (this.closes(0x7d)) return object;
      this.comma();
    }
  }

  private array(): JsonValue {
    this.enter();
    const items: JsonValue[] = [];
    if (this.closes(0x5d)) return items;
    for (;;) {
      items.push(this.value());
      if (this.closes(0x5d)) return items;
      this.comma();
    }
  }

  private string(): string {
    const { text } = this;
    const start = ++this.at;
    for (let at = start; ; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x22) {
        this.at = at + 1;
        return text.slice(start, at);
      }
      if (code === 0x5c) {
        this.at = at;
        return this.stringWithEscapes(text.slice(start, at));
      }
      if (code < 0x20) this.fail('a control character in a string has to be escaped', at - this.at);
      if (at >= text.length) this.fail('a string does not end', at - this.at);
    }
  }

  private stringWithEscapes(begin: string): string {
    const { text } = this;
    let whole = begin;
    for (;;) {
      const code = text.charCodeAt(this.at);
      if (code === 0x22) break;
      if (code === 0x5c) {
        whole += this.escape();
        continue;
      }
      if (code < 0x20) this.fail('a control character in a string has to be escaped');
      if (this.at >= text.length) this.fail('a string does not end');
      whole += text[this.at++];
    }
    this.at++;
    if (whole.includes('\0') || LONE_SURROGATE.test(whole)) this.sawUnstorableText = true;
    return whole;
  }

  private escape(): string {
    const kind = this.text[this.at + 1] ?? '';
    if (kind === 'u') {
      const digits = this.text.slice(this.at + 2, this.at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.fail('\\u needs four hexadecimal digits');
      this.at += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const meant = SHORT_ESCAPES[kind];
    if (meant === undefined) this.fail('an unknown escape in a string');
    this.at += 2;
    return meant!;
  }

  private number(): number {
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(this.text);
    if (match === null) this.fail('a JSON value is expected');
    const [literal, fraction, exponent] = match!;
    this.at += literal.length;
    const value = Number(literal);
    const exact = fraction === undefined && exponent === undefined && Number.isSafeInteger(value) && literal !== '-0';
    return exact ? value : Number.NaN;
  }

  private word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.fail('a JSON value is expected');
    this.at += word.length;
    return value;
  }

  private enter(): void {
    this.at++;
    if (++this.depth > MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH} levels`);
  }

  private closes(bracket: number): boolean {
    this.space();
    if (this.text.charCodeAt(this.at) !== bracket) return false;
    this.at++;
    this.depth--;
    return true;
  }

  private comma(): void {
    if (this.text.charCodeAt(this.at++) !== 0x2c) this.fail('a comma or a closing bracket is expected', -1);
  }

  private space(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at++;
    }
  }

  private fail(why: string, offset = 0): never {
    throw new LedgerError('invalid_json', `the body is not JSON: ${why}, at character ${this.at + offset}`);
  }
}

/** Says where such text stands. */
export function unstorable(value: JsonValue): LedgerError {
  const location = locateUnstorable(value, 'body') ?? 'body';
  const message = 'holds U+0000, a lone surrogate or the name __proto__, which cannot be stored';
  return new LedgerError('invalid_request', `${location} ${message}`, { errors: [{ location, message }] });
}

function locateUnstorable(value: JsonValue, location: string): string | undefined {
  if (typeof value === 'string') return isUnstorable(value) ? location : undefined;
  if (value === null || typeof value !== 'object') return undefined;
  for (const [name, member] of Object.entries(value)) {
    const found = isUnstorable(name)
      ? location
      : locateUnstorable(member, Array.isArray(value) ? `${location}[${name}]` : `${location}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isUnstorable(text: string): boolean {
  return text.includes('\0') || LONE_SURROGATE.test(text);
}
