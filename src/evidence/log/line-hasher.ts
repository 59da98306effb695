import { hash } from 'node:crypto';
import { ENTRY_FORMAT, type PrintedName } from '../entry-hash.js';

const TAB = 0x09;
const FIRST_PLAIN = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const N = 0x4e;

/** What ends a line whose last three columns are null: reason, metadata and metadata of settings. */
const NO_TEXTS = Buffer.from('\t\\N\t\\N\t\\N');

/** The character that stands behind a backslash of COPY's text format, by its code. */
const COPIED = Uint8Array.from({ length: 256 }, (_, code) => code);
for (const [letter, char] of Object.entries({ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' })) {
  COPIED[letter.charCodeAt(0)] = char.charCodeAt(0);
}

/** What JSON has for the characters that it escapes, by their code. */
const JSON_ESCAPES = Array.from({ length: BACKSLASH + 1 }, (_, code) =>
  Buffer.from(JSON.stringify(String.fromCharCode(code)).slice(1, -1)),
);
/** A character takes at most so many bytes of JSON: `\u0001`. */
const LONGEST_ESCAPE = 6;
/** More than the names of all members take, with two hashes. */
const ROOM_FOR_NAMES = 1_024;

const COLUMNS = `account_no seq position type unit amount granted available held spent expired revoked debt lots
  reservation closes target member details effective_at recorded_at reason metadata settings_metadata`.split(/\s+/);

/** A member that is a column. Digits, times and lists of numbers need no escapes. */
interface Member {
  readonly name: Buffer;
  readonly column: number;
  readonly isText: boolean;
}

// In the order of their names; between them come those that are no columns.
const TO_EXPIRED = members('amount available closes debt details effective_at expired');
const TO_MEMBER = members('granted held lots member');
const POSITION = members('position');
const TO_TARGET = members('recorded_at reservation revoked seq spent target');
const TO_UNIT = members('type unit');

/**
 * Hashes entries as they come out of PostgreSQL, byte by byte: `entryHash` of each makes the log cost Node half as much
 * again, most of it for strings that nobody keeps. A test holds the two against each other. Uses one buffer again and
 * again.
 */
export class LineHasher {
  private out = Buffer.allocUnsafe(ROOM_FOR_NAMES);
  private at = 0;
  /** Where each column of the line begins, and what would be the next one's beginning. */
  private readonly begins = new Int32Array(COLUMNS.length + 1);

  /**
   * @param line `ENTRY_COLUMNS` in COPY's text format
   * @param previous as of `canonicalEntry`
   * @param texts likewise
   * @returns in hexadecimal
   */
  hash(line: Buffer, { mode, account }: PrintedName, previous: string, texts: string | null): string {
    this.findColumns(line);
    // JSON of a name is longer than the name by what is escaped of it, and UTF-8 longer by what is not ASCII.
    const mostBytes = LONGEST_ESCAPE * (line.length + (account?.length ?? 0)) + ROOM_FOR_NAMES;
    if (this.out.length < mostBytes) this.out = Buffer.allocUnsafe(2 * mostBytes);
    this.at = 0;
    this.write(account === null ? '{' : `{"account":${JSON.stringify(account)},`);
    this.write('"account_no":"');
    this.copy(line, 0, this.begins[1]! - 1);
    this.out[this.at++] = QUOTE;
    this.members(TO_EXPIRED, line);
    this.write(`,"format":"credits-ledger/entry/${ENTRY_FORMAT}"`);
    this.members(TO_MEMBER, line);
    if (mode !== null) this.write(`,"mode":${JSON.stringify(mode)}`);
    this.members(POSITION, line);
    this.write(`,"previous":"${previous}"`);
    this.members(TO_TARGET, line);
    if (texts !== null) this.write(`,"texts":"${texts}"`);
    this.members(TO_UNIT, line);
    this.write('}');
    return hash('sha256', this.out.subarray(0, this.at), 'hex');
  }

  private findColumns(line: Buffer): void {
    let column = 1;
    for (let i = 0; i < line.length; i++) if (line[i] === TAB) this.begins[column++] = i + 1;
    this.begins[column] = line.length + 1;
    if (column !== COLUMNS.length) throw new Error(`an entry has ${COLUMNS.length} columns, not ${column}`);
  }

  private members(those: readonly Member[], line: Buffer): void {
    for (const { name, column, isText } of those) {
      const from = this.begins[column]!;
      const to = this.begins[column + 1]! - 1;
      if (to - from === 2 && line[from] === BACKSLASH && line[from + 1] === N) continue;
      this.copy(name, 0, name.length);
      if (isText) this.escape(line, from, to);
      else this.copy(line, from, to);
      this.out[this.at++] = QUOTE;
    }
  }

  /** They are short: a loop is done before a call out of JavaScript has begun. */
  private copy(bytes: Buffer, from: number, to: number): void {
    const { out } = this;
    let { at } = this;
    for (let i = from; i < to; i++) out[at++] = bytes[i]!;
    this.at = at;
  }

  /** From COPY's escapes to those of JSON. */
  private escape(bytes: Buffer, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      let byte = bytes[i]!;
      if (byte === BACKSLASH) byte = COPIED[bytes[++i]!]!;
      if (byte >= FIRST_PLAIN && byte !== QUOTE && byte !== BACKSLASH) this.out[this.at++] = byte;
      else this.copy(JSON_ESCAPES[byte]!, 0, JSON_ESCAPES[byte]!.length);
    }
  }

  private write(text: string): void {
    this.at += this.out.write(text, this.at);
  }
}

/** Whether anybody wrote a reason or metadata. Only a column's end is a tab as it is. */
export function hasTextsIn(line: Buffer): boolean {
  return NO_TEXTS.compare(line, line.length - NO_TEXTS.length) !== 0;
}

function members(names: string): Member[] {
  return names.split(' ').map(name => ({
    name: Buffer.from(`,"${name}":"`),
    column: COLUMNS.indexOf(name),
    isText: ['details', 'member', 'type', 'unit'].includes(name),
  }));
}
