#!/usr/bin/env node
// Checks proofs of a credits-ledger, offline: this file, Node 20 or later, and nothing else. What it holds a proof against
// is a checkpoint that you kept and a public key that you trust. It believes nothing else: what it prints of an entry, it
// reads from the bytes that were signed. The formats are those of docs/evidence.md.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { closeSync, existsSync, openSync, readSync } from 'node:fs';

const USAGE = `Usage: node check-proof.mjs PROOF CHECKPOINT KEY
       node check-proof.mjs CONSISTENCY EARLIER-CHECKPOINT CHECKPOINT KEY

The first checks that an entry is under a checkpoint: PROOF is the answer of GET /v1/entries/{id}/proof, or what
\`ops proof\` wrote. The second checks that a checkpoint goes on from an earlier one: CONSISTENCY is the answer of
GET /v1/checkpoints/consistency. A CHECKPOINT is a file with a signed note; KEY is NAME+ID+KEY, or a file that holds it.

Exits 0 where it is proven, 1 where it is not, 2 where something cannot be read.`;

const HASH_BYTES = 32;
const MOST_PROOF_BYTES = 4 * 1024 * 1024;
/** A checkpoint may be followed by as many bytes as its ledger has entries. */
const MOST_NOTE_BYTES = 65_536;
const ED25519 = 1;
/** What stands before the 32 bytes of an Ed25519 key in SPKI. */
const SPKI_HEADER = Buffer.from('302a300506032b6570032100', 'hex');
const NOTE = /^((?:[^\n]+\n)+)\n((?:\xe2\x80\x94 [^\n]+\n)+)/;
const COUNT = /^(0|[1-9][0-9]*)$/;
const LARGEST_NUMBER = 2n ** 63n - 1n;

/** It was read, and does not prove anything. */
class NotProven extends Error {}
/** It cannot be read, or not be what it is given as. */
class Unreadable extends Error {}

function main(args) {
  if (args.length === 3) {
    const [proof, note, key] = args;
    return checkEntry(jsonFrom(proof, 'credits-ledger/proof/1'), checkpointFrom(note, keyFrom(key)));
  }
  if (args.length === 4) {
    const [proof, earlier, later, key] = args;
    const trusted = keyFrom(key);
    const consistency = jsonFrom(proof, 'credits-ledger/consistency/1');
    return checkConsistency(consistency, checkpointFrom(earlier, trusted), checkpointFrom(later, trusted));
  }
  throw new Unreadable(USAGE);
}

/** @returns what is proven, in words */
function checkEntry(proof, checkpoint) {
  const { index, content, path, texts } = proof;
  if (!Number.isSafeInteger(index) || index < 0) throw new Unreadable('the proof’s index is no number of an entry');
  const entry = readContent(content);
  const leaf = Buffer.concat([
    Buffer.of(entry.format),
    ...['account_no', 'seq', 'position'].map(name => bigEndian(entry.members[name])),
    sha256(Buffer.from(content)),
  ]);
  const root = rootOfPath(sha256(Buffer.of(0), leaf), index, checkpoint.size, hashesFrom(path));
  if (root === null || !root.equals(checkpoint.root)) {
    throw new NotProven(
      `The entry is not under this checkpoint of ${checkpoint.size} entries: it is not what was signed, or the proof is ` +
        'for another checkpoint. Ask for the proof with ?size= and the second line of yours.',
    );
  }
  return [
    `Proven: entry ${entry.members.seq} of account ${shown(entry.members.account)} is number ${index + 1} of the ` +
      `${checkpoint.size} entries that ${shown(checkpoint.origin)} signed, and says:`,
    ...describe(entry.members, proof.scale),
    ...describeTexts(entry.members.texts, texts),
  ].join('\n');
}

function checkConsistency({ path }, earlier, later) {
  if (earlier.size > later.size) throw new Unreadable('the earlier checkpoint is the larger one: give it first');
  if (!isConsistent(earlier, later, hashesFrom(path))) {
    throw new NotProven(
      `The checkpoint of ${later.size} entries does not go on from that of ${earlier.size}: something among the first ` +
        `${earlier.size} entries was changed in between, or the proof is for other checkpoints.`,
    );
  }
  return `Proven: the first ${earlier.size} of ${later.size} entries are those that were signed before.`;
}

/** The entry's canonical bytes: a JSON object of strings, its members in order, nothing twice and nothing in between. */
function readContent(content) {
  const members = typeof content === 'string' ? parse(content, 'the proof’s content') : undefined;
  const names = Object.keys(members ?? {});
  const isCanonical = JSON.stringify(members, [...names].sort()) === content && content.startsWith('{');
  if (!isCanonical || names.some(name => typeof members[name] !== 'string')) {
    throw new NotProven('The content is not what entries are hashed as: an object of strings in canonical form.');
  }
  const format = { 'credits-ledger/entry/1': 1, 'credits-ledger/entry/2': 2 }[members.format];
  if (format === undefined)
    throw new Unreadable(`the entry is of format ${shown(members.format)}: get a newer check-proof`);
  return { format, members };
}

/** Everything that was signed, as it was. */
function describe(members, scale) {
  const hidden = ['format', 'previous', 'texts', 'account', 'seq'];
  const lines = Object.entries(members).filter(([name]) => !hidden.includes(name));
  const credits = decimal(members.amount, scale);
  return [
    ...lines.map(([name, value]) => `  ${shown(name, false)}: ${shown(value)}`),
    ...(credits === null ? [] : [`  amount by the scale that the ledger states, which is not signed: ${credits}`]),
  ];
}

function describeTexts(signed, texts) {
  if (signed === undefined) return texts === undefined ? [] : fail('The proof shows texts, and the entry has none.');
  if (texts === undefined)
    return ['  It had a reason or metadata, which the proof does not show: they may have been erased.'];
  const members = { format: 'credits-ledger/texts/1', ...texts };
  const isText = Object.values(members).every(value => typeof value === 'string');
  const hash = sha256(Buffer.from(JSON.stringify(members, Object.keys(members).sort()))).toString('hex');
  if (!isText || hash !== signed) fail('Its reason or metadata are not those that were signed.');
  return Object.entries(texts).flatMap(([name, value]) =>
    name === 'salt' ? [] : [`  ${shown(name, false)}: ${shown(value)}`],
  );
}

function decimal(amount, scale) {
  if (!Number.isInteger(scale) || scale < 0 || scale > 9 || !COUNT.test(amount ?? '')) return null;
  const digits = amount.padStart(scale + 1, '0');
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  return digits.slice(0, digits.length - scale) + (scale > 0 && fraction !== '' ? `.${fraction}` : '');
}

/** https://c2sp.org/tlog-checkpoint, in a note as in https://c2sp.org/signed-note; bytes that follow it are not looked at. */
function checkpointFrom(path, key) {
  const [, text, signatures] = NOTE.exec(read(path, MOST_NOTE_BYTES).toString('latin1')) ?? [];
  if (text === undefined) throw new Unreadable(`${path} is not a signed checkpoint`);
  const signed = Buffer.from(text, 'latin1');
  const own = Buffer.from(signatures, 'latin1')
    .toString()
    .trim()
    .split('\n')
    .flatMap(line => {
      const [, name, data] = /^— (\S+) (\S+)$/.exec(line) ?? [];
      const bytes = Buffer.from(data ?? '', 'base64');
      return name === key.name && bytes.subarray(0, 4).equals(key.id) ? [bytes.subarray(4)] : [];
    });
  if (own.length === 0) throw new NotProven(`${path} is not signed by ${shown(key.name)}.`);
  if (!own.every(signature => verify(null, signed, key.key, signature))) {
    throw new NotProven(`${path} is not what ${shown(key.name)} signed: its signature does not fit.`);
  }
  const [origin, size, root] = signed.toString().split('\n');
  const hash = Buffer.from(root ?? '', 'base64');
  if (origin !== key.name || !COUNT.test(size) || !Number.isSafeInteger(Number(size)) || hash.length !== HASH_BYTES) {
    throw new NotProven(`${path} is signed, and is no checkpoint of the log ${shown(key.name)}.`);
  }
  return { origin, size: Number(size), root: hash };
}

function keyFrom(given) {
  const text = (existsSync(given) ? read(given, MOST_NOTE_BYTES).toString() : given).trim();
  const [, name, id, data] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? [];
  const bytes = Buffer.from(data ?? '', 'base64');
  if (bytes.length !== 1 + HASH_BYTES || bytes[0] !== ED25519)
    throw new Unreadable('the key is not of the form NAME+ID+KEY');
  const own = sha256(Buffer.from(`${name}\n`), bytes).subarray(0, 4);
  if (own.toString('hex') !== id)
    throw new Unreadable('the key is damaged: the id in it is not that of its name and bytes');
  const spki = Buffer.concat([SPKI_HEADER, bytes.subarray(1)]);
  return { name, id: own, key: createPublicKey({ key: spki, format: 'der', type: 'spki' }) };
}

/** RFC 9162, section 2.1.3.2. */
function rootOfPath(leaf, index, size, path) {
  if (index >= size) return null;
  let hash = leaf;
  let [at, last] = [index, size - 1];
  for (const beside of path) {
    if (last === 0) return null;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(beside, hash);
      while (at % 2 === 0 && at > 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      hash = nodeHash(hash, beside);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? hash : null;
}

/** RFC 9162, section 2.1.4.2. */
function isConsistent(earlier, later, path) {
  if (earlier.size === later.size) return path.length === 0 && earlier.root.equals(later.root);
  if (earlier.size === 0) return path.length === 0;
  const isComplete = Number.isInteger(Math.log2(earlier.size));
  const [first, ...rest] = isComplete ? [earlier.root, ...path] : path;
  if (first === undefined) return false;
  let [at, last] = [earlier.size - 1, later.size - 1];
  while (at % 2 === 1) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  let [old, now] = [first, first];
  for (const beside of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      old = nodeHash(beside, old);
      now = nodeHash(beside, now);
      while (at % 2 === 0 && at > 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      now = nodeHash(now, beside);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && old.equals(earlier.root) && now.equals(later.root);
}

function hashesFrom(path) {
  const hashes = Array.isArray(path) ? path.map(text => Buffer.from(String(text), 'base64')) : [Buffer.alloc(0)];
  if (hashes.every(hash => hash.length === HASH_BYTES)) return hashes;
  throw new Unreadable('the proof’s path is not a list of hashes in base64');
}

function nodeHash(left, right) {
  return sha256(Buffer.of(1), left, right);
}

function sha256(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** @param text a number as the leaf has it, in eight bytes */
function bigEndian(text) {
  if (!COUNT.test(text ?? '') || BigInt(text) > LARGEST_NUMBER)
    throw new NotProven('The content lacks a number of its leaf.');
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(text));
  return bytes;
}

function jsonFrom(path, format) {
  const json = parse(read(path, MOST_PROOF_BYTES).toString(), path);
  if (json?.format === format) return json;
  throw new Unreadable(`${path} is not of the format ${format}\n\n${USAGE}`);
}

function parse(text, what) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unreadable(`${what} is not JSON`);
  }
}

/** The beginning of a file. */
function read(path, mostBytes) {
  try {
    const file = openSync(path);
    const bytes = Buffer.alloc(mostBytes);
    const length = readSync(file, bytes);
    closeSync(file);
    return bytes.subarray(0, length);
  } catch (error) {
    throw new Unreadable(`${path} cannot be read (${error.code})`);
  }
}

/** No text of somebody else's moves the cursor, or turns the direction of what stands behind it. */
function shown(text, quoted = true) {
  const safe = JSON.stringify(String(text)).replace(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, char => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return quoted ? safe : safe.slice(1, -1);
}

function fail(words) {
  throw new NotProven(words);
}

try {
  console.log(main(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof NotProven) && !(error instanceof Unreadable)) throw error;
  console.error(error.message);
  process.exitCode = error instanceof NotProven ? 1 : 2;
}
