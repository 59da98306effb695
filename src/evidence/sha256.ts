import { hash } from 'node:crypto';

export const HASH_BYTES = 32;

/** A string counts as its UTF-8 bytes. */
export function sha256(data: string | Buffer): Buffer {
  return hash('sha256', data, 'buffer');
}

export function sha256Hex(data: string): string {
  return hash('sha256', data, 'hex');
}
