import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { sha256 } from './sha256.js';

/** Source: https://c2sp.org/signed-note, signature type 0x01. */
const ED25519 = 0x01;
const KEY_ID_BYTES = 4;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const MOST_SIGNATURES = 100;
/** What stands before the 32 bytes of an Ed25519 key in PKCS #8 and in SPKI. */
const PKCS8_HEADER = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_HEADER = Buffer.from('302a300506032b6570032100', 'hex');
const NAME = /^[^\s+\p{Z}\p{Cc}]+$/u;
const PRIVATE = /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/;
const PUBLIC = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/;
const SIGNATURE_LINE = /^— (\S+) ([A-Za-z0-9+/=]+)$/u;

/** A key or a note that is not what it should be, in words. */
export class BadNote extends Error {
  override readonly name = 'BadNote';
}

/** What a note is checked against. Its text is `NAME+ID+KEY`, as the tools of transparency logs write it. */
export class PublicKey {
  private readonly key: KeyObject;
  readonly id: Buffer;

  private constructor(
    readonly name: string,
    private readonly bytes: Buffer,
  ) {
    this.key = createPublicKey({ key: Buffer.concat([SPKI_HEADER, bytes]), format: 'der', type: 'spki' });
    this.id = sha256(Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([ED25519]), bytes])).subarray(
      0,
      KEY_ID_BYTES,
    );
  }

  static of(name: string, bytes: Buffer): PublicKey {
    if (!NAME.test(name)) throw new BadNote(`a key's name has no spaces and no plus, not ${JSON.stringify(name)}`);
    return new PublicKey(name, bytes);
  }

  /** @throws BadNote */
  static parse(text: string): PublicKey {
    const [, name, id, data] = PUBLIC.exec(text.trim()) ?? [];
    if (name === undefined) throw new BadNote('it is not a public key of the form NAME+ID+KEY');
    const key = PublicKey.of(name, keyBytes(data!));
    if (key.id.toString('hex') !== id) throw new BadNote('the id in it is not that of its name and key: it is damaged');
    return key;
  }

  toString(): string {
    const data = Buffer.concat([Buffer.from([ED25519]), this.bytes]);
    return `${this.name}+${this.id.toString('hex')}+${data.toString('base64')}`;
  }

  /**
   * The text of a note that this key signed; signatures of other keys are not looked at.
   * @throws BadNote
   */
  open(note: string): string {
    const { text, signatures } = splitNote(note);
    const own = signatures.filter(({ name, id }) => name === this.name && id.equals(this.id));
    if (own.length === 0) throw new BadNote(`it is not signed by ${this.name}+${this.id.toString('hex')}`);
    const genuine = own.every(({ bytes }) => {
      return bytes.length === SIGNATURE_BYTES && verify(null, Buffer.from(text), this.key, bytes);
    });
    if (!genuine)
      throw new BadNote(`the signature of ${this.name} does not fit: it was changed, or signed by another key`);
    return text;
  }
}

/** Its text is `PRIVATE+KEY+NAME+ID+SEED`. */
export class SigningKey {
  private readonly key: KeyObject;
  readonly publicKey: PublicKey;

  /** @param seed 32 random bytes */
  constructor(name: string, seed: Buffer) {
    this.key = createPrivateKey({ key: Buffer.concat([PKCS8_HEADER, seed]), format: 'der', type: 'pkcs8' });
    const spki = createPublicKey(this.key).export({ format: 'der', type: 'spki' });
    this.publicKey = PublicKey.of(name, spki.subarray(SPKI_HEADER.length));
  }

  /** @throws BadNote, which does not repeat the key */
  static parse(text: string): SigningKey {
    const [, name, id, data] = PRIVATE.exec(text.trim()) ?? [];
    if (name === undefined) throw new BadNote('it is not a private key of the form PRIVATE+KEY+NAME+ID+SEED');
    const key = new SigningKey(name, keyBytes(data!));
    if (key.publicKey.id.toString('hex') !== id) throw new BadNote('the id in it is not that of its name and key');
    return key;
  }

  /** @param text ends with a newline */
  sign(text: string): string {
    const { name, id } = this.publicKey;
    const signature = Buffer.concat([id, sign(null, Buffer.from(text), this.key)]);
    return `${text}\n— ${name} ${signature.toString('base64')}\n`;
  }
}

interface Signature {
  readonly name: string;
  readonly id: Buffer;
  readonly bytes: Buffer;
}

function splitNote(note: string): { text: string; signatures: Signature[] } {
  const at = note.lastIndexOf('\n\n');
  // oxlint-disable-next-line no-control-regex -- the specification's own rule
  if (at < 0 || !note.endsWith('\n') || /[\x00-\x09\x0b-\x1f]/.test(note)) throw new BadNote('it is not a signed note');
  const lines = note.slice(at + 2, -1).split('\n');
  if (lines.length > MOST_SIGNATURES) throw new BadNote(`it has more than ${MOST_SIGNATURES} signatures`);
  const signatures = lines.map(line => {
    const [, name, data] = SIGNATURE_LINE.exec(line) ?? [];
    const bytes = Buffer.from(data ?? '', 'base64');
    if (name === undefined || bytes.length <= KEY_ID_BYTES) throw new BadNote('it is not a signed note');
    return { name, id: bytes.subarray(0, KEY_ID_BYTES), bytes: bytes.subarray(KEY_ID_BYTES) };
  });
  return { text: note.slice(0, at + 1), signatures };
}

function keyBytes(data: string): Buffer {
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length !== 1 + KEY_BYTES || bytes[0] !== ED25519) throw new BadNote('it is no Ed25519 key');
  return bytes.subarray(1);
}
