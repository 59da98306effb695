import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

export const MODES = ['live', 'test'] as const;
export type Mode = (typeof MODES)[number];

export const SCOPES = [
  'ledger:read',
  'ledger:write',
  'config:write',
  'billing:write',
  'usage:read',
  'keys:write',
  'ops',
] as const;
export type Scope = (typeof SCOPES)[number];

/** A key as its holder has it: `crd_live_<id>_<secret><checksum>`, or an operator's own text. */
export interface ApiKey {
  /** `key_…`: names the key, tells nothing about the secret. */
  readonly id: string;
  readonly text: string;
  /** The part that may be shown. */
  readonly prefix: string;
  /** SHA-256 of the text; the secret has 256 random bits, so nothing slower is needed. */
  readonly secretHash: Buffer;
}

const SECRET_BYTES = 32;
const SECRET_LENGTH = 43;
const ID_BYTES = 8;
const ID_LENGTH = 11;
const CHECKSUM_LENGTH = 6;
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SHAPE = new RegExp(
  `^crd_(?:live|test)_([0-9A-Za-z]{${ID_LENGTH}})_[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`,
);
/** What `API_KEY` may be: taken as it is, checksum or not. */
const OWN_SHAPE = /^crd_live_[\x21-\x7e]{15,503}$/;
const OWN_PREFIX_LENGTH = 'crd_live_'.length + 4;

export function makeApiKey(mode: Mode): ApiKey {
  const id = base62(randomBytes(ID_BYTES), ID_LENGTH);
  const prefix = `crd_${mode}_${id}`;
  const unchecked = `${prefix}_${base62(randomBytes(SECRET_BYTES), SECRET_LENGTH)}`;
  const text = unchecked + checksum(unchecked);
  return { id: `key_${id}`, text, prefix, secretHash: sha256(text) };
}

/** Reads what a caller presents; null where it cannot be a key at all, so that nothing is asked of the database. */
export function readApiKey(text: string): ApiKey | null {
  const id = SHAPE.exec(text)?.[1];
  if (id !== undefined && text.endsWith(checksum(text.slice(0, -CHECKSUM_LENGTH)))) {
    return { id: `key_${id}`, text, prefix: text.slice(0, text.lastIndexOf('_')), secretHash: sha256(text) };
  }
  if (!OWN_SHAPE.test(text)) return null;
  const secretHash = sha256(text);
  // From the hash, so that replicas and restarts agree on it.
  const ownId = `key_${secretHash.subarray(0, 10).toString('hex')}`;
  return { id: ownId, text, prefix: text.slice(0, OWN_PREFIX_LENGTH), secretHash };
}

/** Read with every request, so without the big integers that make a key. */
function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    digits = DIGITS[rest % DIGITS.length]! + digits;
    rest = Math.floor(rest / DIGITS.length);
  }
  return digits;
}

function sha256(text: string): Buffer {
  return Buffer.from(hash('sha256', text, 'hex'), 'hex');
}

function base62(bytes: Buffer, length: number): string {
  let rest = BigInt(`0x${bytes.toString('hex')}`);
  let text = '';
  for (let i = 0; i < length; i++) {
    text = DIGITS[Number(rest % 62n)]! + text;
    rest /= 62n;
  }
  return text;
}
