import { ENTRY_FORMAT, type EntryFormat } from './entry-hash.js';
import { leafHash } from './merkle.js';
import { HASH_BYTES } from './sha256.js';

/** One byte of format, three numbers of eight, the hash. */
export const LEAF_BYTES = 1 + 3 * 8 + HASH_BYTES;
const TWO_TO_32 = 2 ** 32;

/** What the log says of one entry: which it is, where it stands among all, and the hash of all it contains. */
export interface Leaf {
  readonly format: EntryFormat;
  readonly accountNo: number;
  readonly seq: number;
  readonly position: number;
  /** In hexadecimal. */
  readonly hash: string;
}

export function writeLeaf(bytes: Buffer, at: number, { format, accountNo, seq, position, hash }: Leaf): void {
  bytes.writeUInt8(format, at);
  writeNumber(bytes, at + 1, accountNo);
  writeNumber(bytes, at + 9, seq);
  writeNumber(bytes, at + 17, position);
  bytes.write(hash, at + 25, 'hex');
}

/** @returns null for a format this version does not know, or numbers that no ledger has */
export function readLeaf(bytes: Buffer, at: number): Leaf | null {
  const format = bytes.readUInt8(at);
  if (format !== 1 && format !== ENTRY_FORMAT) return null;
  const leaf: Leaf = {
    format,
    accountNo: readNumber(bytes, at + 1),
    seq: readNumber(bytes, at + 9),
    position: readNumber(bytes, at + 17),
    hash: bytes.toString('hex', at + 25, at + LEAF_BYTES),
  };
  const numbers = [leaf.accountNo, leaf.seq, leaf.position];
  return numbers.every(Number.isSafeInteger) ? leaf : null;
}

/** The hash of the leaf that stands there, as the Merkle tree has it. */
export function leafHashAt(leaves: Buffer, index: number): Buffer {
  return leafHash(leaves.subarray(index * LEAF_BYTES, (index + 1) * LEAF_BYTES));
}

function writeNumber(bytes: Buffer, at: number, value: number): void {
  bytes.writeUInt32BE(Math.floor(value / TWO_TO_32), at);
  bytes.writeUInt32BE(value % TWO_TO_32, at + 4);
}

function readNumber(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * TWO_TO_32 + bytes.readUInt32BE(at + 4);
}
