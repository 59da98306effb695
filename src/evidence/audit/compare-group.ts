import type { Client } from 'pg';
import type { ChainStarts } from '../chain-starts.js';
import { entryHash, hasTexts, textsHash, type PrintedEntry } from '../entry-hash.js';
import { LEAF_BYTES, readLeaf, type Leaf } from '../leaf.js';
import type { Heads } from '../log/heads.js';
import { entryKey, entryOf, readErased, type EntryReader } from '../log/read-entries.js';
import { SALT_BYTES, TILE_LEAVES, type Tile } from '../log/tiles.js';

const BEFORE_ALL_POSITIONS = '-9223372036854775808';
const EMPTIED = '{}';

/** What the database has for the hash of an entry's texts. */
export interface StoredTexts {
  readonly salt: Buffer;
  /** What is left of texts that were erased. */
  readonly erased: string | null;
}

/** An entry that is not what its leaf says. */
export interface Suspect extends StoredTexts {
  readonly leaf: Leaf;
  /** What is there now under its number, between the positions where it should be. */
  readonly row: PrintedEntry | null;
}

/** A row that no leaf tells of. */
export interface Extra extends StoredTexts {
  readonly row: PrintedEntry;
}

export interface Compared {
  readonly suspects: Suspect[];
  readonly extras: Extra[];
  /** Leaves that the database's log has otherwise, or not at all. */
  readonly otherwise: Leaf[];
  readonly erased: number;
}

/** So many leaves in a row, and all that the database has between the positions they are about. */
export interface Group {
  readonly leaves: readonly Leaf[];
  /** How many there are from the first on that is in a format this version does not know. */
  readonly unreadable: number;
  /** The number of the first in the log. */
  readonly first: number;
  /** What the database has of these leaves, tile by tile. */
  readonly stored: readonly (Tile | undefined)[];
  readonly rows: readonly PrintedEntry[];
  readonly erased: ReadonlyMap<string, string>;
}

/**
 * @param bytes the leaves
 * @param after the position of the leaf before the first; null where there is none
 */
export async function readGroup(
  client: Client,
  reader: EntryReader,
  bytes: Buffer,
  first: number,
  stored: readonly (Tile | undefined)[],
  after: number | null,
): Promise<Group> {
  const read = Array.from({ length: bytes.length / LEAF_BYTES }, (_, i) => readLeaf(bytes, i * LEAF_BYTES));
  const unreadable = read.findIndex(leaf => leaf === null);
  const leaves = read.slice(0, unreadable < 0 ? read.length : unreadable) as Leaf[];
  const from = after ?? BEFORE_ALL_POSITIONS;
  const upTo = leaves.reduce((last, { position }) => Math.max(last, position), -1);
  const rows = (await reader.read(client, from, upTo)).map(entryOf);
  const erased = await readErased(client, from, upTo);
  return { leaves, unreadable: read.length - leaves.length, first, stored, rows, erased };
}

/**
 * Holds rows against leaves. The hash of the entry before is taken from the leaves that were met; where it is too long ago,
 * from the database, which cannot deceive: with a wrong one the hash does not come out, and a suspect is looked at again.
 */
export async function compareGroup(client: Client, group: Group, heads: Heads, starts: ChainStarts): Promise<Compared> {
  const { leaves, first, rows, erased } = group;
  await heads.foresee(client, leaves);
  const found = new Map<string, PrintedEntry>();
  const extras: Extra[] = [];
  for (const row of rows) {
    if (found.has(entryKey(row))) extras.push({ row, ...storedTexts(group, null, row, erased) });
    else found.set(entryKey(row), row);
  }
  const otherwise = leavesStoredOtherwise(group);
  const moved = otherwise.length === 0 ? null : saltsByEntry(group.stored);
  const suspects: Suspect[] = [];
  leaves.forEach((leaf, i) => {
    const key = `${leaf.accountNo}:${leaf.seq}`;
    const row = found.get(key) ?? null;
    found.delete(key);
    const texts = storedTexts(group, first + i, { account_no: String(leaf.accountNo), seq: String(leaf.seq) }, erased);
    const previous = leaf.seq === 1 ? starts.of(leaf) : heads.before(leaf);
    heads.set(leaf, leaf.hash);
    if (row !== null && previous !== undefined) {
      if (isIntact(row, previous, texts, leaf)) return;
      const salt = moved?.get(key);
      if (salt !== undefined && isIntact(row, previous, { ...texts, salt }, leaf)) return;
    }
    suspects.push({ leaf, row, ...texts });
  });
  for (const row of found.values()) extras.push({ row, ...storedTexts(group, null, row, erased) });
  return { suspects, extras, otherwise, erased: erased.size };
}

/** The row is what was hashed; where its texts were erased, none are there. */
export function isIntact(row: PrintedEntry, previous: string, texts: StoredTexts, leaf: Leaf): boolean {
  if (texts.erased !== null && !isErased(row)) return false;
  return entryHash(row, previous, textsOf(row, texts), leaf.format) === leaf.hash;
}

export function isErased({ reason, metadata, settings_metadata }: PrintedEntry): boolean {
  return reason === null && metadata === null && (settings_metadata === null || settings_metadata === EMPTIED);
}

export function textsOf(row: PrintedEntry, { salt, erased }: StoredTexts): string | null {
  return erased ?? (hasTexts(row) ? textsHash(row, salt) : null);
}

function storedTexts(
  group: Group,
  index: number | null,
  entry: Pick<PrintedEntry, 'account_no' | 'seq'>,
  erased: ReadonlyMap<string, string>,
): StoredTexts {
  const at = ((index ?? 0) % TILE_LEAVES) * SALT_BYTES;
  const salt = index === null ? undefined : storedTile(group, index)?.salts?.subarray(at, at + SALT_BYTES);
  return {
    salt: salt?.length === SALT_BYTES ? salt : Buffer.alloc(SALT_BYTES),
    erased: erased.get(entryKey(entry)) ?? null,
  };
}

function leavesStoredOtherwise(group: Group): Leaf[] {
  return group.leaves.filter(({ format, accountNo, seq, position, hash }, i) => {
    const bytes = storedTile(group, group.first + i)?.leaves;
    const at = ((group.first + i) % TILE_LEAVES) * LEAF_BYTES;
    const own = bytes !== undefined && at + LEAF_BYTES <= bytes.length ? readLeaf(bytes, at) : null;
    const sameEntry = own?.accountNo === accountNo && own.seq === seq && own.position === position;
    return !sameEntry || own.format !== format || own.hash !== hash;
  });
}

/** In a log that was made anew, salts stand beside the leaf of their entry, and seldom far from where it was. */
function saltsByEntry(stored: readonly (Tile | undefined)[]): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const tile of stored) {
    if (tile === undefined || tile.salts === null) continue;
    for (let i = 0; i < tile.leaves.length / LEAF_BYTES; i++) {
      const leaf = readLeaf(tile.leaves, i * LEAF_BYTES);
      if (leaf !== null) {
        found.set(`${leaf.accountNo}:${leaf.seq}`, tile.salts.subarray(i * SALT_BYTES, (i + 1) * SALT_BYTES));
      }
    }
  }
  return found;
}

function storedTile({ first, stored }: Group, index: number): Tile | undefined {
  return stored[Math.floor(index / TILE_LEAVES) - Math.floor(first / TILE_LEAVES)];
}
