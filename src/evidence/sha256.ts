import { hash } from 'node:crypto';

export const HASH_BYTES = 32;

/** A string counts as its UTF-8 bytes. */
export function sha256(data: string | Buffer): Buffer {
  // Asked for a buffer, `hash` makes it in more than the time the hash itself takes; a tree is made of hundreds.
  return Buffer.from(hash('sha256', data, 'binary'), 'binary');
}

export function sha256Hex(data: string): string {
  return hash('sha256', data, 'hex');
}
