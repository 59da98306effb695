import type { Client } from 'pg';
import type { CheckpointFile } from '../file/checkpoint-file.js';
import { LEAF_BYTES, readLeaf } from '../leaf.js';
import { leafHashes, LEVELS_OF_A_TILE, readTiles, TILE_LEAVES, type Tile } from '../log/tiles.js';
import { GrowingTree, rootOf } from '../merkle.js';

/** What is read at once; as rows some two megabytes. */
const TILES_PER_READ = 8;
const TILE_BYTES = TILE_LEAVES * LEAF_BYTES;

/** Leaves in a row, and what the database's log has in their place. */
export interface SomeLeaves {
  /** The number of the first; of a tile's first leaf, but for the first one beyond the checkpoint. */
  readonly first: number;
  readonly bytes: Buffer;
  readonly stored: readonly (Tile | undefined)[];
  /** Whether they are what was signed. The others are the database's own word. */
  readonly signed: boolean;
}

/** The leaves of one tile that rows are held against. */
interface TileOfFile {
  readonly leaves: Buffer;
  /** As it enters the signed tree. */
  readonly root: Buffer;
}

/**
 * The leaves that a checkpoint stands for, in their order. A file of leaves is taken by its word; else the database's own
 * leaves are, as far as they lead to what the file has. What it all comes to must be the root that was signed, or nothing
 * of it is to be believed: `root` says so at the end.
 */
export class SignedLog {
  private readonly tree = new GrowingTree();
  private rest: Buffer | undefined;
  private readonly earlier = new Map<number, Buffer>();

  /** @param prefixes sizes of earlier checkpoints: their roots are wanted too */
  constructor(
    private readonly client: Client,
    private readonly file: CheckpointFile,
    private readonly prefixes: readonly number[] = [],
  ) {}

  root(): Buffer {
    return this.tree.root(this.rest);
  }

  /** The root of the first so many leaves; undefined where it cannot be told. */
  rootAt(size: number): Buffer | undefined {
    return this.earlier.get(size);
  }

  async *leaves(): AsyncGenerator<SomeLeaves> {
    const { file, client } = this;
    for (let first = 0; first < file.tiles; first += TILES_PER_READ) {
      const count = Math.min(TILES_PER_READ, file.tiles - first);
      const stored = inPlace(await readTiles(client, first, first + count - 1), first, count);
      const tiles = await this.tilesOfFile(first, stored);
      const vouched = tiles.map((tile, i) => this.grow(first + i, tile));
      if (vouched.every(Boolean)) {
        const bytes = Buffer.concat(tiles.map(({ leaves }) => leaves));
        yield { first: first * TILE_LEAVES, bytes, stored, signed: true };
        continue;
      }
      for (const [i, { leaves }] of tiles.entries()) {
        yield { first: (first + i) * TILE_LEAVES, bytes: leaves, stored: stored.slice(i, i + 1), signed: vouched[i]! };
      }
    }
  }

  /**
   * What the database has behind them.
   * @param after the position of the last of them: a log that was made anew may repeat some
   */
  async *leavesBeyond(after: number | null): AsyncGenerator<SomeLeaves> {
    const { size } = this.file.checkpoint;
    for (let tile = Math.floor(size / TILE_LEAVES); ; tile += TILES_PER_READ) {
      const stored = await readTiles(this.client, tile, tile + TILES_PER_READ - 1);
      if (stored.length === 0) return;
      for (const one of stored) {
        let first = Math.max(size, one.tile * TILE_LEAVES);
        let bytes = one.leaves.subarray((first - one.tile * TILE_LEAVES) * LEAF_BYTES);
        for (; bytes.length > 0 && (readLeaf(bytes, 0)?.position ?? Infinity) <= (after ?? -1); first++) {
          bytes = bytes.subarray(LEAF_BYTES);
        }
        if (bytes.length > 0) yield { first, bytes, stored: [one], signed: false };
      }
    }
  }

  private async tilesOfFile(first: number, stored: readonly (Tile | undefined)[]): Promise<TileOfFile[]> {
    const { file } = this;
    if (file.detail === 'leaves') {
      const bytes = await file.leaves(first * TILE_LEAVES, stored.length * TILE_LEAVES);
      return stored.map((_, i) => withRoot(bytes.subarray(i * TILE_BYTES, (i + 1) * TILE_BYTES)));
    }
    const own = stored.map((tile, i) => {
      const signedBytes = (file.checkpoint.size - (first + i) * TILE_LEAVES) * LEAF_BYTES;
      return withRoot((tile?.leaves ?? Buffer.alloc(0)).subarray(0, signedBytes));
    });
    if (file.detail === 'note') return own;
    const roots = await file.tileRoots(first, stored.length);
    return own.map(({ leaves }, i) => ({ leaves, root: roots[i]! }));
  }

  /** @returns whether the leaves are what the file's root stands for */
  private grow(tile: number, { leaves, root }: TileOfFile): boolean {
    const begin = tile * TILE_LEAVES;
    const signed = Math.min(TILE_LEAVES, this.file.checkpoint.size - begin);
    const hashes = this.file.detail === 'leaves' ? null : leafHashes(leaves);
    const vouched = leaves.length === signed * LEAF_BYTES && (hashes === null || rootOf(hashes).equals(root));
    for (const size of this.prefixes) {
      if (size <= begin || size > begin + signed || !vouched) continue;
      this.earlier.set(size, this.tree.root(rootOf(leafHashes(leaves.subarray(0, (size - begin) * LEAF_BYTES)))));
    }
    if (signed === TILE_LEAVES) this.tree.append(root, LEVELS_OF_A_TILE);
    else this.rest = root;
    return vouched;
  }
}

function withRoot(leaves: Buffer): TileOfFile {
  return { leaves, root: rootOf(leafHashes(leaves)) };
}

/** A hostile log may lack tiles. */
function inPlace(tiles: readonly Tile[], first: number, count: number): (Tile | undefined)[] {
  const numbered = new Map(tiles.map(tile => [tile.tile, tile]));
  return Array.from({ length: count }, (_, i) => numbered.get(first + i));
}
