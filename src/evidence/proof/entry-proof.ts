import type { ClientBase } from 'pg';
import type { Mode } from '../../ledger/submission.js';
import { LedgerError } from '../../shared/ledger-error.js';
import { ChainStarts } from '../chain-starts.js';
import {
  AS_PRINTED,
  canonicalEntry,
  hasTexts,
  PRINT_EXACTLY,
  PRINTED_COLUMNS,
  textsHash,
  type PrintedEntry,
} from '../entry-hash.js';
import { LEAF_BYTES, leafHashAt, readLeaf, type Leaf } from '../leaf.js';
import { findLeaf, logPath } from '../log/log-tree.js';
import { findCheckpoint, type SignedCheckpoint } from '../log/signed-checkpoints.js';
import { readTiles, SALT_BYTES, TILE_LEAVES } from '../log/tiles.js';
import { rootOfPath } from '../merkle.js';
import { sha256Hex } from '../sha256.js';
import { brokenEvidence, noCheckpoint } from './refusals.js';

/** Which entry, of which mode; null for whichever it is. */
export interface AskedEntry {
  readonly accountNo: number;
  readonly seq: number;
  readonly mode: Mode | null;
}

/** All that whoever holds the checkpoint needs to see that the entry is under it. */
export interface EntryProof {
  readonly account: string;
  readonly seq: number;
  /** Digits after the point in its unit; null for an entry without unit. Not signed. */
  readonly scale: number | null;
  /** Its place in the log. */
  readonly index: number;
  /** Its canonical bytes, of which the leaf holds the hash. */
  readonly content: string;
  /** What enters the content by hash only; null where there is nothing, or no more. */
  readonly texts: DisclosedTexts | null;
  /** The hashes beside its way to the root, lowest first. */
  readonly path: readonly Buffer[];
  readonly checkpoint: SignedCheckpoint;
}

export interface DisclosedTexts {
  readonly salt: Buffer;
  readonly reason: string | null;
  readonly metadata: string | null;
  readonly settingsMetadata: string | null;
}

interface Found extends PrintedEntry {
  /** The hash that stays of texts that were erased. */
  readonly erased: string | null;
  readonly scale: string | null;
}

const ENTRY = `
SELECT ${PRINTED_COLUMNS}, encode(t.texts, 'hex') AS erased, u.scale
FROM entries e
  LEFT JOIN account_names n USING (account_no)
  LEFT JOIN erased_texts t USING (account_no, seq)
  LEFT JOIN units u USING (unit)
WHERE e.account_no = $1 AND e.seq = $2`;

/**
 * Proves that an entry is under a checkpoint. What is handed out was checked first, as its receiver would.
 * @param client in a transaction that sees one moment
 * @param size of the checkpoint; null for the newest
 * @throws LedgerError entry_not_found, checkpoint_not_found, entry_not_signed, evidence_broken
 */
export async function proveEntry(client: ClientBase, asked: AskedEntry, size: number | null): Promise<EntryProof> {
  await client.query(PRINT_EXACTLY);
  const values = [asked.accountNo, asked.seq];
  const [entry] = (await client.query<Found>({ text: ENTRY, values, types: AS_PRINTED })).rows;
  if (entry === undefined || (asked.mode !== null && entry.mode !== asked.mode)) {
    throw new LedgerError('entry_not_found', 'there is no such entry');
  }
  const checkpoint = await findCheckpoint(client, size);
  if (checkpoint === null && size !== null) throw noCheckpoint(size);
  const index = await findLeaf(client, asked.accountNo, asked.seq);
  if (checkpoint === null || index === null || index >= checkpoint.size) {
    const when = size === null ? 'no checkpoint has the entry yet: ask again' : 'the entry came after that checkpoint';
    throw new LedgerError('entry_not_signed', when, {}, size === null);
  }
  const { leaf, leafHash, salt } = await readLogged(client, index);
  const content = canonicalEntry(entry, await previousHash(client, leaf), textsOf(entry, salt), leaf.format);
  if (sha256Hex(content) !== leaf.hash)
    throw brokenEvidence(`entry ${asked.seq} of ${asked.accountNo} has another hash`);
  const path = await logPath(client, index, checkpoint.size);
  if (!rootOfPath(leafHash, index, checkpoint.size, path)?.equals(checkpoint.root)) {
    throw brokenEvidence(`leaf ${index} does not lead to the root that was signed of ${checkpoint.size} entries`);
  }
  const { account, seq } = entry;
  const scale = entry.scale === null ? null : Number(entry.scale);
  const texts = disclosed(entry, salt);
  return {
    account: account!,
    seq: Number(seq),
    scale,
    index,
    content,
    texts,
    path,
    checkpoint,
  };
}

async function readLogged(client: ClientBase, index: number): Promise<{ leaf: Leaf; leafHash: Buffer; salt: Buffer }> {
  const tileNo = Math.floor(index / TILE_LEAVES);
  const [tile] = await readTiles(client, tileNo, tileNo);
  const place = index % TILE_LEAVES;
  const leaf = tile === undefined ? null : readLeaf(tile.leaves, place * LEAF_BYTES);
  if (tile === undefined || leaf === null) throw brokenEvidence(`the log cannot be read at ${index}`);
  const salt = tile.salts?.subarray(place * SALT_BYTES, (place + 1) * SALT_BYTES) ?? Buffer.alloc(SALT_BYTES);
  return { leaf, leafHash: leafHashAt(tile.leaves, place), salt };
}

async function previousHash(client: ClientBase, leaf: Leaf): Promise<string> {
  if (leaf.seq === 1) return (await ChainStarts.load(client)).of(leaf);
  const before = await findLeaf(client, leaf.accountNo, leaf.seq - 1);
  if (before !== null) return (await readLogged(client, before)).leaf.hash;
  throw brokenEvidence(`the log lacks the entry before ${leaf.seq} of ${leaf.accountNo}`);
}

function textsOf(entry: Found, salt: Buffer): string | null {
  return entry.erased ?? (hasTexts(entry) ? textsHash(entry, salt) : null);
}

function disclosed(entry: Found, salt: Buffer): DisclosedTexts | null {
  const { reason, metadata, settings_metadata: settingsMetadata, erased } = entry;
  return erased === null && hasTexts(entry) ? { salt, reason, metadata, settingsMetadata } : null;
}
