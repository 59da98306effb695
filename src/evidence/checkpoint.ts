import { BadNote, type PublicKey, type SigningKey } from './signed-note.js';
import { HASH_BYTES } from './sha256.js';

/** What a ledger signs: so many entries, in this order, and none of them ever another. https://c2sp.org/tlog-checkpoint */
export interface Checkpoint {
  /** Which log it is of. */
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

const SIZE = /^(0|[1-9][0-9]*)$/;

/** The origin is the key's name. */
export function signCheckpoint(key: SigningKey, size: number, root: Buffer): string {
  return key.sign(`${key.publicKey.name}\n${size}\n${root.toString('base64')}\n`);
}

/** @throws BadNote where it is not signed by the key, or is no checkpoint */
export function openCheckpoint(note: string, key: PublicKey): Checkpoint {
  const checkpoint = readCheckpoint(key.open(note));
  if (checkpoint.origin === key.name) return checkpoint;
  throw new BadNote(`it is of the log ${checkpoint.origin}, not of ${key.name}`);
}

/**
 * What a note says, whoever signed it: keys change, and what was signed under the one before stays.
 * @throws BadNote where it is no checkpoint
 */
export function readCheckpoint(note: string): Checkpoint {
  const [origin, size, root] = note.split('\n');
  const bytes = Buffer.from(root ?? '', 'base64');
  if (!origin || !SIZE.test(size ?? '') || !Number.isSafeInteger(Number(size)) || bytes.length !== HASH_BYTES) {
    throw new BadNote('it is no checkpoint');
  }
  return { origin, size: Number(size), root: bytes };
}
