import { hash } from 'node:crypto';
import { canonicalText } from './json/canonical-text.js';
import type { JsonValue } from './json/strict-json.js';

const FINGERPRINT_BYTES = 16;

/**
 * Tells whether a key comes back with the same request: operation, what it is addressed to, JSON value. Not the bytes
 * and not the transport, so that a retry may reorder its fields, or go through the batch.
 */
export function fingerprint(operation: string, target: string, body: JsonValue): Buffer {
  // As a text of a character for each byte, which is cheaper to be handed than a Buffer.
  const digest = hash('sha256', `${operation}\0${target}\0${canonicalText(body)}`, 'binary');
  return Buffer.from(digest.slice(0, FINGERPRINT_BYTES), 'binary');
}
