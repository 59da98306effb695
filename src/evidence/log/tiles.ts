import type { ClientBase } from 'pg';
import { LEAF_BYTES, leafHashAt } from '../leaf.js';
import { rootOf } from '../merkle.js';

/** Leaves of a tile, and nodes below a node: 2^8, so that a node is 8 levels of the tree. */
export const TILE_LEAVES = 256;
export const LEVELS_OF_A_TILE = 8;
export const SALT_BYTES = 16;

/** A row of `log_tiles`. */
export interface Tile {
  readonly tile: number;
  readonly firstPosition: number;
  /** As far as it is full. */
  readonly leaves: Buffer;
  readonly salts: Buffer | null;
}

interface TileRecord {
  readonly tile: string;
  readonly first_position: string;
  readonly leaves: Buffer;
  readonly salts: Buffer | null;
}

const LAST_TILE = `SELECT tile, first_position, leaves, salts, xmin::text AS written_by FROM log_tiles ORDER BY tile DESC LIMIT 1`;
const TILES = `
SELECT tile, first_position, leaves, salts FROM log_tiles WHERE tile BETWEEN $1 AND $2 ORDER BY tile`;
const WRITE_TILE = `
INSERT INTO log_tiles (tile, first_position, leaves, salts) VALUES ($1, $2, $3, $4)
ON CONFLICT (tile) DO UPDATE SET leaves = excluded.leaves, salts = excluded.salts
RETURNING xmin::text AS written_by`;
const WRITE_NODE = `INSERT INTO log_nodes (level, index, hash) VALUES ($1, $2, $3)`;
const NODES = `SELECT hash FROM log_nodes WHERE level = $1 AND index BETWEEN $2 AND $3 ORDER BY index`;

/** `writtenBy` is another whenever anybody wrote the row since. */
export async function readLastTile(client: ClientBase): Promise<{ tile: Tile; writtenBy: string } | null> {
  const { rows } = await client.query<TileRecord & { written_by: string }>({ name: 'log-last-tile', text: LAST_TILE });
  return rows[0] === undefined ? null : { tile: tileFromRecord(rows[0]), writtenBy: rows[0].written_by };
}

export async function readTiles(client: ClientBase, first: number, last: number): Promise<Tile[]> {
  const query = { name: 'log-tiles', text: TILES, values: [first, last] };
  return (await client.query<TileRecord>(query)).rows.map(tileFromRecord);
}

/** A tile that is full makes a node, and 256 nodes make one above. @returns by whom it was written */
export async function writeTile(client: ClientBase, { tile, firstPosition, leaves, salts }: Tile): Promise<string> {
  const values = [tile, firstPosition, leaves, salts];
  const { rows } = await client.query<{ written_by: string }>({ name: 'log-write-tile', text: WRITE_TILE, values });
  if (leaves.length === TILE_LEAVES * LEAF_BYTES) await writeNodes(client, 1, tile, rootOf(leafHashes(leaves)));
  return rows[0]!.written_by;
}

export function leafHashes(leaves: Buffer): Buffer[] {
  return Array.from({ length: leaves.length / LEAF_BYTES }, (_, index) => leafHashAt(leaves, index));
}

/** The hashes of the full subtrees of 256^level leaves, from one to another; fewer where there are fewer. */
export async function readNodes(client: ClientBase, level: number, first: number, last: number): Promise<Buffer[]> {
  const query = { name: 'log-nodes', text: NODES, values: [level, first, last] };
  return (await client.query<{ hash: Buffer }>(query)).rows.map(({ hash }) => hash);
}

async function writeNodes(client: ClientBase, level: number, index: number, hash: Buffer): Promise<void> {
  await client.query({ name: 'log-write-node', text: WRITE_NODE, values: [level, index, hash] });
  if (index % TILE_LEAVES !== TILE_LEAVES - 1) return;
  const below = await readNodes(client, level, index - TILE_LEAVES + 1, index);
  await writeNodes(client, level + 1, Math.floor(index / TILE_LEAVES), rootOf(below));
}

function tileFromRecord({ tile, first_position, leaves, salts }: TileRecord): Tile {
  return { tile: Number(tile), firstPosition: Number(first_position), leaves, salts };
}
