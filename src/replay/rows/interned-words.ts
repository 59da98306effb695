const SLOTS = 256;
/** A call into the decoder costs more than comparing this many bytes. */
const LONGEST_WORD_BYTES = 32;

interface Word {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** Decodes a word once and recognises it by its bytes from then on. Bounded: words that collide replace each other. */
export class InternedWords {
  private readonly slots: (Word | undefined)[] = Array.from({ length: SLOTS });

  read(bytes: Buffer, start: number, length: number): string {
    if (length === 0 || length > LONGEST_WORD_BYTES) return bytes.toString('utf8', start, start + length);
    const slot = (length * 31 + bytes[start]! * 7 + bytes[start + length - 1]!) % SLOTS;
    const known = this.slots[slot];
    if (known !== undefined && isAt(known.bytes, bytes, start, length)) return known.text;
    const text = bytes.toString('utf8', start, start + length);
    this.slots[slot] = { bytes: Uint8Array.prototype.slice.call(bytes, start, start + length), text };
    return text;
  }
}

function isAt(word: Uint8Array, bytes: Buffer, start: number, length: number): boolean {
  if (word.length !== length) return false;
  for (let i = 0; i < length; i++) if (word[i] !== bytes[start + i]) return false;
  return true;
}
