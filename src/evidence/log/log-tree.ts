import type { ClientBase } from 'pg';
import { LEAF_BYTES } from '../leaf.js';
import { consistencyPath, inclusionPath, rootOf, treeRoot, type NodeAt } from '../merkle.js';
import { leafHashes, LEVELS_OF_A_TILE, readLastTile, readNodes, readTiles, TILE_LEAVES } from './tiles.js';

/** Something of the log is gone. */
export class LogIncomplete extends Error {
  override readonly name = 'LogIncomplete';
}

/** How many entries the log has. */
export async function logSize(client: ClientBase): Promise<number> {
  const last = await readLastTile(client);
  return last === null ? 0 : last.tile.tile * TILE_LEAVES + last.tile.leaves.length / LEAF_BYTES;
}

/** The root of the first `size` leaves. */
export async function logRoot(client: ClientBase, size: number): Promise<Buffer> {
  if (size === 0) return rootOf([]);
  return treeRoot(await readTree(client, size - 1, size), size);
}

/** The hashes beside the way from a leaf to the root of the first `size` leaves. */
export async function logPath(client: ClientBase, index: number, size: number): Promise<Buffer[]> {
  return inclusionPath(await readTree(client, index, size), index, size);
}

/** The hashes that show that the first `size` leaves go on from the first `from`, which are not more. */
export async function logConsistency(client: ClientBase, from: number, size: number): Promise<Buffer[]> {
  if (from === 0 || from === size) return [];
  return consistencyPath(await readTree(client, from - 1, size), from, size);
}

const FIND_LEAF = `
SELECT t.tile, (position(k.leaf IN t.leaves) - 2) / 57 AS place
FROM (SELECT e.position, int8send(e.account_no) || int8send(e.seq) || int8send(e.position) AS leaf
      FROM entries e WHERE e.account_no = $1 AND e.seq = $2) k,
     LATERAL (SELECT tile, leaves FROM log_tiles WHERE first_position <= k.position ORDER BY first_position DESC LIMIT 1) t
WHERE position(k.leaf IN t.leaves) > 0`;

/** Where the log has an entry; null where it does not have it (yet). */
export async function findLeaf(client: ClientBase, accountNo: number, seq: number): Promise<number | null> {
  const { rows } = await client.query<{ tile: string; place: number }>(FIND_LEAF, [accountNo, seq]);
  return rows[0] === undefined ? null : Number(rows[0].tile) * TILE_LEAVES + rows[0].place;
}

/**
 * As much of the tree as the way from one leaf to the root of a size needs: by levels of eight, the children of the node
 * on the way and of the last node there is.
 */
async function readTree(client: ClientBase, index: number, size: number): Promise<NodeAt> {
  const children = new Map<string, Buffer[]>();
  for (let level = 0, width = size, at = index; width > 0; level++) {
    for (const node of new Set([Math.floor(at / TILE_LEAVES), Math.floor((width - 1) / TILE_LEAVES)])) {
      children.set(`${level}:${node}`, await readChildren(client, level, node));
    }
    width = Math.floor(width / TILE_LEAVES);
    at = Math.floor(at / TILE_LEAVES);
  }
  return (level, index) => {
    const tileLevel = Math.floor(level / LEVELS_OF_A_TILE);
    const width = 2 ** (level % LEVELS_OF_A_TILE);
    const first = index * width;
    const hashes = children.get(`${tileLevel}:${Math.floor(first / TILE_LEAVES)}`) ?? [];
    const own = hashes.slice(first % TILE_LEAVES, (first % TILE_LEAVES) + width);
    if (own.length < width) throw new LogIncomplete(`the log lacks node ${index} of level ${level}`);
    return rootOf(own);
  };
}

async function readChildren(client: ClientBase, level: number, node: number): Promise<Buffer[]> {
  if (level > 0) return readNodes(client, level, node * TILE_LEAVES, node * TILE_LEAVES + TILE_LEAVES - 1);
  const [tile] = await readTiles(client, node, node);
  return tile === undefined ? [] : leafHashes(tile.leaves);
}
