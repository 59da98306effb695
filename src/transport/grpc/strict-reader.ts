import { BinaryReader } from '@bufbuild/protobuf/wire';
import { LedgerError } from '../../shared/ledger-error.js';
import type { JsonValue } from '../json/strict-json.js';
import { unstorable } from '../json/strict-json.js';

/** How a generated message is written and read. */
export interface MessageType<T> {
  encode(message: T): { finish(): Uint8Array<ArrayBuffer> };
  decode(input: BinaryReader): T;
}

/** Lost in decoding, where it is the name of a map's member: an object takes it for its prototype. */
const LOST_NAME = '__proto__';

/** Refuses what protobuf allows and a ledger should not guess about: fields it does not know, text that is no UTF-8. */
class StrictReader extends BinaryReader {
  sawUnstorableText = false;
  lostNames = 0;

  override string(): string {
    const text = super.string(true);
    if (text.includes('\0')) this.sawUnstorableText = true;
    if (text === LOST_NAME) this.lostNames++;
    return text;
  }

  override skip(): never {
    throw new Error('a field that this service does not know');
  }
}

/**
 * A message as strictly as a ledger has to read it: as `parseStrictJson` reads JSON.
 * @param limitBytes more than that is refused unread
 * @throws LedgerError invalid_request, payload_too_large
 */
export function decodeStrictly<T extends object>(type: MessageType<T>, bytes: Uint8Array, limitBytes: number): T {
  if (bytes.length > limitBytes) {
    throw new LedgerError('payload_too_large', `the message is larger than ${limitBytes / 1024} KiB`);
  }
  const reader = new StrictReader(bytes);
  const message = decode(type, reader);
  if (reader.sawUnstorableText) throw unstorable(message as JsonValue);
  if (reader.lostNames > 0 && reader.lostNames > countLostNames(message)) throw unstorable(null);
  return message;
}

function decode<T>(type: MessageType<T>, reader: StrictReader): T {
  try {
    return type.decode(reader);
  } catch (error) {
    // What the generated code throws names positions and types of its own; the sender needs to know what to look at.
    const unknownField = error instanceof Error && error.message === 'a field that this service does not know';
    const problem = unknownField
      ? 'has a field that this service does not know'
      : 'cannot be read as the message that proto/credits/v1 says';
    const errors = [{ location: 'body', message: problem }];
    throw new LedgerError('invalid_request', `the message ${problem}`, { errors }, false, { cause: error });
  }
}

/** Those that are values, and so are still there. */
function countLostNames(message: object): number {
  return JSON.stringify(message).split(`"${LOST_NAME}"`).length - 1;
}
