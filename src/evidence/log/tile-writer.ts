import type { ClientBase } from 'pg';
import { LEAF_BYTES, writeLeaf, type Leaf } from '../leaf.js';
import { SALT_BYTES, TILE_LEAVES, writeTile, type Tile } from './tiles.js';

/** Appends leaves to the last tile, and goes on to the next when it is full. */
export class TileWriter {
  private tile: number;
  private count: number;
  private firstPosition: number;
  private salted: boolean;
  private readonly leaves = Buffer.alloc(TILE_LEAVES * LEAF_BYTES);
  private readonly salts = Buffer.alloc(TILE_LEAVES * SALT_BYTES);
  private unwritten = false;
  private writtenBy: string | undefined;

  /** @param last null where the log is empty */
  constructor(
    private readonly client: ClientBase,
    last: Tile | null,
  ) {
    this.tile = last?.tile ?? 0;
    this.firstPosition = last?.firstPosition ?? 0;
    this.count = (last?.leaves.length ?? 0) / LEAF_BYTES;
    this.salted = (last?.salts ?? null) !== null;
    last?.leaves.copy(this.leaves);
    last?.salts?.copy(this.salts);
    if (this.isFull) this.startTile();
  }

  /** Where the salt of the leaf that comes next goes. */
  salt(): Buffer {
    this.salted = true;
    return this.salts.subarray(this.count * SALT_BYTES, (this.count + 1) * SALT_BYTES);
  }

  /** To the tile that is not full. */
  add(leaf: Leaf): void {
    if (this.count === 0) this.firstPosition = leaf.position;
    writeLeaf(this.leaves, this.count * LEAF_BYTES, leaf);
    this.unwritten = true;
    this.count++;
  }

  get isFull(): boolean {
    return this.count === TILE_LEAVES;
  }

  /** Writes the tile that is full. */
  async nextTile(): Promise<void> {
    await this.write();
    this.startTile();
  }

  /** @returns by whom the end of the log was written; undefined where nothing was */
  async finish(): Promise<string | undefined> {
    if (this.unwritten) await this.write();
    return this.writtenBy;
  }

  private async write(): Promise<void> {
    const leaves = this.leaves.subarray(0, this.count * LEAF_BYTES);
    const salts = this.salted ? this.salts.subarray(0, this.count * SALT_BYTES) : null;
    const { tile, firstPosition } = this;
    this.writtenBy = await writeTile(this.client, { tile, firstPosition, leaves, salts });
    this.unwritten = false;
  }

  private startTile(): void {
    this.tile++;
    this.count = 0;
    this.salted = false;
    this.salts.fill(0);
  }
}
