import { createHash, createPrivateKey, sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { openCheckpoint, signCheckpoint } from './checkpoint.js';
import { BadNote, PublicKey, SigningKey } from './signed-note.js';

/** The example of the format's first implementation, golang.org/x/mod/sumdb/note. */
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const PETERS_PRIVATE_KEY = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const PETERS_TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETERS_NOTE =
  PETERS_TEXT +
  '\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

/** RFC 8032, section 7.1, test 1. */
const SEED = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
const PUBLIC = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');
const key = new SigningKey('example.com/credits', SEED);
const root = createHash('sha256').update('').digest();

describe('a signed note', () => {
  it('of another implementation opens, and is signed to the same bytes', () => {
    expect(PublicKey.parse(PETER).open(PETERS_NOTE)).toBe(PETERS_TEXT);
    expect(SigningKey.parse(PETERS_PRIVATE_KEY).sign(PETERS_TEXT)).toBe(PETERS_NOTE);
    expect(SigningKey.parse(PETERS_PRIVATE_KEY).publicKey.toString()).toBe(PETER);
  });

  it('is what the specification says, made here step by step', () => {
    const text = `example.com/credits\n0\n${root.toString('base64')}\n`;
    const id = createHash('sha256')
      .update(Buffer.concat([Buffer.from('example.com/credits'), Buffer.of(0x0a, 0x01), PUBLIC]))
      .digest()
      .subarray(0, 4);
    const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), SEED]);
    const signature = sign(null, Buffer.from(text), createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }));
    const line = `\u2014 example.com/credits ${Buffer.concat([id, signature]).toString('base64')}`;
    expect(signCheckpoint(key, 0, root)).toBe(`${text}\n${line}\n`);
    expect(key.publicKey.toString()).toBe(
      `example.com/credits+${id.toString('hex')}+${Buffer.concat([Buffer.of(1), PUBLIC]).toString('base64')}`,
    );
  });

  it('with signatures of others beside opens by its own, and not where its own does not fit', () => {
    const note = signCheckpoint(key, 5, root);
    const others = `${note}— witness.example ${Buffer.alloc(80, 9).toString('base64')}\n`;
    expect(openCheckpoint(others, key.publicKey).size).toBe(5);
    expect(() => openCheckpoint(others.replace('\n5\n', '\n6\n'), key.publicKey)).toThrow(/does not fit/);
  });

  it.each([
    ['signed by nobody known', (note: string) => note.replace('— example.com/credits', '— example.com/other')],
    ['without a blank line', (note: string) => note.replace('\n\n', '\n')],
    ['without its last newline', (note: string) => note.slice(0, -1)],
    ['with a control character', (note: string) => note.replace('credits\n5', 'credits\r\n5')],
    ['with a signature that is no base64', (note: string) => note.replace(/ \S+\n$/, ' !\n')],
    ['empty', () => ''],
  ])('is refused: %s', (_, change) => {
    expect(() => openCheckpoint(change(signCheckpoint(key, 5, root)), key.publicKey)).toThrow(BadNote);
  });

  it('that is no checkpoint, or one of another log, is refused though its signature fits', () => {
    for (const text of ['example.com/credits\n05\n', 'example.com/credits\n5\nAAAA\n', 'Good morning\n']) {
      expect(() => openCheckpoint(key.sign(text), key.publicKey)).toThrow(/no checkpoint/);
    }
    const other = key.sign(`example.com/other\n5\n${root.toString('base64')}\n`);
    expect(() => openCheckpoint(other, key.publicKey)).toThrow(/of the log example.com\/other/);
  });
});

describe('a key', () => {
  it('that is damaged, of another kind or badly named is refused, and a private one is not repeated', () => {
    for (const text of ['', 'a b+c74f20a3+AAAA', PETER.replace('c74f20a3', 'c74f20a4'), PETER.replace('+AR', '+BR')]) {
      expect(() => PublicKey.parse(text)).toThrow(BadNote);
    }
    expect(() => SigningKey.parse(PETERS_PRIVATE_KEY.replace('c74f20a3', 'c74f20a4'))).toThrow(BadNote);
    expect(() => new SigningKey('two words', SEED)).toThrow(/no spaces/);
  });
});
